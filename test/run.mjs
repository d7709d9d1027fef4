// `npm test`: runs every check and every suite, and ends with one line that adds them all up.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Needed by the last of the checks, and by tests. */
const BUILD = ['build', 'npm', 'run', '--silent', 'build'];

/** Checks of two lists run at the same time. `npm run bench:check` would build once more. */
const CHECKS = [
  [
    ['typecheck', 'npm', 'run', '--silent', 'typecheck'],
    ['lint', 'npm', 'run', '--silent', 'lint'],
    ['format:check', 'npm', 'run', '--silent', 'format:check'],
  ],
  [['bench:check', process.execPath, 'test/bench/check.mjs']],
];

/** One run of Jest for all: no worker idles at the end of each. The types and the package are tested as they are built. */
const SUITES = ['test/unit', 'test/e2e', 'sample', 'test/types', 'test/package'];

/**
 * Four for two cores: many tests wait, for leases and for servers that start. A process that has run a hundred files
 * of ES modules keeps gigabytes, and what it runs takes ten times as long.
 */
const WORKERS = ['--maxWorkers=4', '--workerIdleMemoryLimit=1GB'];

/** Ends a test that hangs. It is generous, so that a test on a busy machine is not mistaken for one. */
const TIME_LIMIT = '--testTimeout=60000';

const total = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
const results = mkdtempSync(join(tmpdir(), 'nestjs-cqrs-'));

const names = [BUILD, ...CHECKS.flat()].map(([name]) => name);
console.log(
  `${names.length} checks (${names.join(', ')}), then the tests (${SUITES.join(', ')}): ` +
    'about 25 minutes on two cores. npm run test:quick runs most unit tests and the type tests in about one, npm run jest -- <file> one file.',
);

await check(BUILD);
await Promise.all(
  CHECKS.map(async checks => {
    for (const one of checks) await check(one);
  }),
);
test();

rmSync(results, { recursive: true });
for (const failure of failures) console.log(`failed: ${failure}`);
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed > 0 ? 1 : 0;

/** Runs a check, and shows what it wrote once it has ended: another may run at the same time. */
async function check([name, command, ...args]) {
  const { status, output } = await run(command, args);
  console.log(`\n=== ${name}`);
  process.stdout.write(output);
  count(name, status === 0);
}

function run(command, args) {
  return new Promise(resolve => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' });
    const chunks = [];
    child.stdout.on('data', chunk => chunks.push(chunk));
    child.stderr.on('data', chunk => chunks.push(chunk));
    child.on('error', error => resolve({ status: 1, output: `${error}\n` }));
    child.on('close', status => resolve({ status, output: Buffer.concat(chunks) }));
  });
}

function test() {
  console.log('\n=== tests');
  const output = join(results, 'tests.json');
  // Each file loads hundreds of modules anew: with more room for what is young, that takes a seventh less of the processor.
  const node = ['--max-semi-space-size=64', '--disable-warning=ExperimentalWarning', '--experimental-vm-modules'];
  const jest = [...node, 'node_modules/jest/bin/jest.js'];
  const args = [...jest, ...SUITES, '--coverage', ...WORKERS, TIME_LIMIT, '--json', `--outputFile=${output}`];
  // One for all files of test/package, so that npm installs once what several of them need.
  const folders = { CQRS_PACKAGE_FOLDER: join(results, 'packages'), CQRS_COVERAGE: join(results, 'coverage') };
  for (const folder of Object.values(folders)) mkdirSync(folder);
  const env = { ...process.env, ...folders };
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit', env });
  addJest('tests', status, output);
}

function count(name, passed) {
  total[passed ? 'passed' : 'failed'] += 1;
  if (!passed) failures.push(name);
}

function addJest(name, status, output) {
  if (!existsSync(output)) return count(`${name} (no result)`, false);
  const failuresBefore = failures.length;
  const result = JSON.parse(readFileSync(output, 'utf8'));
  total.passed += result.numPassedTests;
  total.skipped += result.numPendingTests + result.numTodoTests;
  total.failed += result.numFailedTests;
  for (const file of result.testResults) {
    if (file.status === 'failed' && file.assertionResults.every(({ status }) => status !== 'failed'))
      count(`${file.name} (${file.assertionResults.length > 0 ? 'failed beside its tests' : 'did not run'})`, false);
    for (const test of file.assertionResults) {
      if (test.status === 'failed') failures.push(test.fullName);
    }
  }
  // Exit code 1 although every test passed: the coverage of lib is below its threshold.
  const failedHere = failures.length - failuresBefore;
  if (status !== 0 && failedHere === 0) count(`${name}: coverage of lib below its threshold`, false);
}
