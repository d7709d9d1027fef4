import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cases, table, withPart } from './figures.js';

const root = join(import.meta.dirname, '../../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

const OURS = 'nestjs-cqrs';
const THEIRS = '@nestjs/cqrs';

/** What docs/performance.md shows: a job, the page of docs/bench with its figures, and the case. */
const SUMMARY = [
  ['`execute`, one type of command', 'dispatch', 'execute, 1 type'],
  ['`execute`, 50 types in rotation', 'dispatch', 'execute, 50 types in rotation'],
  ['`ask`, 50 types in rotation', 'dispatch', 'ask, 50 types in rotation'],
  ['`dispatch`, one type of command', 'dispatch', 'dispatch, 1 type'],
  ['`publish` to one handler, 1 type of event', 'events', 'one async handler, 1 type registered'],
  ['`publish` to one handler, 1,000 types of events', 'events', 'one async handler, 1000 types registered'],
  ['`publish` to 100 handlers', 'events', '100 async handlers'],
  ['a request-scoped handler of plain classes', 'scopes', 'request-scoped handler'],
  ['starting 5,000 handlers', 'startup', 'an application with 5,000 handlers'],
] as const;

const SUBJECTS = ['dispatch', 'events', 'scopes', 'startup'] as const;
const figures = Object.fromEntries(SUBJECTS.map(name => [name, cases(read(`docs/bench/${name}.md`))]));

const summary = table([
  ['', OURS, THEIRS],
  ...SUMMARY.map(([job, page, name]) => {
    const found = figures[page]!.get(name)!;
    return [job, found.get(OURS)!.ratio, found.get(THEIRS)!.ratio];
  }),
]);

const comparison = SUBJECTS.map(page => {
  const rows = [...figures[page]!].flatMap(([name, found]) => {
    const [ours, theirs] = [found.get(OURS), found.get(THEIRS)];
    return ours && theirs ? [[name, ours.time, ours.ratio, theirs.time, theirs.ratio]] : [];
  });
  return `**[${page}](${page}.md)**\n\n${table([['', OURS, 'ratio', THEIRS, 'ratio'], ...rows])}`;
}).join('\n\n');

// UPDATE_DOCS=1 brings the pages up to date.
it.each([
  ['docs/performance.md', 'summary', summary],
  ['docs/bench/compared-to-nestjs-cqrs.md', 'comparison', comparison],
])('%s shows the figures of docs/bench', (file, mark, content) => {
  if (process.env['UPDATE_DOCS']) writeFileSync(join(root, file), withPart(read(file), mark, content));
  expect(read(file)).toBe(withPart(read(file), mark, content));
});

it('an old figure is seen', () => {
  const page = '<!-- part -->\n\nold\n\n<!-- /part -->\n';
  expect(withPart(page, 'part', 'new')).toBe('<!-- part -->\n\nnew\n\n<!-- /part -->\n');
  expect(() => withPart(page, 'other', 'new')).toThrow('There are no marks for other.');
});
