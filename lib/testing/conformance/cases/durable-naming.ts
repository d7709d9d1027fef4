import assert from 'node:assert/strict';
import type { Job } from '../../../extension.js';
import type { DurableCase } from '../durable-case.js';

const LARGE = 256 * 1024;

/** Names that adapters have to encode. Those that differ in one character are different queues. */
const NAMES = ['a:b', 'a_b', 'a-b', 'A:B', 'billing.charge', 'ünïcode name', '123', "it's {here}/*", 'x'.repeat(190)];

const IDS = [
  '018f3a5e-7b1c-7c3d-9e2f-1a2b3c4d5e6f',
  '018F3A5E-7B1C-7C3D-9E2F-1A2B3C4D5E6F',
  'mail-17',
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

/** Some databases cannot store these. */
const TEXTS = ['a\u0000b', '\ud800', '\\u0000', '"\'`$1%s', '\u2028\u{10ffff}', '{"a":1}', ''];

/** Names, ids and payloads that are not of the usual kind. */
export const naming: readonly DurableCase[] = [
  {
    name: 'names of queues may be odd',
    async run(world) {
      const queues = NAMES.map(name => world.queue({ name: `${name} ${world.token}`.slice(-200) }));
      const transport = await world.open(...queues);
      const jobs = queues.map(queue => world.job(queue));
      await transport.store(jobs);
      for (const [i, queue] of queues.entries()) {
        const runs = await world.work(transport, queue);
        await world.until(() => runs.all.length > 0, `the job of the queue "${queue.name}" is handled`);
        assert.deepEqual(runs.ids, [jobs[i]!.id], queue.name);
        assert.equal(runs.all[0]!.delivery.queue, queue.name);
      }
    },
  },
  {
    name: 'ids of jobs may be odd',
    async run(world) {
      const queue = world.queue({ concurrency: 4 });
      const transport = await world.open(queue);
      const stored = await transport.store(IDS.map(id => world.job(queue, { id })));
      assert.deepEqual(
        stored,
        IDS.map(id => ({ id, isDuplicate: false })),
      );
      const runs = await world.work(transport, queue);
      await world.until(() => runs.all.length >= IDS.length, 'all jobs are handled');
      assert.deepEqual(runs.ids.toSorted(), IDS.toSorted());
      for (const id of IDS)
        assert.deepEqual(await transport.store([world.job(queue, { id })]), [{ id, isDuplicate: true }]);
    },
  },
  {
    name: 'odd text arrives as it was stored, or is refused by store',
    async run(world) {
      const queue = world.queue({ concurrency: 4 });
      const transport = await world.open(queue);
      const jobs = TEXTS.map((text, i) =>
        world.job(queue, {
          id: `text-${i}`,
          data: { kind: 'event', envelope: { text, [`_${text}`]: 1 }, enqueuedAt: 0 },
        }),
      );
      const stored: Job[] = [];
      for (const job of jobs)
        await transport.store([job]).then(
          () => stored.push(job),
          () => undefined,
        );
      assert.ok(stored.length >= jobs.length - 2, 'Usual text is refused.');
      const runs = await world.work(transport, queue);
      await world.until(() => runs.all.length >= stored.length, 'all jobs are handled');
      await world.pause();
      assert.equal(runs.all.length, stored.length);
      for (const { id, data } of stored) assert.deepEqual(runs.of(id)[0]!.delivery.data, data);
    },
  },
  {
    name: 'a large payload arrives whole',
    async run(world) {
      const queue = world.queue();
      const transport = await world.open(queue);
      const size = Math.min(LARGE, world.adapter.largest ?? LARGE);
      const frame = JSON.stringify(world.job(queue, { data: { kind: 'event', envelope: '', enqueuedAt: 0 } }).data);
      const envelope = 'é'.repeat((size - frame.length) / 2);
      const job = world.job(queue, { data: { kind: 'event', envelope, enqueuedAt: 0 } });
      const runs = await world.work(transport, queue);
      await transport.store([job]);
      await world.until(() => runs.all.length > 0, 'the job is handled');
      assert.deepEqual(runs.all[0]!.delivery.data, job.data);
    },
  },
];
