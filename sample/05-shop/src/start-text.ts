import type { Service } from './services.js';
import { pgBossMajor } from './storage/boss.js';

/** What a reader is asked to try. */
export function startText(address: string, database: string, services: readonly Service[]): string {
  const running = services.map(({ name, id }) => `${name} (process ${id})`).join(', ');
  const order = (customer: string, cents: number) =>
    `curl -i ${address}/orders -H 'content-type: application/json' -d '{"customer":"${customer}","cents":${cents},"weight":2}'`;
  const fail =
    process.env['FAIL'] === 'after-save'
      ? 'it is rolled back each time, since FAIL=after-save.'
      : 'start with FAIL=after-save to see that nothing leaves on a rollback.';
  return `
Running over ${process.env['NATS_URL'] ? 'NATS' : 'TCP'}: ${running}
Durable messages: pg-boss ${pgBossMajor} in ${database}

Try it in another terminal:

  ${order('ada', 1200)}
  ${order('ada', 12_000)}
  curl ${address}/customers/ada/payments

The first places an order, the second is declined, the third lists the payments. Each request is printed here
as a tree of its messages in all processes, and again when it has grown.

  curl ${address}/customers/ada/mails
  ${order('ghost', 100)}
  curl ${address}/queues
  curl ${address}/metrics

Mails and invoices are durable. A reminder follows after a while. The mail to ghost cannot be sent: it is a dead
letter of the queue mail.send. Kill a process with kill -9: it is started again, and no order is lost.
An order, its event and its reminder are one transaction: ${fail}
Ctrl+C stops them all.
`;
}
