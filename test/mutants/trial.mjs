// Runs the tests that reach a mutant, and before all mutants every test once, to know which tests reach what.
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { mutated } from './candidates.mjs';
import { readReports, testsThatReach, writeProbes } from './reach.mjs';

/** A process that has run many files of ES modules takes ever more memory and time. */
const FILES_PER_PROCESS = 20;

/** When a process is taken not to end: milliseconds to start, and times what its tests take without any change. */
const [LIMIT_TO_START, LIMIT_TIMES] = [30_000, 3];

/** Test files that read the text of `lib`, so that any change might fail them, and those that run it in another process alone. */
const LEFT_OUT =
  /^test\/(unit\/(architecture|docs)\/|e2e\/(isolation\/heap|faults\/(soak|process-death)|shutdown-signal))/;

/** The files below a folder of the repository, as paths from its root with slashes. */
export const filesOf = (root, folder, suffix) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && entry.name.endsWith(suffix))
    .map(entry => join(entry.parentPath, entry.name).slice(root.length).replaceAll('\\', '/'))
    .toSorted();

/** The text of each source file of `lib`. */
export const textsOf = root =>
  new Map(filesOf(root, 'lib', '.ts').map(file => [file, readFileSync(join(root, file), 'utf8')]));

/**
 * Which test files run which parts of `lib`, and how many milliseconds each takes. Test files that fail without any
 * change are left out: they say nothing.
 */
export async function reachOf(root, texts, workshops) {
  const tests = [...filesOf(root, 'test/unit', '.spec.ts'), ...filesOf(root, 'test/e2e', '.spec.ts')].filter(
    test => !LEFT_OUT.test(test),
  );
  const reached = {};
  const took = {};
  await Promise.all(
    workshops.map(async workshop => {
      const reports = join(workshop.folder, 'reports');
      mkdirSync(reports);
      writeProbes(workshop.folder, texts.keys());
      while (tests.length > 0) {
        const some = tests.splice(0, FILES_PER_PROCESS);
        const { code, files } = await workshop.test(some, {
          limit: LIMIT_TO_START * some.length,
          args: ['--setupFilesAfterEnv=./test/mutants/reach-setup.mjs'],
          env: { MUTANTS_REPORTS: reports },
        });
        if (files.length < some.length) throw new Error(`Without any change: ${code}, in one of ${some.join(', ')}`);
        for (const { test, failed, took: milliseconds } of files) {
          if (failed) console.log(`left out, since it fails without any change: ${test}`);
          else took[test] = milliseconds;
        }
      }
      for (const [part, by] of Object.entries(readReports(reports, workshop.folder)))
        reached[part] = [...(reached[part] ?? []), ...by];
      for (const [file, text] of texts) workshop.write(file, text);
    }),
  );
  return { reached, took };
}

/**
 * Runs the tests that reach a mutant, nearest first, until one fails. One that the nearest do not notice is compiled before the
 * others run, as `npm test` compiles it before all.
 * @param mutant a candidate, with its file
 * @returns whether it was killed, was refused by the compiler, has survived, or did not end, and by which test, or how many have
 *   not noticed
 */
export async function judge(workshop, mutant, text, { reached, took }) {
  const reaching = testsThatReach(reached, mutant.file, text, mutant).filter(test => test in took);
  const tests = nearestFirst(reaching, mutant.file, took);
  workshop.write(mutant.file, mutated(text, mutant));
  try {
    const [nearest, others] = [tests.slice(0, FILES_PER_PROCESS), tests.slice(FILES_PER_PROCESS)];
    return (
      (await judgedBy(workshop, nearest, took)) ??
      ((await workshop.compiles()) ? undefined : { result: 'refused', by: 'the compiler' }) ??
      (await judgedBy(workshop, others, took)) ?? {
        result: 'survived',
        by: tests.length === 0 ? 'no test runs it' : `${tests.length} test files run it`,
      }
    );
  } finally {
    workshop.write(mutant.file, text);
  }
}

/** What tests say of the change that is in the copy; undefined if they do not notice it. */
async function judgedBy(workshop, tests, took) {
  for (let at = 0; at < tests.length; at += FILES_PER_PROCESS) {
    const some = tests.slice(at, at + FILES_PER_PROCESS);
    const usual = some.reduce((sum, test) => sum + took[test], 0);
    const limit = LIMIT_TO_START + LIMIT_TIMES * usual;
    const { code, files } = await workshop.test(some, { limit, args: ['--bail'] });
    const failing = files.find(({ failed }) => failed);
    if (failing) return { result: 'killed', by: basename(failing.test) };
    if (code === 'timeout') return { result: 'timeout', by: basename(some[files.length] ?? some[0]) };
    if (code !== 0) return { result: 'killed', by: `the process of ${basename(some[files.length] ?? some[0])} died` };
  }
  return undefined;
}

/** The test of the same name first, then those of the same folder, other unit tests, end-to-end tests; the quicker first. */
function nearestFirst(tests, file, took) {
  const [, folder, name] = /^lib\/(?:(.+)\/)?(.+)\.ts$/.exec(file);
  const rank = test => {
    if (test.endsWith(`/${name}.spec.ts`)) return 0;
    if (folder && test.startsWith(`test/unit/${folder.split('/')[0]}/`)) return 1;
    return test.startsWith('test/unit/') ? 2 : 3;
  };
  return [...tests].toSorted((one, other) => rank(one) - rank(other) || took[one] - took[other]);
}
