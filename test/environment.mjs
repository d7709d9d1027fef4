// Where the tests of a file run: that of Jest for Node. Of the coverage of lib it hands on only files of which something is
// covered for the first time in this process: to copy, send and add up all of them after each file of tests, Jest takes a
// tenth of the time of all tests. Whether a line is covered is as exact; how often is not.
import { AsyncLocalStorage } from 'node:async_hooks';
import { TestEnvironment } from 'jest-environment-node';
import { addCoverage, reportsOfPrograms } from './support/program-coverage.mjs';

/** What is covered and known to Jest, by file and version of its code. */
const told = new Map();

/**
 * The storages that the present file uses. Each file loads its modules anew, with storages of their own; what Node 20 and 22 do
 * for each promise grows with every storage of the process that was ever used, until that is disabled.
 */
const storages = new Set();

const { _enable: enable } = AsyncLocalStorage.prototype;
if (enable !== undefined)
  AsyncLocalStorage.prototype._enable = function () {
    storages.add(this);
    return enable.call(this);
  };

export default class extends TestEnvironment {
  async teardown() {
    try {
      await super.teardown();
    } finally {
      for (const storage of storages) storage.disable();
      storages.clear();
    }
  }

  handleTestEvent({ name }) {
    // The last event, after which Jest takes the coverage.
    if (name !== 'teardown') return;
    const news = [this.global.__coverage__ ?? {}, ...reportsOfPrograms()].map(newsOf);
    if (this.global.__coverage__ !== undefined || news.length > 1) this.global.__coverage__ = addCoverage(news);
  }
}

const newsOf = coverage => Object.fromEntries(Object.entries(coverage).filter(hasNews));

function hasNews([path, { hash, s, f, b }]) {
  const code = `${path} ${hash}`;
  const covered = told.get(code) ?? new Set();
  told.set(code, covered);
  const before = covered.size;
  for (const [kind, counts] of Object.entries({ s, f }))
    for (const key in counts) if (counts[key] > 0) covered.add(`${kind}${key}`);
  for (const key in b) for (const [arm, count] of b[key].entries()) if (count > 0) covered.add(`b${key} ${arm}`);
  return covered.size > before;
}
