import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClsPluginTransactional } from '@nestjs-cls/transactional';
import { ClsModule } from 'nestjs-cls';
import { CqrsModule } from 'nestjs-cqrs';
import { PgTransactionalAdapter, transactional } from 'nestjs-cqrs/transactional';
import { Pool } from 'pg';
import { Effects } from '../effects.js';
import { transportOf, type EngineAddress } from '../engines.js';
import { Shop, TABLE } from './shop.js';
import { tableOf } from './table.js';

/**
 * The same application in all processes. Its rows are on the database of the engine.
 * @param work whether it handles messages, or only stores them
 */
export async function application(engine: EngineAddress, effects: Effects, { work }: { readonly work: boolean }) {
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
      CqrsModule.forRoot({
        unitOfWork: transactional(),
        durable: { transport: await transportOf(engine), retry, work, concurrency: 4 },
      }),
    ],
    providers: [Shop, { provide: Effects, useValue: effects }, { provide: TABLE, useValue: tableOf(engine) }],
  })
  class AppModule {}
  return NestFactory.createApplicationContext(AppModule, { logger: false });
}
