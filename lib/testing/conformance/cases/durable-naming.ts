import assert from 'node:assert/strict';
import type { Job } from '../../../extension.js';
import type { DurableCase } from '../durable-case.js';
import { fresh, known, payload, WIDE } from '../durable-world.js';

const LARGE = 262_144;

/** Names that adapters have to encode. Those that differ in one character are different queues. The last has 200, with a token. */
const NAMES = ['a:b', 'a_b', 'a-b', 'A:B', 'billing.charge', 'ünïcode name', '123', "it's {here}/*", 'x'.repeat(163)];

const IDS = [
  '018f3a5e-7b1c-7c3d-9e2f-1a2b3c4d5e6f',
  '018F3A5E-7B1C-7C3D-9E2F-1A2B3C4D5E6F',
  'mail-17',
  'Mail-17',
  'a:b',
  'a-b',
  '123',
  '0',
  '-1',
  'y'.repeat(255),
  `${'y'.repeat(254)}z`,
  '💌 ünï',
  ' ',
];

/** Some databases cannot store the first two. */
const TEXTS = ['a\u0000b', '\ud800', '\\u0000', '"\'`$1%s', '\u2028\u{10ffff}', '{"a":1}', ''];
const REFUSABLE = 2;

/** Names, ids and payloads that are not of the usual kind. */
export const naming: readonly DurableCase[] = [
  {
    name: 'names of queues may be odd',
    async run(world) {
      const queues = NAMES.map(name => world.queue({ name: `${name} ${world.token}` }));
      const transport = await world.open(...queues);
      const jobs = queues.map(queue => world.job(queue));
      await transport.store(jobs);
      for (const [i, queue] of queues.entries()) {
        const runs = await world.work(transport, queue);
        await world.handled(runs, [jobs[i]!]);
        assert.equal(runs.all[0]!.delivery.queue, queue.name);
      }
    },
  },
  {
    name: 'ids of jobs may be odd',
    async run(world) {
      const queue = world.queue(WIDE);
      const transport = await world.open(queue);
      const jobs = IDS.map(id => world.job(queue, { id }));
      assert.deepEqual(await transport.store(jobs), jobs.map(fresh));
      await world.handled(await world.work(transport, queue), jobs);
      const again = [];
      for (const job of jobs) again.push(...(await transport.store([job])));
      assert.deepEqual(again, jobs.map(known));
    },
  },
  {
    name: 'odd text arrives as it was stored, or is refused by store',
    async run(world) {
      const queue = world.queue(WIDE);
      const transport = await world.open(queue);
      const jobs = TEXTS.map(text => world.job(queue, { data: payload({ text, [`_${text}`]: text }) }));
      const stored: Job[] = [];
      for (const job of jobs)
        await transport.store([job]).then(
          () => stored.push(job),
          () => undefined,
        );
      assert.ok(stored.length >= jobs.length - REFUSABLE, 'Usual text is refused.');
      const runs = await world.work(transport, queue);
      await world.handled(runs, stored);
      for (const { id, data } of stored) assert.deepEqual(runs.of(id)[0]!.delivery.data, data);
    },
  },
  {
    name: 'a large payload arrives whole',
    async run(world) {
      const queue = world.queue();
      const transport = await world.open(queue);
      const size = Math.min(LARGE, world.adapter.largest ?? LARGE);
      const frame = JSON.stringify(payload(''));
      const job = world.job(queue, { data: payload('é'.repeat((size - frame.length) / 2)) });
      const runs = await world.work(transport, queue);
      await transport.store([job]);
      await world.handled(runs, [job]);
      assert.deepEqual(runs.all[0]!.delivery.data, job.data);
    },
  },
];
