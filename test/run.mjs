// `npm test`: runs every check and every suite, and ends with one line that adds them all up.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const checks = ['typecheck', 'lint', 'format:check', 'build', 'bench:check'];
const suites = [
  ['unit, e2e and samples', 'test/unit', 'test/e2e', 'sample', '--coverage'],
  ['types', 'test/types'],
  ['package', 'test/package'],
];

/** A process that has run a hundred files of ES modules keeps gigabytes, and what it runs takes ten times as long. */
const WORKERS = ['--maxWorkers=2', '--workerIdleMemoryLimit=1GB'];

/** Ends a test that hangs. It is generous, so that a test on a busy machine is not mistaken for one. */
const TIME_LIMIT = '--testTimeout=60000';

const total = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
const results = mkdtempSync(join(tmpdir(), 'nestjs-cqrs-'));

let step = 0;
const steps = checks.length + suites.length;
console.log(
  `${checks.length} checks (${checks.join(', ')}), then ${suites.length} suites (${suites.map(([name]) => name).join('; ')}): ` +
    'about 22 minutes on two cores. npm run test:quick runs most unit tests and the type tests in about one, npm run jest -- <file> one file.',
);

for (const check of checks) {
  announce(check);
  count(check, run('npm', ['run', '--silent', check]) === 0);
}

for (const [index, [name, ...args]] of suites.entries()) {
  announce(name);
  const output = join(results, `${index}.json`);
  const jest = ['--disable-warning=ExperimentalWarning', '--experimental-vm-modules', 'node_modules/jest/bin/jest.js'];
  const status = run(process.execPath, [...jest, ...args, ...WORKERS, TIME_LIMIT, '--json', `--outputFile=${output}`]);
  addJest(name, status, output);
}

rmSync(results, { recursive: true });
for (const failure of failures) console.log(`failed: ${failure}`);
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed > 0 ? 1 : 0;

function announce(name) {
  console.log(`\n=== ${++step} of ${steps}: ${name}`);
}

function run(command, args) {
  return spawnSync(command, args, { stdio: 'inherit', shell: process.platform === 'win32' }).status;
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
    const ran = file.assertionResults.length > 0;
    if (file.status === 'failed' && !ran) count(`${file.name} (did not run)`, false);
    for (const test of file.assertionResults) {
      if (test.status === 'failed') failures.push(test.fullName);
    }
  }
  // Exit code 1 although every test passed: the coverage of lib is below its threshold.
  const failedHere = failures.length - failuresBefore;
  if (status !== 0 && failedHere === 0) count(`${name}: coverage of lib below its threshold`, false);
}
