import { Injectable } from '@nestjs/common';
import { Queue } from 'bullmq';
import { Command, CommandBus, CommandHandler, Durable, Message } from 'nestjs-cqrs';
import { bullmq } from 'nestjs-cqrs/bullmq';
import { pgBoss } from 'nestjs-cqrs/pg-boss';
import { withCqrs } from './applications.mjs';
import { BULLMQ_WARM_UP, bullMQSettled, newBoss, ownName, pgBossSettled, redisConnection } from './durable-bare.mjs';
import { PAYLOADS } from './remote-messages.mjs';

const QUEUE = 'bench.store';

class Store extends Command {
  constructor(fields) {
    super();
    Object.assign(this, fields);
  }
}
Message({ name: QUEUE })(Store);
Durable()(Store);

const newCommand = () => new Store(PAYLOADS['5 fields']);

/** A side, as in durable-bare.mjs, whose application starts with `work`, or with the first message. */
function ours(transport, rest) {
  const bus = async (durable, handle = () => undefined) => {
    class StoreHandler {
      async execute(command) {
        handle(command);
      }
    }
    Injectable()(StoreHandler);
    CommandHandler(Store)(StoreHandler);
    return (await withCqrs([StoreHandler], { durable: { transport, ...durable } })).get(CommandBus);
  };
  let starting;
  const started = () => (starting ??= bus({ work: false }));
  return {
    store: async () => (await started()).enqueue(newCommand()),
    storeAll: async count => (await started()).enqueueAll(Array.from({ length: count }, newCommand)),
    async work(concurrency, handle) {
      await (starting = bus({ concurrency }, handle));
    },
    ...rest,
  };
}

/** @param options of `pgBoss()` */
export async function oursOnPgBoss(options) {
  const boss = await newBoss();
  const nothing = async () => undefined;
  return ours(pgBoss(boss, options), { hold: nothing, release: nothing, settled: () => pgBossSettled(boss) });
}

export async function oursOnBullMQ() {
  const connection = await redisConnection();
  const prefix = ownName();
  const queue = new Queue(QUEUE, { connection, prefix });
  return ours(bullmq(connection, { prefix }), {
    warmUp: BULLMQ_WARM_UP,
    hold: () => queue.pause(),
    release: () => queue.resume(),
    settled: () => bullMQSettled(queue),
  });
}
