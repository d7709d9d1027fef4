import assert from 'node:assert/strict';
import { lastValueFrom, take, toArray } from 'rxjs';
import { DispatchTimeoutException, RemoteUnavailableException } from '../../../index.js';
import type { ReplyFrame, RequestFrame } from '../../../extension.js';
import { failureOf, isOf, type CaseDefinition } from '../case.js';
import { within } from '../journal.js';
import { Brief, Echo, Hidden, Ping } from '../messages.js';
import type { World } from '../world.js';

const A_MINUTE = 60_000;

const HOSTILE: readonly unknown[] = [
  7,
  'text',
  [],
  {},
  { kind: 'query' },
  { kind: 'command', envelope: { meta: { name: 'conformance.ping' }, payload: {} } },
  { kind: 'query', envelope: { meta: { name: 'conformance.unheard' }, payload: {} } },
  { kind: 'query', envelope: { meta: { name: 'conformance.ping' }, payload: [] }, timeout: -1 },
  { kind: 'query', envelope: '{"meta":{}}', rows: { credit: 1e9 } },
];

/** Requests that must not reach a handler, and answers that do not come. */
export const requests: readonly CaseDefinition[] = [
  {
    name: 'a stale request is refused',
    async run(world) {
      await world.servers(1);
      const key = world.key();
      const reply = await firstReply(world, { ...(await pingFrame(world, key)), expires: Date.now() - A_MINUTE });
      await world.reachAll();
      assert.deepEqual(
        { ...refusal(reply), handled: world.journal.count('handled', key) },
        { refused: true, name: 'StaleMessageException', handled: 0 },
      );
      await firstReply(world, { ...(await pingFrame(world, key)), expires: Date.now() + A_MINUTE });
      await world.journal.find('handled', key);
    },
  },
  {
    name: 'a message that is not exposed reaches no handler',
    async run(world) {
      await world.servers(1);
      const asked = (await world.caller()).queries.ask(new Hidden(), { timeout: 1000 });
      const failure = await within(failureOf(asked), world.patience, 'the message fails');
      if (!world.adapter.features.tellsNobodyListens && failure instanceof DispatchTimeoutException) return;
      assert.equal(isOf(RemoteUnavailableException, failure).outcome, 'not-handled');
    },
  },
  {
    name: 'a hostile frame is answered with a failure, and harms nothing',
    async run(world) {
      await world.servers(1);
      for (const frame of HOSTILE) {
        const reply = await firstReply(world, frame as RequestFrame);
        const { refused, name } = refusal(reply);
        assert.equal(refused, true, JSON.stringify(frame));
        assert.match(name, /^(Envelope|UnknownMessage)Exception$/);
      }
      assert.equal((await (await world.caller()).queries.ask(new Echo('still there'))).value, 'still there');
    },
  },
  {
    name: 'an answer that does not come in time is a failure with outcome "unknown"',
    async run(world) {
      await world.servers(1);
      const key = world.key();
      const asked = failureOf((await world.caller()).queries.ask(new Brief(key, true)));
      const failure = isOf(RemoteUnavailableException, await within(asked, world.patience, 'the message fails'));
      assert.equal(failure.outcome, 'unknown');
      await world.journal.find('started', key);
      world.release(key);
    },
  },
];

async function pingFrame(world: World, key: string): Promise<RequestFrame> {
  const { catalog } = await world.caller();
  return { kind: 'query', envelope: catalog.envelope(new Ping(key)).toJSON() };
}

/** Sends a frame without the sender of the library. */
async function firstReply(world: World, frame: RequestFrame): Promise<ReplyFrame> {
  const transport = world.adapter.transport();
  const replies = lastValueFrom(transport.request('cqrs.query.conformance.ping', frame).pipe(take(1), toArray()));
  try {
    const [reply] = await within(replies, world.patience, 'the request is answered');
    assert.ok(reply !== undefined, 'The request ended without a reply.');
    return reply;
  } finally {
    await transport.close?.();
  }
}

const refusal = (reply: ReplyFrame) =>
  'ok' in reply && !reply.ok
    ? { refused: reply.refused === true, name: reply.error.name }
    : { refused: false, name: JSON.stringify(reply) };
