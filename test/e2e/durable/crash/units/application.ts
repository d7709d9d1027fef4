import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClsPluginTransactional } from '@nestjs-cls/transactional';
import { ClsModule } from 'nestjs-cls';
import { CqrsModule } from 'nestjs-cqrs';
import { PgTransactionalAdapter, transactional } from 'nestjs-cqrs/transactional';
import { Pool } from 'pg';
import { Effects } from '../effects.js';
import { transportOf, type EngineAddress } from '../engines.js';
import { SelfKill } from '../self-kill.js';
import { Shop, TABLE } from './shop.js';
import { tableOf } from './table.js';

export interface ApplicationOptions {
  /** Whether it handles messages, or only stores them. */
  readonly work: boolean;
  readonly selfKill?: SelfKill;
}

/** The same application in all processes. Its rows are on the database of the engine. */
export async function application(engine: EngineAddress, effects: Effects, { work, selfKill }: ApplicationOptions) {
  const transport = (selfKill ?? new SelfKill(undefined)).wrap(await transportOf(engine));
  // A transaction for each job that runs, in three queues.
  const pool = new Pool({ connectionString: engine.url, max: 12 });
  @Module({ providers: [{ provide: Pool, useValue: pool }], exports: [Pool] })
  class DatabaseModule {}
  const adapter = new PgTransactionalAdapter({ poolToken: Pool });
  // A killed worker counts as an attempt on pg-boss, so there are many.
  const retry = { limit: 100, delay: 50, backoff: true, maxDelay: 400 };
  @Module({
    imports: [
      ClsModule.forRoot({ plugins: [new ClsPluginTransactional({ imports: [DatabaseModule], adapter })] }),
      CqrsModule.forRoot({ unitOfWork: transactional(), durable: { transport, retry, work, concurrency: 4 } }),
    ],
    providers: [Shop, { provide: Effects, useValue: effects }, { provide: TABLE, useValue: tableOf(engine) }],
  })
  class AppModule {}
  return NestFactory.createApplicationContext(AppModule, { logger: false });
}
