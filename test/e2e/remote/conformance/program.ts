import { callConformance, serveConformance, type ConformanceNote, type ConformanceOrder } from 'nestjs-cqrs/testing';
import { clientOf, serverOf, type Address } from './engines.js';

const [, , role, address] = process.argv;
const at = JSON.parse(address!) as Address;
const note = (told: ConformanceNote) => void process.send?.(told);

// Orders may come while it starts.
const orders: ConformanceOrder[] = [];
const keep = (order: ConformanceOrder) => void orders.push(order);
process.on('message', keep);
// The test is gone.
process.once('disconnect', () => process.exit());

const { tell, stopped } =
  role === 'caller' ? await callConformance(clientOf(at), note) : await serveConformance(serverOf(at), note);
process.off('message', keep);
process.on('message', tell);
for (const order of orders) tell(order);

await stopped;
process.disconnect();
