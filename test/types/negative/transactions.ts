import { Pool } from 'pg';
import { Command, CqrsModule } from 'nestjs-cqrs';
import type { Transactions } from 'nestjs-cqrs/extension';
import { PgTransactionalAdapter, Transactional, transactional } from 'nestjs-cqrs/transactional';

// @ts-expect-error: a propagation that does not exist
@Transactional({ propagation: 'Mandatory' })
class Wrong extends Command {}

// @ts-expect-error: a misspelled option
@Transactional({ propagate: 'Nested' })
class Misspelled extends Command {}

// @ts-expect-error: the function in place of what it returns
CqrsModule.forRoot({ unitOfWork: transactional });
// @ts-expect-error: a pool opens no unit of work
CqrsModule.forRoot({ unitOfWork: new Pool() });
// @ts-expect-error: a misspelled option
transactional({ connection: 'orders' });
// @ts-expect-error: an isolation that does not exist
new PgTransactionalAdapter({ poolToken: Pool, defaultTxOptions: { isolationLevel: 'snapshot' } });

// @ts-expect-error: it does not tell the transaction
export const silent: Transactions = { name: 'silent', run: work => work() };
// @ts-expect-error: the result of the work is lost
export const losing: Transactions = {
  name: 'losing',
  run: async work => void (await work()),
  current: () => undefined,
};

export default [Wrong, Misspelled];
