import { Command, CqrsModule } from 'nestjs-cqrs';
import { Transactional, type Transactions } from 'nestjs-cqrs/extension';

// @ts-expect-error: a propagation that does not exist
@Transactional({ propagation: 'Mandatory' })
class Wrong extends Command {}

// @ts-expect-error: a misspelled option
@Transactional({ propagate: 'Nested' })
class Misspelled extends Command {}

const own: Transactions = { name: 'own', run: work => work(), current: () => undefined };

// @ts-expect-error: a function that makes it
CqrsModule.forRoot({ unitOfWork: () => own });
// @ts-expect-error: a name opens no unit of work
CqrsModule.forRoot({ unitOfWork: 'pg' });

// @ts-expect-error: it does not tell the transaction
export const silent: Transactions = { name: 'silent', run: work => work() };

const losing = async (work: () => Promise<unknown>) => void (await work());
// @ts-expect-error: the result of the work is lost
export const lost: Transactions = { ...own, run: losing };

export default [Wrong, Misspelled];
