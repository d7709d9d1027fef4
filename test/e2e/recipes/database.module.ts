import { PGlite } from '@electric-sql/pglite';
import { Module, type OnApplicationShutdown } from '@nestjs/common';
import { drizzle, PgliteDatabase } from 'drizzle-orm/pglite';

/** PostgreSQL inside this process, in the folder that DATA_DIR names; without a name in memory. */
@Module({
  providers: [
    { provide: PGlite, useFactory: () => PGlite.create(process.env['DATA_DIR'] || 'memory://') },
    { provide: PgliteDatabase, useFactory: (client: PGlite) => drizzle(client), inject: [PGlite] },
  ],
  exports: [PGlite, PgliteDatabase],
})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(private readonly client: PGlite) {}

  async onApplicationShutdown(): Promise<void> {
    await this.client.close();
  }
}
