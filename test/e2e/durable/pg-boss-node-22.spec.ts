import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { newerNode } from '../../support/newer-node.js';
import { hasOwnPostgres } from '../../support/postgres.js';

/** pg-boss 12 needs this version of Node or a later one. */
const MAJOR = 22;

/** What checks the adapter, and in the long form what kills its server and its workers. */
const SPECS = [
  'test/e2e/durable/conformance/pg-boss.spec.ts',
  ...(process.env['CQRS_COUNTS'] === '1' ? ['test/e2e/durable/pg-boss.spec.ts'] : []),
];

const JEST = ['--disable-warning=ExperimentalWarning', '--experimental-vm-modules', 'node_modules/jest/bin/jest.js'];

const { NODE_OPTIONS: _, JEST_WORKER_ID: __, ...env } = process.env;
const options = { cwd: join(import.meta.dirname, '../../..'), env, encoding: 'utf8' } as const;

/** The program, or why the tests are skipped. */
function nodeOrReason(): { node: string } | { reason: string } {
  if (Number.parseInt(process.versions.node) >= MAJOR)
    return { reason: `all tests run on Node ${process.versions.node}` };
  if (!hasOwnPostgres) return { reason: 'there is no PostgreSQL that the tests may kill' };
  const node = newerNode(MAJOR);
  return node === undefined ? { reason: `npx does not get node@${MAJOR}` } : { node };
}

const found = nodeOrReason();
const [run, why, node] =
  'node' in found ? [describe, '', found.node] : [describe.skip, ` (skipped: ${found.reason})`, ''];

run(`pg-boss 12 on Node ${MAJOR}${why}`, () => {
  it('passes the conformance suite', () => {
    const args = [...SPECS, '--testNamePattern=pg-boss.12', '--runInBand', '--forceExit', '--testTimeout=60000'];
    const { status, stderr } = spawnSync(node, [...JEST, ...args], { ...options, timeout: 600_000 });
    expect(stderr).toMatch(new RegExp(`^Test Suites: ${SPECS.length} passed, ${SPECS.length} total$`, 'm'));
    expect(stderr).toMatch(/^Tests: +\d+ skipped, [3-9]\d passed/m);
    expect(status).toBe(0);
  }, 660_000);
});
