import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../free-port.js';
import { binaries } from './binaries.js';

/** Milliseconds that clients are given to end before the server ends their connections. */
const PATIENCE = 10_000;

/** A PostgreSQL server on a free port of this machine, with its data in a temporary folder. */
export class Postgres {
  private readonly programs = binaries();
  private readonly folder = mkdtempSync(join(tmpdir(), 'nestjs-cqrs-shop-'));
  private readonly user = postgresUser();
  private server: ChildProcess | undefined;

  /** @returns its URL */
  async start(): Promise<string> {
    if (this.user !== undefined) chownSync(this.folder, this.user.uid, this.user.gid);
    const args = ['-D', this.folder, '-U', 'postgres', '-A', 'trust', '--no-sync', '--encoding=UTF8', '--locale=C'];
    const { status, stderr } = spawnSync(this.programs.initdb, args, { ...this.options, encoding: 'utf8' });
    if (status !== 0) throw new Error(`initdb failed: ${stderr}`);
    const port = await freePort();
    await this.run(port);
    return `postgres://postgres@127.0.0.1:${port}/postgres`;
  }

  async close(): Promise<void> {
    const { server } = this;
    if (server !== undefined && isRunning(server)) {
      const ended = once(server, 'exit');
      // SIGTERM waits for the clients, SIGINT does not.
      server.kill('SIGTERM');
      const timer = setTimeout(() => server.kill('SIGINT'), PATIENCE);
      await ended;
      clearTimeout(timer);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** For the end of this process. */
  closeNow(): void {
    this.server?.kill('SIGQUIT');
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  private async run(port: string): Promise<void> {
    const args = ['-D', this.folder, '-p', port, '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='];
    // In a process group of its own, which Ctrl+C does not reach: the services still need it to end well.
    const server = spawn(this.programs.postgres, args, {
      ...this.options,
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.server = server;
    const said: string[] = [];
    const ready = new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.once('exit', () => reject(new Error(`PostgreSQL has ended:\n${said.join('\n')}`)));
      createInterface({ input: server.stderr }).on('line', line => {
        said.splice(0, said.length - 20, line);
        if (line.includes('ready to accept connections')) resolve();
      });
    });
    await ready;
  }

  private get options() {
    return { ...this.user, cwd: this.folder, env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' } };
  }
}

const isRunning = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode === null && signalCode === null;

/** PostgreSQL refuses to run as root, the user in many containers. */
function postgresUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = (option: '-u' | '-g') => Number(spawnSync('id', [option, 'nobody'], { encoding: 'utf8' }).stdout);
  return { uid: idOf('-u'), gid: idOf('-g') };
}
