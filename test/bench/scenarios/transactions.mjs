import { has } from '../contestants/durable-places.mjs';
import { transactions } from '../contestants/transactions.mjs';

if (!has['pg-boss']()) console.error('transactions are left out: there is no PostgreSQL.');

/** A command that writes a row and stores a message in one transaction, against the same by hand with an outbox table. */
export default has['pg-boss']()
  ? [1, 8].map(count => ({
      name: `a row and a message, ${count} in flight`,
      reach: { 'nestjs-cqrs': 1.15 },
      isCounted: false,
      contestants: () => transactions(count),
    }))
  : [];
