import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Envelope } from 'nestjs-cqrs';
import { write } from './version-1/write.js';
import { Customer, OrderPlaced } from './version-2/order-placed.js';
import { read } from './version-2/read.js';

// What code of version 1 wrote is read by code of version 2, together with what is newer, unknown or forged.
const directory = await mkdtemp(join(tmpdir(), 'nestjs-cqrs-envelopes-'));
const file = join(directory, 'events.jsonl');
try {
  await write(file);
  console.log('Written by version 1:');
  console.log(await readFile(file, 'utf8'));

  const order = new OrderPlaced('o-3', new Customer('Grace', 'Hopper'), 500n, new Date(0), new Map([['clock', 2]]));
  const further = [
    new Envelope(order, { headers: { tenant: 'acme' } }),
    { meta: { name: 'shop.order.placed', version: 3 }, payload: {} },
    { meta: { name: 'shop.order.paced', version: 1 }, payload: {} },
  ].map(envelope => JSON.stringify(envelope));
  further.push('{"meta":{"name":"shop.order.placed","version":2},"payload":{"__proto__":{"admin":true}}}');
  await appendFile(file, `${further.join('\n')}\n`);

  console.log('Read by version 2:');
  for (const line of await read(file)) console.log(line);
} finally {
  await rm(directory, { recursive: true });
}
