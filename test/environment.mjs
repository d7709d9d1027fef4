// Where the tests of a file run: that of Jest for Node. Of the coverage of lib it hands on only files of which something is
// covered for the first time in this process: to copy, send and add up all of them after each file of tests, Jest takes a
// tenth of the time of all tests. Whether a line is covered is as exact; how often is not.
import { TestEnvironment } from 'jest-environment-node';

/** What is covered and known to Jest, by file. */
const told = new Map();

export default class extends TestEnvironment {
  handleTestEvent({ name }) {
    // The last event, after which Jest takes the coverage.
    if (name === 'teardown' && this.global.__coverage__ !== undefined)
      this.global.__coverage__ = Object.fromEntries(Object.entries(this.global.__coverage__).filter(hasNews));
  }
}

function hasNews([path, { hash, s, f, b }]) {
  if (told.get(path)?.hash !== hash) told.set(path, { hash, covered: new Set() });
  const { covered } = told.get(path);
  const before = covered.size;
  for (const [kind, counts] of Object.entries({ s, f }))
    for (const key in counts) if (counts[key] > 0) covered.add(`${kind}${key}`);
  for (const key in b) for (const [arm, count] of b[key].entries()) if (count > 0) covered.add(`b${key} ${arm}`);
  return covered.size > before;
}
