// The order of the test files. With the longest first, no worker idles at the end while the other runs a long file.
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import TestSequencer from '@jest/test-sequencer';

const folder = fileURLToPath(new URL('..', import.meta.url));

/** How many seconds the longest files take on two cores with four workers. Jest starts the others later, the largest first. */
const SECONDS = {
  'test/package/package.spec.ts': 365,
  'test/package/incumbent.spec.ts': 305,
  'test/package/docs-site.spec.ts': 245,
  'test/package/aliases.spec.ts': 185,
  'test/e2e/durable/conformance/pg-boss.spec.ts': 170,
  'sample/05-shop/test/shop.spec.ts': 155,
  'test/e2e/caching/programs.property.spec.ts': 135,
  'test/e2e/cli/terminal.spec.ts': 125,
  'test/e2e/remote/faults/brokers.spec.ts': 115,
  'test/package/getting-started.spec.ts': 110,
  'test/e2e/faults/process-death.spec.ts': 105,
  'sample/01-users/test/users.spec.ts': 105,
  'test/e2e/cli/wiring-command.spec.ts': 100,
  'test/e2e/durable/pg-boss-node-22.spec.ts': 95,
  'test/e2e/transactions/transactional.spec.ts': 95,
  'test/types/types.spec.ts': 90,
  'test/e2e/durable/crash/pg-boss.spec.ts': 90,
  'test/e2e/recipes/transactions.spec.ts': 85,
  'test/e2e/wiring/explain-shop.spec.ts': 80,
  'test/e2e/remote/conformance/rabbitmq.spec.ts': 80,
  'test/e2e/wiring/observed/observed-links.spec.ts': 75,
  'test/e2e/durable/pg-boss.spec.ts': 75,
  'test/e2e/faults/soak.spec.ts': 70,
  'test/e2e/scopes/equivalence.spec.ts': 70,
  'sample/06-board/test/board.spec.ts': 70,
  'test/package/migrate.spec.ts': 70,
  'test/e2e/durable/cuts/pg-boss.spec.ts': 60,
  'test/e2e/durable/crash/bullmq.spec.ts': 60,
  'test/e2e/durable/relay-outages.spec.ts': 55,
  'test/e2e/recipes/multi-tenant.spec.ts': 55,
  'test/e2e/durable/bullmq-outages.spec.ts': 50,
  'test/package/wiring-loaders.spec.ts': 50,
  'test/e2e/durable/conformance/bullmq.spec.ts': 45,
  'test/package/telemetry-3.spec.ts': 45,
  'test/e2e/context/http.spec.ts': 45,
  'sample/02-heroes/test/live-page.spec.ts': 40,
  'test/e2e/durable/crash/units.spec.ts': 35,
  'test/e2e/recipes/idempotency.spec.ts': 30,
  'test/unit/docs/public-comments.spec.ts': 30,
  'test/unit/scopes/plans-internals.spec.ts': 30,
  'test/e2e/guide/troubleshooting.spec.ts': 30,
  'test/e2e/remote/conformance/redis.spec.ts': 30,
};

const secondsOf = ({ path }) => SECONDS[relative(folder, path).replaceAll('\\', '/')] ?? 0;

export default class LongestFirst extends TestSequencer {
  sort(tests) {
    // oxlint-disable-next-line unicorn/no-array-sort -- Jest's own order
    return super.sort(tests).toSorted((one, other) => secondsOf(other) - secondsOf(one));
  }
}
