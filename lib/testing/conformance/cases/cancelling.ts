import assert from 'node:assert/strict';
import { DispatchTimeoutException } from '../../../index.js';
import { addressable, failureOf, isOf, rows, type CaseDefinition } from '../case.js';
import { within } from '../journal.js';
import { Wait } from '../messages.js';

/** Callers that give up, or are gone. */
export const cancelling: readonly CaseDefinition[] = [
  {
    name: 'cancelled by its signal: the handler is told, and no other one',
    without: addressable,
    async run(world) {
      await world.mostServers();
      const { queries } = await world.caller();
      const calls = Array.from({ length: 6 }, () => {
        const controller = new AbortController();
        const key = world.key();
        return { key, controller, answer: queries.ask(new Wait(key), { signal: controller.signal }) };
      });
      const [left, kept] = [calls.filter((_, i) => i % 2 === 0), calls.filter((_, i) => i % 2 === 1)];
      for (const { key } of calls) await world.journal.find('started', key);
      const reason = new Error('not wanted any more');
      const failures = left.map(({ answer }) => failureOf(answer));
      for (const { controller } of left) controller.abort(reason);
      for (const failure of failures) assert.equal(await within(failure, world.patience, 'the caller is told'), reason);
      for (const { key } of left) assert.equal((await world.journal.find('ended', key)).detail, 'aborted');
      for (const { key, answer } of kept) {
        world.release(key);
        assert.equal(await within(answer, world.patience, 'the other messages are answered'), key);
      }
    },
  },
  {
    name: 'cancelled by its time limit: the handler is told',
    without: addressable,
    async run(world) {
      await world.mostServers();
      const key = world.key();
      const asked = failureOf((await world.caller()).queries.ask(new Wait(key), { timeout: 400 }));
      isOf(DispatchTimeoutException, await within(asked, world.patience, 'the caller is told'));
      assert.equal((await world.journal.find('ended', key)).detail, 'aborted');
    },
  },
  {
    name: 'the process of the caller is killed: handlers and sources of rows end',
    without: ({ startCaller }) => (startCaller === undefined ? 'the adapter starts no callers' : undefined),
    async run(world) {
      await world.servers(1);
      const { adapter, journal } = world;
      const caller = await world.start(note => adapter.startCaller!(note));
      const [asked, read] = [world.key(), world.key()];
      const hasRows = rows(adapter) === undefined;
      // Where the server is not told, the handler ends at its time limit.
      caller.process.tell({ order: adapter.tellsCallerGone ? 'ask' : 'ask-briefly', key: asked });
      if (hasRows) caller.process.tell({ order: 'read', key: read });
      await journal.find('started', asked);
      if (hasRows) await journal.find('started', read);
      await caller.process.kill?.();
      assert.equal((await journal.find('ended', asked)).detail, 'aborted');
      if (hasRows) await journal.find('ended', read);
    },
  },
];
