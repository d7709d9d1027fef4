import { callConformance, serveConformance, type ConformanceNote, type ConformanceOrder } from 'nestjs-cqrs/testing';
import { clientOf, serverOf, type Address } from './engines.js';

/** The first message of the test to an application; the next follow when that has closed. */
export interface Beginning {
  readonly role: 'server' | 'caller';
  readonly address: Address;
}

const note = (told: ConformanceNote) => void process.send?.(told);

let tell: (order: ConformanceOrder) => void = () => undefined;

async function begin({ role, address }: Beginning): Promise<void> {
  const orders: ConformanceOrder[] = [];
  tell = order => void orders.push(order);
  const application = await (role === 'caller'
    ? callConformance(clientOf(address), note)
    : serveConformance(serverOf(address), note));
  tell = application.tell;
  for (const order of orders) tell(order);
}

process.on('message', (told: Beginning | ConformanceOrder) => ('role' in told ? void begin(told) : tell(told)));
// The test is gone.
process.once('disconnect', () => process.exit());
