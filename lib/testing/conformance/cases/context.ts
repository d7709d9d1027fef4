import assert from 'node:assert/strict';
import type { CaseDefinition } from '../case.js';
import { Relay } from '../call.js';
import { secret, session, tenant } from '../headers.js';
import { Observe, type Seen } from '../messages.js';

/** What travels beside a message. */
export const context: readonly CaseDefinition[] = [
  {
    name: 'context, headers, correlation and causation travel',
    async run(world) {
      await world.servers(1);
      const { commands, queries } = await world.caller();
      const options = { headers: tenant.of('acme'), correlationId: 'c-1' };
      const seen = await queries.ask(new Observe(), { ...options, messageId: 'm-1' });
      const relayed = await commands.execute(new Relay(0), options);
      assert.deepEqual([seen, relayed.seen].map(travelled), [
        { messageId: 'm-1', correlationId: 'c-1', causationId: undefined, tenant: 'acme' },
        { messageId: relayed.seen.messageId, correlationId: 'c-1', causationId: relayed.messageId, tenant: 'acme' },
      ]);
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

const travelled = ({ messageId, correlationId, causationId, tenant: acme }: Seen) => ({
  messageId,
  correlationId,
  causationId,
  tenant: acme,
});
