import { fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('remote-server.mjs', import.meta.url));
const host = '127.0.0.1';

/** Whether the bench can have the broker. */
export const hasNats = () => process.env.NATS_URL !== undefined || spawnSync('nats-server', ['--version']).status === 0;

/** Where a server of each engine listens. */
export const places = { tcp: async () => ({ host, port: await freePort() }), nats: natsAddress };

/** A process of its own that answers. */
export async function server(side, engine, address) {
  // The garbage collector of this process is called by name; the server is as a program is.
  const child = fork(program, [side, engine, JSON.stringify(address)], { execArgv: [] });
  process.once('exit', () => child.kill());
  await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`The ${side} server ended with ${code}.`))),
  ]);
}

let nats;

function natsAddress() {
  return (nats ??= process.env.NATS_URL === undefined ? startNats() : { servers: [process.env.NATS_URL] });
}

async function startNats() {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'bench-nats-'));
  const child = spawn('nats-server', ['-a', host, '-p', String(port)], { cwd: folder, stdio: 'ignore' });
  process.once('exit', () => {
    child.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  while (!(await answers(port))) await delay(20);
  return { servers: [`nats://${host}:${port}`] };
}

export async function freePort() {
  const probe = createServer().listen(0, host);
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

const answers = port =>
  new Promise(resolve => {
    const socket = connect(port, host, () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.end());
  });
