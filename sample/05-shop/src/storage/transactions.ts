import { ClsPluginTransactional } from '@nestjs-cls/transactional';
import { ClsModule } from 'nestjs-cls';
import { PgTransactionalAdapter } from 'nestjs-cqrs/transactional';
import { Pool } from 'pg';
import { DatabaseModule } from './database.js';

// #region transactions
/** Carries the transaction to where rows are written. */
export const transactions = () =>
  ClsModule.forRoot({
    plugins: [
      new ClsPluginTransactional({
        imports: [DatabaseModule],
        adapter: new PgTransactionalAdapter({ poolToken: Pool }),
      }),
    ],
  });
// #endregion
