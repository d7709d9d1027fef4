import { writeFile } from 'node:fs/promises';
import { Envelope } from 'nestjs-cqrs';
import { OrderPlaced } from './order-placed.js';

/** Writes what happened to a file, an envelope a line. */
export async function write(file: string): Promise<void> {
  // #region write
  const events = [
    new OrderPlaced('o-1', 'Ada Lovelace', 1999n, new Date('2024-01-02T03:04:05Z'), new Map([['lamp', 1]])),
    new OrderPlaced('o-2', 'Alan Turing', 2n ** 64n, new Date('2024-01-02T03:04:06Z'), new Map([['tape', 9_999]])),
  ];
  const envelopes = events.map(event => new Envelope(event, { headers: { tenant: 'acme' } }));
  await writeFile(file, envelopes.map(envelope => `${JSON.stringify(envelope)}\n`).join(''));
  // #endregion
}
