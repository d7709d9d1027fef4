import assert from 'node:assert/strict';
import { DispatchTimeoutException, RemoteUnavailableException } from '../../../index.js';
import type { Caller } from '../call.js';
import { failureOf, isOf, tellsNobodyListens, type CaseDefinition } from '../case.js';
import { within } from '../journal.js';
import { Brief, Echo, Wait } from '../messages.js';
import type { World } from '../world.js';

/** Written in many parts. Brokers limit what a message may hold. */
const LONG_ANSWER = 900_000;

/** Servers that are not there yet, or no more. */
export const absence: readonly CaseDefinition[] = [
  {
    name: 'no server is there: the message fails at once, with outcome "not-handled"',
    without: tellsNobodyListens,
    async run(world) {
      await world.servers(0);
      const asked = (await world.freshCaller()).queries.ask(new Echo('no server'));
      const failure = await within(failureOf(asked), world.patience, 'the message fails');
      assert.equal(isOf(RemoteUnavailableException, failure).outcome, 'not-handled');
    },
  },
  {
    name: 'a server that starts later than its client is reached',
    async run(world) {
      await world.servers(0);
      const caller = await world.freshCaller();
      isOf(RemoteUnavailableException, await failureOf(caller.queries.ask(new Brief(world.key()))));
      await world.servers(1);
      await answered(world, caller);
    },
  },
  {
    name: 'closing: what runs is answered, what is new is refused',
    async run(world) {
      const [server] = await world.servers(1);
      const { queries } = await world.caller();
      const key = world.key();
      const running = queries.ask(new Wait(key, LONG_ANSWER));
      await world.journal.find('started', key);
      server!.process.tell({ order: 'stop', key: server!.id });
      const refused = (async () => {
        for (;;) await queries.ask(new Echo('new'));
      })();
      const failure = await within(failureOf(refused), world.patience, 'a new message is refused');
      assert.equal(isOf(RemoteUnavailableException, failure).outcome, 'not-handled');
      assert.equal(world.journal.count('stopped', server!.id), 0, 'The server has not waited.');
      world.release(key);
      const answer = await within(running, world.patience, 'the running message is answered');
      assert.ok(answer.startsWith(key) && answer.length === LONG_ANSWER);
      await world.stopped(server!);
    },
  },
  {
    name: 'a server that is killed and started again is reached; its messages fail with outcome "unknown", and do not run twice',
    async run(world) {
      const [server] = await world.servers(1);
      const caller = await world.caller();
      const key = world.key();
      const asked = caller.queries.ask(new Brief(key, true));
      asked.catch(() => undefined);
      await world.journal.find('started', key);
      if (server!.process.kill === undefined) world.release(key);
      else {
        await world.kill(server!);
        const failure = await within(failureOf(asked), world.patience, 'the message of the killed server fails');
        assert.equal(isOf(RemoteUnavailableException, failure).outcome, 'unknown');
      }
      await world.servers(0);
      await world.servers(1);
      await answered(world, caller);
      assert.equal(world.journal.count('started', key), 1);
    },
  },
];

/** Brokers and connections need a moment; until then messages fail as messages that cannot be carried do. */
async function answered(world: World, { queries }: Caller): Promise<void> {
  const end = performance.now() + world.patience;
  for (;;)
    try {
      assert.equal((await queries.ask(new Echo('there'), { timeout: 1000 })).value, 'there');
      return;
    } catch (error) {
      const isCarrying = error instanceof RemoteUnavailableException || error instanceof DispatchTimeoutException;
      if (!isCarrying || performance.now() > end) throw error;
    }
}
