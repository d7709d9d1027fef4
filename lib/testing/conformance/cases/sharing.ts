import assert from 'node:assert/strict';
import { both, failureOf, isOf, severalServers, sharesLoad, type CaseDefinition } from '../case.js';
import { CqrsException } from '../../../index.js';
import { Happened, Once } from '../messages.js';

const COMMANDS = 40;

/** Which process handles a message. */
export const sharing: readonly CaseDefinition[] = [
  {
    name: 'an event reaches the other process, and publish waits for its handlers',
    async run(world) {
      await world.servers(1);
      const { events } = await world.caller();
      const key = world.key();
      let isPublished = false;
      const published = events.publish(new Happened(key)).then(() => (isPublished = true));
      await Promise.race([world.journal.find('started', key), published]);
      // An answer that comes too early would be there now.
      await world.reachAll();
      assert.equal(isPublished, false, 'publish has not waited.');
      world.release(key);
      await published;
      assert.equal((await world.journal.find('ended', key)).detail, 'released');
    },
  },
  {
    name: 'two servers share the load, and each command runs once',
    without: both(sharesLoad, severalServers),
    async run(world) {
      const servers = await world.servers(2);
      const { commands } = await world.caller();
      const keys = Array.from({ length: COMMANDS }, () => world.key());
      const handledBy = await Promise.all(keys.map(key => commands.execute(new Once(key))));
      await world.reachAll();
      for (const key of keys) assert.equal(world.journal.count('handled', key), 1);
      for (const { id } of servers) assert.ok(handledBy.includes(id), 'A server has handled none of the commands.');
    },
  },
  {
    name: 'commands are refused where every server would run them',
    without: ({ features }) => (features.sharesLoad ? 'with the feature sharesLoad' : undefined),
    async run(world) {
      const key = world.key();
      const failure = isOf(CqrsException, await failureOf((await world.caller()).commands.execute(new Once(key))));
      assert.equal(failure.code, 'CQRS_TRANSPORT_RUNS_EVERYWHERE');
    },
  },
];
