import type { Finding } from '../../../../lib/cli/migrate/finding.js';
import { findingBlocks, reportOf, type Outcome } from '../../../../lib/cli/migrate/report.js';

const FOLDER = '/project';

const edit = (at: number, to: string) => ({ start: at, end: at + 1, text: to, at, from: `old${at}`, to });

const source = (name: string) => ({ file: `${FOLDER}/${name}`, text: 'first line\nsecond line\n' });

const finding = (kind: Finding['kind'], file: string, line: number, column: number, what: string): Finding => ({
  kind,
  place: { file: `${FOLDER}/${file}`, line, column },
  what,
});

const report = (outcome: Partial<Outcome>): string =>
  reportOf({ changes: [], findings: [], isDryRun: false, install: undefined, ...outcome }, FOLDER);

/** The lines of places in the only block of some findings. */
const placesOf = (findings: readonly Finding[]): string[] => {
  const [block, ...others] = findingBlocks(findings, FOLDER);
  expect(others).toEqual([]);
  return block!.split('\n').slice(3);
};

describe('the report of migrate', () => {
  it('of nothing', () => {
    expect(report({})).toBe('Nothing to change.\n\nNothing to look at.');
    expect(report({ isDryRun: true })).toBe('Nothing to change.\n\nNothing to look at.');
  });

  it('of one place, in the singular', () => {
    const changes = [{ source: source('src/a.ts'), edits: [edit(13, 'new')] }];
    expect(report({ changes, findings: [finding('list', 'src/a.ts', 2, 3, 'bus.publish([])')] })).toBe(
      `src/a.ts:2:3  old13 → new

1 place in 1 file changed.

1 place to look at:

publish of a list
  publish takes one event and refuses a list.
  Call publishAll.
  src/a.ts:2:3  bus.publish([])`,
    );
  });

  it('of several places, in the plural; each file from its start to its end', () => {
    const changes = [
      { source: source('src/b.ts'), edits: [edit(13, 'third'), edit(2, 'first'), edit(11, 'second')] },
      { source: source('a.ts'), edits: [edit(0, 'last')] },
    ];
    const findings = [
      finding('nest', 'package.json', 1, 1, 'Node 18'),
      finding('nest', 'package.json', 2, 1, 'Nest 9'),
    ];
    expect(report({ changes, findings, install: 'npm install' })).toBe(
      `src/b.ts:1:3  old2 → first
src/b.ts:2:1  old11 → second
src/b.ts:2:3  old13 → third
a.ts:1:1  old0 → last

4 places in 2 files changed.

Then run: npm install

2 places to look at:

Nest or Node is too old
  nestjs-cqrs needs Nest 11 or 12, and Node 20.19, 22.12 or later.
  Move to these first, then run migrate again.
  package.json:1:1  Node 18
  package.json:2:1  Nest 9`,
    );
  });

  it('of a dry run', () => {
    const changes = [{ source: source('a.ts'), edits: [edit(0, 'x'), edit(1, 'y')] }];
    expect(report({ changes, isDryRun: true })).toBe(
      `a.ts:1:1  old0 → x
a.ts:1:2  old1 → y

2 places in 1 file would be changed (--dry-run: nothing was written).

Nothing to look at.`,
    );
  });
});

describe('what a person must look at', () => {
  it('comes by kind, whatever was found first', () => {
    const findings = [
      finding('rethrow', 'a.ts', 1, 1, 'r'),
      finding('nest', 'z.ts', 9, 9, 'n'),
      finding('waits', 'b.ts', 1, 1, 'w'),
    ];
    expect(findingBlocks(findings, FOLDER).map(block => block.split('\n')[0])).toEqual([
      'Nest or Node is too old',
      'The result of publish or commit is awaited',
      'rethrowUnhandled: true',
    ]);
  });

  const ORDERED = [
    finding('waits', 'a.ts', 2, 9, 'a'),
    finding('waits', 'a.ts', 10, 1, 'b'),
    finding('waits', 'a.ts', 10, 12, 'c'),
    finding('waits', 'b.ts', 1, 1, 'd'),
    finding('waits', 'c/a.ts', 1, 2, 'e'),
  ];

  const WRITTEN = ['  a.ts:2:9  a', '  a.ts:10:1  b', '  a.ts:10:12  c', '  b.ts:1:1  d', '  c/a.ts:1:2  e'];

  it.each([
    ['as it is', ORDERED],
    ['turned around', ORDERED.toReversed()],
    ['shuffled', [3, 1, 4, 0, 2].map(i => ORDERED[i]!)],
    ['shuffled again', [2, 4, 0, 3, 1].map(i => ORDERED[i]!)],
  ])('comes by file, line and column: %s', (_, findings) => {
    expect(placesOf(findings)).toEqual(WRITTEN);
  });

  it('has slashes in its paths, also where the system writes backslashes', () => {
    expect(placesOf([finding('list', String.raw`src\orders\a.ts`, 1, 1, 'x')])).toEqual(['  src/orders/a.ts:1:1  x']);
  });

  it('stays as found at one place', () => {
    const at = (what: string) => finding('waits', 'a.ts', 1, 1, what);
    expect(placesOf([at('z'), at('a'), at('m')])).toEqual(['  a.ts:1:1  z', '  a.ts:1:1  a', '  a.ts:1:1  m']);
  });
});
