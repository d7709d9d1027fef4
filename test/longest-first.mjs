// The order of the test files. With the longest first, no worker idles at the end while the other runs a long file.
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import TestSequencer from '@jest/test-sequencer';

const folder = fileURLToPath(new URL('..', import.meta.url));

/** How many seconds the longest files take on two cores with four workers. Jest starts the others later, the largest first. */
const SECONDS = {
  'test/package/package.spec.ts': 300,
  'test/package/incumbent.spec.ts': 210,
  'test/package/docs-site.spec.ts': 185,
  'sample/05-shop/test/shop.spec.ts': 160,
  'test/package/aliases.spec.ts': 157,
  'test/e2e/remote/faults/brokers.spec.ts': 139,
  'test/e2e/durable/crash/pg-boss.spec.ts': 130,
  'test/e2e/durable/conformance/pg-boss.spec.ts': 128,
  'test/e2e/remote/conformance/rabbitmq.spec.ts': 110,
  'test/e2e/durable/pg-boss-node-22.spec.ts': 105,
  'test/package/getting-started.spec.ts': 101,
  'sample/01-users/test/users.spec.ts': 95,
  'test/e2e/recipes/transactions.spec.ts': 84,
  'test/e2e/recipes/multi-tenant.spec.ts': 82,
  'test/e2e/transactions/transactional.spec.ts': 80,
  'test/e2e/faults/process-death.spec.ts': 75,
  'test/e2e/transactions/programs.property.spec.ts': 75,
  'test/e2e/scopes/equivalence.spec.ts': 70,
  'test/types/types.spec.ts': 70,
  'test/e2e/durable/crash/bullmq.spec.ts': 65,
  'test/e2e/recipes/idempotency.spec.ts': 65,
  'test/package/migrate.spec.ts': 60,
  'test/e2e/recipes/aggregate-with-drizzle.spec.ts': 60,
  'test/e2e/durable/bullmq-outages.spec.ts': 55,
  'test/e2e/durable/crash/units.spec.ts': 50,
  'test/e2e/durable/conformance/bullmq.spec.ts': 50,
  'test/e2e/durable/pg-boss.spec.ts': 50,
  'test/e2e/remote/conformance/tcp.spec.ts': 50,
  'test/e2e/remote/conformance/nats.spec.ts': 50,
  'test/e2e/remote/conformance/redis.spec.ts': 50,
  'test/e2e/remote/faults/server.spec.ts': 50,
  'test/e2e/faults/soak.spec.ts': 45,
  'test/e2e/guide/troubleshooting.spec.ts': 45,
  'test/e2e/isolation/overflow.spec.ts': 45,
  'test/e2e/context/http.spec.ts': 42,
  'test/e2e/isolation/heap.spec.ts': 40,
  'test/unit/scopes/plans-internals.spec.ts': 40,
  'test/package/deep-paths.spec.ts': 30,
};

const secondsOf = ({ path }) => SECONDS[relative(folder, path).replaceAll('\\', '/')] ?? 0;

export default class LongestFirst extends TestSequencer {
  sort(tests) {
    // oxlint-disable-next-line unicorn/no-array-sort -- Jest's own order
    return super.sort(tests).toSorted((one, other) => secondsOf(other) - secondsOf(one));
  }
}
