import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import type { Source, WiringDocument } from '../../../lib/index.js';
import { answerOf } from '../../support/program.js';
import { schemaErrors } from '../../support/wiring-schema.js';

jest.setTimeout(120_000);

/** The root module of each process of the samples, and its document in the repository. */
const SAMPLES = [
  ['sample/00-getting-started/src/app.module.ts', 'sample/00-getting-started/wiring.json'],
  ['sample/01-users/src/app.module.ts', 'sample/01-users/wiring.json'],
  ['sample/02-heroes/src/app.module.ts', 'sample/02-heroes/wiring.json'],
  ['sample/03-context/src/app.module.ts', 'sample/03-context/wiring.json'],
  ['sample/05-shop/src/order/order.module.ts', 'sample/05-shop/wiring/order.json'],
  // Before payment, whose stored commands another process could handle too, were they loaded.
  ['sample/05-shop/src/shipping/shipping.module.ts', 'sample/05-shop/wiring/shipping.json'],
  ['sample/05-shop/src/payment/payment.module.ts', 'sample/05-shop/wiring/payment.json'],
  ['sample/06-board/src/board/board.module.ts', 'sample/06-board/wiring.json'],
] as const;

const ORDERS = 'sample/05-shop/src/order/order.module.ts';

const CONTEXT = 'sample/03-context/src/app.module.ts';
const OBSERVED = ['--observed', 'sample/03-context/wiring.observed.json'];

/** What the guide shows. */
const TEXTS = [
  ['sample/05-shop/test/wiring.txt', ['wiring', ORDERS]],
  ['sample/05-shop/test/explain.txt', ['explain', 'SaveOrder', ORDERS]],
  ['sample/03-context/test/explain.txt', ['explain', 'GetStock', CONTEXT, ...OBSERVED]],
  ['sample/03-context/test/map.mmd', ['wiring', CONTEXT, '--format', 'mermaid', ...OBSERVED]],
] as const;

const root = join(import.meta.dirname, '../../..');

interface Ended {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** Where a class, function or method is written, as a reader finds it; of a field of a class, where the class is. */
function searched({ file }: Source, name: string): number[] {
  const [owner, method] = name.split('.');
  const lines = readFileSync(join(root, file), 'utf8').split('\n');
  const linesWith = (text: RegExp) => lines.flatMap((line, i) => (text.test(line) ? [i + 1] : []));
  const ofMethod = method === undefined ? [] : linesWith(new RegExp(`^  (async )?[*]? ?${method}[(]`));
  return ofMethod.length > 0 ? ofMethod : linesWith(new RegExp(`(class|function|const) ${owner}\\b`));
}

describe('nestjs-cqrs wiring, on the samples', () => {
  let checks: readonly Ended[];
  let documents: readonly WiringDocument[];
  let texts: readonly string[];

  beforeAll(async () => {
    const runs = [
      ...TEXTS.map(([, args]) => args),
      ...SAMPLES.flatMap(([module, document]) => [
        ['wiring', module, '--check', document],
        ['wiring', module, '--format', 'json'],
      ]),
    ];
    const program = join(import.meta.dirname, 'wiring-of-samples.program.ts');
    const ended = await answerOf<Ended[]>(
      program,
      runs.map(run => JSON.stringify(run)),
    );
    texts = ended.splice(0, TEXTS.length).map(({ output }) => output);
    checks = ended.filter((_, i) => i % 2 === 0);
    documents = ended.filter((_, i) => i % 2 === 1).map(({ output }) => JSON.parse(output) as WiringDocument);
  });

  it.each(SAMPLES.map(([module], i) => [module, i] as const))('%s is as its document says', (_, i) => {
    expect(checks[i]).toEqual({ code: 0, output: '', errors: '' });
  });

  it.each(SAMPLES.map(([module], i) => [module, i] as const))('%s has a document that fits the schema', (_, i) => {
    expect(schemaErrors(documents[i])).toEqual([]);
  });

  it.each(TEXTS.map(([file], i) => [file, i] as const))('%s is what the command prints', (file, i) => {
    expect(`${texts[i]}\n`).toBe(readFileSync(join(root, file), 'utf8'));
  });

  it('names file and line of every class, as a search finds them', () => {
    const all = documents.flatMap(({ modules, messages, handlers, middleware, sagas }) => [
      ...modules,
      ...messages,
      ...handlers,
      ...sagas,
      // The library has those that are built in.
      ...middleware.filter(({ builtIn }) => builtIn === undefined),
    ]);
    expect(all.length).toBeGreaterThan(80);
    const wrong = all.filter(({ name, source }) => !source || !searched(source, name).includes(source.line));
    expect(wrong).toEqual([]);
  });
});
