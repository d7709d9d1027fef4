import { Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Pool } from 'pg';

/** Where a service keeps its tables. */
@Injectable()
export class Database implements OnApplicationShutdown {
  readonly pool = new Pool({ connectionString: process.env['DATABASE_URL'], max: 5 });

  constructor() {
    // Without a listener, the end of an idle connection would end the process.
    this.pool.on('error', error => console.error(`The database is gone: ${error.message}`));
  }

  async query<Row>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.pool.query(sql, values)).rows as Row[];
  }

  /** After the handlers have ended. */
  async onApplicationShutdown(): Promise<void> {
    await this.pool.end();
  }
}

/** For transactions, which take a client of the pool. */
@Module({
  providers: [Database, { provide: Pool, useFactory: ({ pool }: Database) => pool, inject: [Database] }],
  exports: [Database, Pool],
})
export class DatabaseModule {}
