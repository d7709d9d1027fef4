import { freePort, Service } from './services.js';
import { TraceTree } from './tracing/trace-tree.js';

// Starts order, payment and shipping, each in a process of its own, and prints the tree of each request.
const env = { PAYMENT_PORT: await freePort(), SHIPPING_PORT: await freePort(), ...process.env };
const tree = new TraceTree();
const services = ['payment', 'shipping', 'order'].map(name => new Service(name, env, line => read(name, line)));

/** The message without a cause ends last; lines of other processes may still be on their way. */
function read(name: string, line: string): void {
  const span = tree.add(name, line);
  if (span === undefined) return console.log(`[${name}] ${line}`);
  if (span.causationId === undefined) setTimeout(() => console.log(`\n${tree.take(span.correlationId)}`), 100);
}

/** Order first, as it needs the others. */
async function stop(): Promise<void> {
  for (const service of services.toReversed()) await service.stop();
}

process.once('SIGINT', () => void stop());
process.once('SIGTERM', () => void stop());
try {
  const addresses = await Promise.all(services.map(service => service.ready()));
  console.log(startText(addresses.find(address => address !== undefined)!));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
  await stop();
}

function startText(address: string): string {
  const running = services.map(({ name, id }) => `${name} (process ${id})`).join(', ');
  const order = (cents: number) =>
    `curl -i ${address}/orders -H 'content-type: application/json' -d '{"customer":"ada","cents":${cents},"weight":2}'`;
  return `
Running over ${process.env['NATS_URL'] ? 'NATS' : 'TCP'}: ${running}

Try it in another terminal:

  ${order(1200)}
  ${order(12_000)}
  curl ${address}/customers/ada/payments

The first places an order, the second is declined, the third lists the payments. Each request is printed here
as a tree of its messages in all processes. Ctrl+C stops them.
`;
}
