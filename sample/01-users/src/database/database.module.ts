import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { Module, type OnApplicationShutdown } from '@nestjs/common';

/** Where the data live: what `DATA_DIR` says, else the folder of this sample. `memory://` keeps nothing. */
export const dataDirectory = (): string => process.env['DATA_DIR'] || resolve('sample/01-users/data');

/** PostgreSQL inside this process: nothing to install, nothing to start, and the data survive a restart. */
@Module({
  providers: [{ provide: PGlite, useFactory: () => open(dataDirectory()) }],
  exports: [PGlite],
})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(private readonly database: PGlite) {}

  /** Nest has closed the HTTP server by now, and the buses have waited for what was running. */
  async onApplicationShutdown(): Promise<void> {
    await this.database.close();
  }
}

function open(directory: string): Promise<PGlite> {
  if (!directory.includes('://')) mkdirSync(directory, { recursive: true });
  return PGlite.create(directory);
}
