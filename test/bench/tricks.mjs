// `npm run bench:tricks [-- text …]`: what the places marked `perf:` buy. The package as it is and a copy with the plain form of
// one place take turns in one process; CPU time and bytes are those of one operation.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { median } from './harness/loop.mjs';

const OURS = 'nestjs-cqrs';
const EXECUTE = ['dispatch', 'execute, 1 type', OURS];
const EXECUTE_50 = ['dispatch', 'execute, 50 types in rotation', OURS];
const DISPATCH = ['dispatch', 'dispatch, 1 type', OURS];
const PUBLISH = ['publish', 'one async handler, 1 type registered', OURS];
const SUBSCRIBED = ['features', 'features of an event', 'a subscriber of the bus'];
const PLAIN_1 = ['middleware', '1 plain middleware', OURS];
const PLAIN_3 = ['middleware', '3 plain middleware', OURS];
const PLAIN_10 = ['middleware', '10 plain middleware', OURS];

/** The text of the function that remembers the latest type, and nothing in its place. */
const LATEST = [
  ['dispatch/dispatcher.js', /if \(prototype === this\.latestPrototype\)\s+return this\.latestPipelines;/, ''],
  ['dispatch/dispatcher.js', /this\.latestPrototype = prototype;\s+this\.latestPipelines = pipelines;/, ''],
];

const ALONE = [
  ['pipeline/compose.js', /run\.length > 1 \? message => run\(message\) : run/, 'message => run(message)'],
];

/** Name, case, and the texts that make the plain form: file of dist, what is there, what stands in its place. */
const TRICKS = [
  [
    '`recent-promises`: the ring is copied',
    EXECUTE,
    [['dispatch/recent-promises.js', /if \(this\.round === 0\)\s+this\.ring = \[\.\.\.this\.ring\];/, '']],
  ],
  ['`dispatcher`: the latest type', EXECUTE, LATEST],
  ['`dispatcher`: the latest type', EXECUTE_50, LATEST],
  [
    '`settled`: `instanceof` before `Promise.resolve`',
    EXECUTE,
    [
      [
        'pipeline/settled.js',
        /result instanceof Promise \? result : (Promise\.resolve\(result\))/,
        'Promise.resolve(result)',
      ],
    ],
  ],
  [
    '`settled`: `adopted` apart',
    DISPATCH,
    [['pipeline/settled.js', /return adopted\(result\);/, 'return new Promise(resolve => resolve(result));']],
  ],
  [
    '`dispatcher`: `tellDropped` apart',
    DISPATCH,
    [
      [
        'dispatch/dispatcher.js',
        /const promise = this\.tellDropped\(message, this\.send\(pipelines, message, options\)\);/,
        `const sent = this.send(pipelines, message, options);
         const promise = this.onDropped === undefined ? sent
           : Promise.resolve(sent).then(result => this.onDropped(message, result));`,
      ],
    ],
  ],
  [
    '`running-work`: counters stay listed',
    DISPATCH,
    [['dispatch/running-work.js', /runs\.end \?\? this\.list\(runs\)/, 'this.list(runs)']],
  ],
  [
    '`compose`: one function a layer',
    PLAIN_3,
    [['pipeline/compose.js', /if \(!reads && !inner\.usesContext\)/, 'if (false)']],
  ],
  ['`compose`: `alone` by arity', PLAIN_3, ALONE],
  ['`compose`: `alone` by arity', PLAIN_10, ALONE],
  [
    '`async-context`: `isAttachUsed`',
    PLAIN_1,
    [['scopes/async-context.js', /isAttachUsed && givenContext/, 'givenContext']],
  ],
  ['`cause`: `pending`', PLAIN_1, [['context/cause.js', /pending === 0 \? undefined : /, '']]],
  [
    '`event-bus`: the short way',
    PUBLISH,
    [['events/event-bus.js', /if \(context === undefined && asyncContext === undefined && .*\n.*queue\.publish.*/, '']],
  ],
  [
    '`delivery-order`: `runDirectly`',
    PUBLISH,
    [['events/event-queue.js', /options === undefined \? this\.directPipeline\(event\) : undefined/, 'undefined']],
  ],
  [
    '`pipeline-composer`: `plainEnd`',
    PLAIN_1,
    [['dispatch/pipeline-composer.js', /this\.plainEnd\(type, invoker\)/, 'this.end(type, invoker, false)']],
  ],
  [
    '`event-delivery`: `soleEnd`',
    SUBSCRIBED,
    [['events/event-delivery.js', /this\.soleEnd \?\? new Promise/, 'new Promise']],
  ],
];

const PROCESSES = 5;
const ROUNDS = 41;
const forms = fileURLToPath(new URL('harness/forms.mjs', import.meta.url));

async function compared([scenario, name, contestant], edits) {
  const given = JSON.stringify(edits.map(([file, { source }, text]) => [file, source, text]));
  const args = ['--expose-gc', forms, scenario, name, contestant, String(ROUNDS), given];
  return JSON.parse((await promisify(execFile)(process.execPath, args)).stdout);
}

const chosen = process.argv.slice(2);
console.log('| trick | case | with | without | ratio | lowest – highest | bytes with | without |');
console.log('| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |');
for (const [trick, place, edits] of TRICKS) {
  if (chosen.length > 0 && !chosen.some(text => trick.includes(text))) continue;
  const all = [];
  for (let i = 0; i < PROCESSES; i++) all.push(await compared(place, edits));
  const of = read => median(all.map(read));
  const ratios = all.map(({ ratio }) => ratio);
  const cells = [
    trick,
    place[1],
    `${Math.round(of(({ marked }) => marked.ns))} ns`,
    `${Math.round(of(({ plain }) => plain.ns))} ns`,
    median(ratios).toFixed(2),
    `${Math.min(...ratios).toFixed(2)} – ${Math.max(...ratios).toFixed(2)}`,
    Math.round(of(({ marked }) => marked.bytes)),
    Math.round(of(({ plain }) => plain.bytes)),
  ];
  console.log(`| ${cells.join(' | ')} |`);
}
