import { Service } from '../../05-shop/src/services.js';
import { startText } from './start-text.js';

// Starts PostgreSQL as the shop does, then the board: one process, or two where REDIS_URL says how they hear of each other.
const env: NodeJS.ProcessEnv = { ...process.env };
const database = new Service('database', env, line => console.error(line));
const port = Number(env['PORT'] ?? 3000);
// 0 is any free port.
const ports = env['REDIS_URL'] ? [port, port && port + 1] : [port];
const here = new URL('./', import.meta.url);
const boards = ports.map(own => new Service('board', { ...env, PORT: String(own) }, line => console.log(line), here));
let isStopping = false;

async function start(): Promise<void> {
  const url = env['DATABASE_URL'] ?? (await database.start())!;
  if (isStopping) return;
  const addresses: string[] = [];
  // One after another: the first makes the table.
  for (const board of boards) addresses.push((await board.start({ DATABASE_URL: url }))!);
  console.log(startText(addresses));
}

async function stop(): Promise<void> {
  isStopping = true;
  for (const board of boards) await board.stop();
  await database.stop();
}

process.once('SIGINT', () => void stop());
process.once('SIGTERM', () => void stop());
try {
  await start();
} catch (error) {
  if (!isStopping) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
  await stop();
}
