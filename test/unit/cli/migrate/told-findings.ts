import { TemporaryProject } from '../temporary-project.js';

/** What the report tells of each file, by kind and line. */
export function toldIn(output: string): Map<string, string[]> {
  const told = new Map<string, string[]>();
  const kinds: Record<string, string> = {
    'The result of publish': 'waits',
    'publish of a list': 'list',
    'Subclass of': 'subclass',
    'Two handlers': 'duplicateHandler',
    'Two message classes': 'sameName',
    'Member of a bus': 'removedMember',
    ASYNC_CONTEXT_ATTRIBUTE: 'contextAttribute',
    'CqrsModule.forRoot more': 'forRootTwice',
    rethrowUnhandled: 'rethrow',
  };
  let kind = '';
  for (const line of output.slice(output.indexOf('to look at')).split('\n')) {
    kind = Object.entries(kinds).find(([start]) => line.startsWith(start))?.[1] ?? kind;
    const [, file, number, what] = /^ {2}(\S+):(\d+):\d+ {2}(.*)$/.exec(line) ?? [];
    if (file !== undefined) told.set(file, [...(told.get(file) ?? []), `${number} ${kind} ${what}`]);
  }
  return told;
}

/** By line. */
const sorted = (lines: readonly string[]): string[] =>
  lines.toSorted((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10) || (a < b ? -1 : 1));

/** The name of a file, its text, and what is told of it: by the number of its line. */
export type ToldCase = readonly [name: string, source: string, findings: readonly string[]];

const pathOf = (name: string): string => (/\.[cm][jt]s$/.test(name) ? `src/${name}` : `src/${name}.ts`);

export const CONFIG = JSON.stringify({
  compilerOptions: { module: 'nodenext', target: 'es2022', strict: true, experimentalDecorators: true },
});

/** Runs `migrate` once over all cases, with and without the packages of the project, and compares what it tells of each. */
export function testWhatIsTold(where: string, cases: readonly ToldCase[]): void {
  describe.each([
    ['by the types of @nestjs/cqrs', true],
    ['without packages, by imports and declarations alone', false],
  ])(`what a person must look at is found ${where}, %s,`, (_, isInstalled) => {
    const project = new TemporaryProject({ 'tsconfig.json': CONFIG });
    let told: Map<string, string[]>;

    beforeAll(async () => {
      for (const [name, source] of cases) project.write(pathOf(name), source);
      if (isInstalled) project.withPackages();
      const { output } = await project.run('migrate', '--dry-run');
      told = toldIn(output);
    });
    afterAll(() => project[Symbol.dispose]());

    it.each(cases)('in %s', (name, _source, findings) => {
      expect(sorted(told.get(pathOf(name)) ?? [])).toEqual(sorted(findings));
    });
  });
}
