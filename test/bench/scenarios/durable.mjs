import { bareBullMQ, barePgBoss } from '../contestants/durable-bare.mjs';
import { deliveries, deliveryWork, enqueue, enqueueAll, latency, waiting } from '../contestants/durable.mjs';
import { oursOnBullMQ, oursOnPgBoss } from '../contestants/durable-ours.mjs';
import { has } from '../contestants/durable-places.mjs';

const OURS = 'nestjs-cqrs';

/** What each engine does alone for the same job. */
const ENGINES = {
  'pg-boss': {
    sides: [barePgBoss, oursOnPgBoss],
    one: 'boss.send',
    many: 'boss.insert',
    work: 'a loop of fetch and complete',
  },
  bullmq: { sides: [bareBullMQ, oursOnBullMQ], one: 'queue.add', many: 'queue.addBulk', work: 'Worker' },
};

/** Ours, whose statements PostgreSQL plans once for each connection. */
const preparing = () => oursOnPgBoss({ prepare: true });

const engines = Object.keys(ENGINES).filter(engine => has[engine]());
for (const engine of Object.keys(ENGINES).filter(engine => !engines.includes(engine)))
  console.error(`${engine} is left out: its server is not there.`);

/** A case that both sides run. Only `live` needs to be counted. `others` have no bar. */
const versus = (engine, title, { bare, run, rounds, others, isCounted = false, bar = 1.15 }) => {
  const [bareSide, ourSide] = ENGINES[engine].sides;
  return {
    name: `${engine}, ${title}`,
    reach: bar === null ? {} : { [OURS]: bar },
    rounds,
    isCounted,
    contestants: () => ({ [bare]: run(bareSide), ...others, [OURS]: run(ourSide) }),
  };
};

/** A message that is stored and handled later, against what the engine does alone. */
export default engines.flatMap(engine => {
  const { one, many, work } = ENGINES[engine];
  return [
    ...[1, 16].map(count =>
      versus(engine, `enqueue, ${count} in flight`, {
        bare: one,
        run: side => enqueue(side, count),
        // An id of the message costs what telling duplicates costs.
        others:
          engine === 'bullmq'
            ? { 'queue.add with jobId': enqueue(bareBullMQ, count, 'storeOnce') }
            : { 'nestjs-cqrs, prepare: true': enqueue(preparing, count) },
      }),
    ),
    versus(engine, 'enqueueAll of 1,000', { bare: many, run: enqueueAll }),
    ...[1, 8, 50].map(count =>
      versus(engine, `deliveries, concurrency ${count}`, {
        bare: work,
        run: side => deliveries(side, count),
        rounds: 15,
      }),
    ),
    versus(engine, 'work of this process for a delivery, concurrency 1', {
      bare: work,
      run: side => deliveryWork(side, 1),
      rounds: 15,
      bar: null,
    }),
    versus(engine, 'from enqueue to the handler', { bare: `${one}, ${work}`, run: latency, rounds: 15 }),
    versus(engine, '100,000 waiting jobs', { bare: many, run: waiting, rounds: 1, isCounted: true }),
  ];
});
