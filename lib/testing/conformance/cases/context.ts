import assert from 'node:assert/strict';
import type { CaseDefinition } from '../case.js';
import { Relay } from '../call.js';
import { secret, session, tenant } from '../headers.js';
import { Observe } from '../messages.js';

/** What travels beside a message. */
export const context: readonly CaseDefinition[] = [
  {
    name: 'context, headers, correlation and causation travel',
    async run(world) {
      await world.servers(1);
      const { commands, queries } = await world.caller();
      const options = { headers: tenant.of('acme'), correlationId: 'c-1' };
      const seen = await queries.ask(new Observe(), { ...options, messageId: 'm-1' });
      assert.deepEqual(
        [seen.messageId, seen.correlationId, seen.causationId, seen.tenant],
        ['m-1', 'c-1', undefined, 'acme'],
      );
      const relayed = await commands.execute(new Relay(0), options);
      assert.deepEqual(
        [relayed.seen.correlationId, relayed.seen.causationId, relayed.seen.tenant],
        ['c-1', relayed.messageId, 'acme'],
      );
    },
  },
  {
    name: 'in-process headers stay in the process',
    async run(world) {
      await world.servers(1);
      const headers = { ...session.of('s-1'), ...secret.of('s-2'), ...tenant.of('acme') };
      const seen = await (await world.caller()).queries.ask(new Observe(), { headers });
      assert.deepEqual(
        seen.headers.filter(name => name.startsWith('conformance-')),
        [tenant.name],
      );
    },
  },
  {
    name: 'the time limit shrinks on the way',
    async run(world) {
      await world.servers(1);
      const { commands } = await world.caller();
      const { seen } = await commands.execute(new Relay(40), { timeout: 5000 });
      assert.ok(seen.remaining > 0 && seen.remaining <= 4961, `The handler has ${seen.remaining} ms left.`);
    },
  },
];
