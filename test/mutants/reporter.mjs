// Writes a line per test file: with `--bail` Jest ends before it writes results of its own.
import { appendFileSync } from 'node:fs';

export default class {
  onTestResult({ path }, { numFailingTests, testExecError, perfStats }) {
    const failed = numFailingTests > 0 || testExecError !== undefined;
    const line = JSON.stringify({ path, failed, took: perfStats.end - perfStats.start });
    appendFileSync(process.env.MUTANTS_RESULTS, `${line}\n`);
  }
}
