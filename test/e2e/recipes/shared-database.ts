import { PGlite } from '@electric-sql/pglite';
import type { DynamicModule } from '@nestjs/common';
import { drizzle, PgliteDatabase } from 'drizzle-orm/pglite';

/** One database for all tests of a file, since it takes seconds to make one. Tables are made anew before each test. */
export function sharedDatabase(tables: string): DynamicModule {
  let client: PGlite | undefined;
  beforeAll(async () => void (client = await PGlite.create()), 120_000);
  beforeEach(() => client!.exec(`DROP SCHEMA public CASCADE; CREATE SCHEMA public; ${tables}`));
  afterAll(() => client?.close());
  return {
    module: class SharedDatabaseModule {},
    providers: [
      { provide: PGlite, useFactory: () => client! },
      { provide: PgliteDatabase, useFactory: () => drizzle(client!) },
    ],
    exports: [PGlite, PgliteDatabase],
  };
}
