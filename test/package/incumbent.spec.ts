import { cpSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { jest } from '@jest/globals';
import { expectTexts, KIT_TEXTS } from './failing-tests.js';
import { layOutIncumbentTests } from './incumbent-tests.js';
import { COMPILERS, compile, root, run, Workspace } from './workspace.js';

/**
 * Applications that come from `@nestjs/cqrs` 12 or 11: the tests that it ships compile and pass with this package.
 * What `test/e2e/compatibility` compares with version 12 is compared with version 11, too.
 */
jest.setTimeout(240_000);

const SHARED = ['users.ts', 'users.spec.ts', 'matchers.ts', 'reminders.ts'];

const workspace = new Workspace();

beforeAll(async () => void (await workspace.pack()));
afterAll(() => workspace.remove());

describe.each([
  // First, since package.spec.ts installs the packages of Nest 12 at the same time.
  {
    name: 'Nest 11, CommonJS and ts-jest',
    consumer: 'nest-11-ts-jest',
    // The rest uses names that version 12 added.
    application: ['heroes.ts', 'scoped.ts'],
    programs: ['from-incumbent.ts'],
    different: [],
  },
  {
    name: 'Nest 12 and Vitest',
    consumer: 'nest-12-vitest',
    application: ['heroes.ts', 'scoped.ts', 'slow.ts'],
    programs: ['compatibility.ts', 'from-incumbent.ts'],
    // They want that publish() does not wait for the handlers. Here it does, unless the option of the migration page is set.
    different: ['HeroFoundItemEvent', 'HeroKilledDragonEvent'].map(
      event =>
        `Sync event handlers when event handlers are fully asynchronous when "${event}" event is published should wait for the event handlers to complete`,
    ),
  },
])('a consumer with $name', ({ consumer, application, programs, different }) => {
  let folder: string;
  let specs: string[];

  beforeAll(async () => {
    folder = await workspace.install(consumer, SHARED);
    specs = layOutIncumbentTests(folder, { application, programs });
  });

  it('runs', async () => {
    const { code, output } = await run('npm', ['test', '--silent'], folder);
    expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
  });

  it('says of a test that fails what differs', async () => {
    await expectTexts(folder, ['npm', 'test', '--', '-t', 'fails by'], 'failing-matcher', ...KIT_TEXTS);
  });

  // For this package and, as a control, for the incumbent.
  it.each(COMPILERS)('compiles the programs of the incumbent with %s', async compiler => {
    expect(specs).toContain('generics.spec.ts');
    expect(await compile(compiler, 'incumbent-tests', folder)).toBe('');
  });

  it('passes the tests of the incumbent', async () => {
    const results = await resultsOf('incumbent-tests', folder);
    const of = (side: string) => results.filter(({ file }) => file.startsWith(`incumbent-tests/${side}/`));
    const [ours, restored, theirs] = [of('ours'), of('restored'), of('theirs')];
    expect(theirs.filter(failed)).toEqual([]);
    expect(restored.filter(failed)).toEqual([]);
    expect(namesOf(ours.filter(failed))).toEqual(different);
    expect(namesOf(ours)).toEqual(namesOf(theirs));
    expect(namesOf(restored)).toEqual(namesOf(theirs));
    expect(new Set(ours.map(({ file }) => file.replace(/.*\//, '')))).toEqual(new Set(specs));
  });
});

describe('the matchers for Vitest', () => {
  it.each(COMPILERS)('are typed, for %s', async compiler => {
    const folder = await workspace.install('nest-12-vitest', SHARED);
    expect(await compile(compiler, 'tsconfig.matchers.json', folder)).toBe('');
  });
});

describe('the compatibility programs, with version 11 of the incumbent and Nest 11', () => {
  it('observe the same', async () => {
    const folder = await workspace.install('nest-11-ts-jest', SHARED);
    cpSync(join(root, 'test/e2e/compatibility'), join(folder, 'compatibility'), {
      recursive: true,
      // It reads the declarations in this repository; the compilers above see those of version 11.
      filter: file => !file.endsWith('names.spec.ts'),
    });
    const results = await resultsOf('compatibility', folder);
    expect(results.filter(failed)).toEqual([]);
    expect(results.length).toBeGreaterThan(150);
    const only12 = results.filter(({ name }) => name.endsWith('(only version 12)')).length;
    process.stdout.write(
      `compatibility with version 11: ${results.length} programs, ${only12} of them need version 12\n`,
    );
  });
});

interface Result {
  file: string;
  name: string;
  status: string;
  messages: string[];
}

const failed = ({ status }: Result): boolean => status !== 'passed';
const namesOf = (results: Result[]): string[] => results.map(({ name }) => name).toSorted();

/** Runs tests of a consumer with its own runner; Jest and Vitest write the same format. */
async function resultsOf(tests: string, folder: string): Promise<Result[]> {
  const { output } = await run('npm', ['run', 'test:json', '--silent', '--', tests], folder);
  const { testResults } = JSON.parse(readResults(folder, output)) as RunnerOutput;
  return testResults.flatMap(({ name: path, message, assertionResults }) => {
    const file = relative(folder, path).replaceAll('\\', '/');
    if (assertionResults.length === 0) return [{ file, name: '', status: 'did not run', messages: [message] }];
    return assertionResults.map(({ fullName, status, failureMessages }) => ({
      file,
      name: fullName,
      status,
      messages: failureMessages,
    }));
  });
}

interface RunnerOutput {
  testResults: {
    name: string;
    message: string;
    assertionResults: { fullName: string; status: string; failureMessages: string[] }[];
  }[];
}

function readResults(folder: string, output: string): string {
  try {
    return readFileSync(join(folder, 'results.json'), 'utf8');
  } catch {
    throw new Error(`The runner wrote no results:\n${output}`);
  }
}
