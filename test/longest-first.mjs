// The order of the test files. With the longest first, no worker idles at the end while the other runs a long file.
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import TestSequencer from '@jest/test-sequencer';

const folder = fileURLToPath(new URL('..', import.meta.url));

/** How many seconds the longest files take on two cores. Jest starts the others later, the largest first. */
const SECONDS = {
  'test/package/package.spec.ts': 284,
  'test/package/incumbent.spec.ts': 152,
  'test/e2e/remote/faults/brokers.spec.ts': 139,
  'test/package/docs-site.spec.ts': 115,
  'test/package/aliases.spec.ts': 114,
  'test/e2e/durable/pg-boss-node-22.spec.ts': 105,
  'test/package/getting-started.spec.ts': 101,
  'test/e2e/faults/process-death.spec.ts': 88,
  'test/e2e/recipes/transactions.spec.ts': 84,
  'test/e2e/scopes/equivalence.spec.ts': 84,
  'sample/01-users/test/users.spec.ts': 82,
  'test/e2e/faults/soak.spec.ts': 61,
  'test/e2e/context/http.spec.ts': 42,
  'test/package/deep-paths.spec.ts': 41,
  'test/package/migrate.spec.ts': 34,
};

const secondsOf = ({ path }) => SECONDS[relative(folder, path).replaceAll('\\', '/')] ?? 0;

export default class LongestFirst extends TestSequencer {
  sort(tests) {
    // oxlint-disable-next-line unicorn/no-array-sort -- Jest's own order
    return super.sort(tests).toSorted((one, other) => secondsOf(other) - secondsOf(one));
  }
}
