import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const isInstalled = !spawnSync('redis-server', ['--version']).error;
const isRequired = process.env['CQRS_REQUIRE_SERVICES'] === '1';

/** Where the tests of a suite reach their Redis. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

/** A redis-server of one suite, in memory. */
class RedisServer implements RedisAddress {
  readonly host = '127.0.0.1';
  port = 0;
  private readonly folder = mkdtempSync(join(tmpdir(), 'nestjs-cqrs-redis-'));
  private process: ChildProcess | undefined;

  async start(): Promise<void> {
    this.port = await freePort();
    const listening = ['--bind', this.host, '--port', String(this.port)];
    const redis = spawn('redis-server', [...listening, '--dir', this.folder, '--save', '', '--appendonly', 'no'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.process = redis;
    process.once('exit', this.kill);
    const said: string[] = [];
    for await (const line of createInterface({ input: redis.stdout })) {
      said.push(line);
      if (line.includes('Ready to accept connections')) break;
    }
    redis.stdout.resume();
    if (redis.exitCode !== null) throw new Error(`redis-server does not start:\n${said.join('\n')}`);
  }

  async stop(): Promise<void> {
    process.removeListener('exit', this.kill);
    if (this.process?.exitCode === null) {
      const ended = once(this.process, 'exit');
      this.kill();
      await ended;
    }
    rmSync(this.folder, { recursive: true });
  }

  private readonly kill = (): void => void this.process?.kill();
}

/**
 * `describe` with a redis-server of its own. Where redis-server is not installed the suite is skipped, and says so; with
 * `CQRS_REQUIRE_SERVICES=1` that is an error.
 */
export function describeWithRedis(title: string, tests: (redis: RedisAddress) => void): void {
  if (!isInstalled && isRequired)
    throw new Error(`${title}: redis-server is not installed (apt-get install redis-server).`);
  if (!isInstalled) {
    describe.skip(`${title} (skipped: redis-server is not installed; apt-get install redis-server)`, () =>
      tests({ host: '', port: 0 }));
    return;
  }
  describe(title, () => {
    const redis = new RedisServer();
    beforeAll(() => redis.start(), 60_000);
    afterAll(() => redis.stop());
    tests(redis);
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
