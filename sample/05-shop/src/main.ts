import { freePort } from './free-port.js';
import { Service } from './services.js';
import { startText } from './start-text.js';
import { TraceTree } from './tracing/trace-tree.js';

// Starts PostgreSQL, then order, payment and shipping, each in a process of its own; prints the tree of each request.
const tree = new TraceTree(text => console.log(`\n${text}`));
const env: NodeJS.ProcessEnv = { PAYMENT_PORT: await freePort(), SHIPPING_PORT: await freePort(), ...process.env };
const database = new Service('database', env, line => console.error(line));
const services = ['payment', 'shipping', 'order'].map(name => new Service(name, env, line => read(name, line)));
let isStopping = false;

function read(name: string, line: string): void {
  if (!tree.add(name, line)) console.log(`[${name}] ${line}`);
}

async function start(): Promise<void> {
  const url = env['DATABASE_URL'] ?? (await database.start())!;
  env['DATABASE_URL'] = url;
  if (isStopping) return;
  const addresses = await Promise.all(services.map(service => service.start()));
  for (const service of services) void service.keepAlive();
  console.log(
    startText(
      addresses.find(address => address !== undefined)!,
      env['DATABASE_URL'],
      services,
    ),
  );
}

/** Order first, as it needs the others. The database last. */
async function stop(): Promise<void> {
  isStopping = true;
  for (const service of services.toReversed()) await service.stop();
  await database.stop();
}

process.once('SIGINT', () => void stop());
process.once('SIGTERM', () => void stop());
try {
  await start();
} catch (error) {
  // A service may also end because it is told to.
  if (!isStopping) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
  await stop();
}
