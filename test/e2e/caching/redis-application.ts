import { Injectable } from '@nestjs/common';
import type { RedisOptions } from 'ioredis';
// #region imports
import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import { redisBusDriver, redisDriver } from 'bentocache/drivers/redis';
import { bentoCache, lastingBus } from 'nestjs-cqrs/cache';
// #endregion
import { Cached, Command, CommandHandler, CqrsModule, Query, QueryHandler, TouchedTags, Touches } from 'nestjs-cqrs';
import { pending } from '../../support/waiting.js';

/** Of a row that all processes share. */
@Cached({ ttl: 600_000, tags: (query: ReadRow) => [`row:${query.row}`] })
export class ReadRow extends Query<number> {
  constructor(readonly row: string) {
    super();
  }
}

@Touches((command: WriteRow) => [`row:${command.row}`])
export class WriteRow extends Command {
  constructor(
    readonly row: string,
    readonly version: number,
  ) {
    super();
  }
}

/** @param redis its port, or options of ioredis. The rows themselves are elsewhere: they outlive it */
export function redisModule(redis: number | RedisOptions, rows: { read(row: string): Promise<number> }) {
  const connection = typeof redis === 'number' ? { host: '127.0.0.1', port: redis, retryStrategy: () => 50 } : redis;
  // #region store
  const store = bentostore()
    .useL1Layer(memoryDriver({ maxItems: 10_000 }))
    .useL2Layer(redisDriver({ connection }))
    .useBus(lastingBus(redisBusDriver, { connection, retryQueue: { enabled: true, retryInterval: 50 } }));
  const bento = new BentoCache({ default: 'answers', stores: { answers: store } });
  // #endregion

  @Injectable()
  class Rows {
    runs = 0;
    /** While there is one, runs wait for it after they have read. */
    gate: ReturnType<typeof pending> | undefined;
    readonly heard: string[] = [];

    constructor(tags: TouchedTags) {
      tags.onTouched(({ tags: all, from }) => this.heard.push(...all.map(tag => `${tag} ${from}`)));
    }

    @QueryHandler(ReadRow)
    async read({ row }: ReadRow): Promise<number> {
      this.runs += 1;
      const version = await rows.read(row);
      await this.gate?.promise;
      return version;
    }

    /** What it writes has been written by the test. */
    @CommandHandler(WriteRow)
    async write(_command: WriteRow): Promise<void> {}
  }
  return {
    Rows,
    metadata: {
      imports: [CqrsModule.forRoot({ cache: bentoCache(bento), shutdown: { timeout: 100 } })],
      providers: [Rows],
    },
  };
}
