import { has } from '../contestants/durable-places.mjs';
import { rowAlone, transactions } from '../contestants/transactions.mjs';

if (!has['pg-boss']()) console.error('transactions are left out: there is no PostgreSQL.');

const among = (count, what, contestants) => ({
  name: `${what}, ${count} in flight`,
  reach: { 'nestjs-cqrs': 1.15 },
  isCounted: false,
  contestants: () => contestants(count),
});

/** A command that writes a row, or a row and a message, in one transaction, against the same by hand. */
export default has['pg-boss']()
  ? [1, 8].flatMap(count => [among(count, 'a row alone', rowAlone), among(count, 'a row and a message', transactions)])
  : [];
