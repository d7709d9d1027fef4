import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';

/** A port of 127.0.0.1 that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Where a broker has its port and its data. */
export interface Place {
  readonly port: number;
  /** For other processes that it needs. */
  readonly otherPorts: readonly [number, number];
  readonly folder: string;
}

/** How a server of one kind is run. */
export interface BrokerKind {
  /** As it is installed, and started where `command` says nothing else. */
  readonly binary: string;
  /** Debian package. */
  readonly package: string;
  /** Environment variable with the URL of a server that is there. */
  readonly variable: string;
  url(port: number): string;
  /** A part of the line that says that it can be connected to. */
  readonly ready: string;
  command(place: Place): { readonly file: string; readonly args: readonly string[]; readonly env?: NodeJS.ProcessEnv };
  /** Another process that it needs, started before it. */
  before?(place: Place): ChildProcess;
}

/** Debian has some servers where not every user looks. */
const PATH = `${process.env['PATH']}:/usr/sbin`;

export const isInstalled = ({ binary }: BrokerKind): boolean =>
  spawnSync('sh', ['-c', `command -v ${binary}`], { env: { PATH } }).status === 0;

/** A server in a process of its own, with a port and a folder of its own. */
export class BrokerProcess {
  readonly host = '127.0.0.1';
  private place: Place | undefined;
  private readonly processes: ChildProcess[] = [];

  constructor(private readonly kind: BrokerKind) {}

  get port(): number {
    if (this.place === undefined) throw new Error(`${this.kind.binary} is not started yet.`);
    return this.place.port;
  }

  get url(): string {
    return this.kind.url(this.port);
  }

  async start(): Promise<void> {
    const { binary, before } = this.kind;
    const folder = mkdtempSync(join(tmpdir(), `nestjs-cqrs-${binary}-`));
    this.place = { port: await freePort(), otherPorts: [await freePort(), await freePort()], folder };
    process.once('exit', this.killAll);
    if (before !== undefined) this.processes.push(before(this.place));
    await this.run(this.place);
  }

  /** Kills the server at once: its connections break, and what it has not written is lost. */
  async kill(): Promise<void> {
    const server = this.processes.pop();
    if (server !== undefined) await killed(server);
  }

  /** Starts the server again after `kill()`, on the same port with the same data. */
  async startAgain(): Promise<void> {
    await this.run(this.place!);
  }

  /** The server stands still, and its connections stay open, until `thaw()`. */
  freeze(): void {
    this.processes.at(-1)!.kill('SIGSTOP');
  }

  thaw(): void {
    this.processes.at(-1)!.kill('SIGCONT');
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.startAgain();
  }

  async stop(): Promise<void> {
    process.removeListener('exit', this.killAll);
    await Promise.all(this.processes.splice(0).map(killed));
    if (this.place !== undefined) rmSync(this.place.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  private async run(place: Place): Promise<void> {
    const { file, args, env } = this.kind.command(place);
    const server = spawn(file, args, { env: { ...process.env, PATH, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.processes.push(server);
    await saying(server, this.kind.ready);
  }

  private readonly killAll = (): void => this.processes.forEach(child => child.kill('SIGKILL'));
}

/** Waits until the process writes a line with the text; throws with all that it wrote if it ends before. */
export async function saying(child: ChildProcess, text: string): Promise<void> {
  const failed = new Promise<never>((_, reject) => child.once('error', reject));
  const output = new PassThrough();
  child.stdout!.pipe(output, { end: false });
  child.stderr!.pipe(output, { end: false });
  child.once('close', () => output.end());
  const said: string[] = [];
  const ready = async () => {
    for await (const line of createInterface({ input: output })) {
      said.push(line);
      if (line.includes(text)) return;
    }
    throw new Error(`${child.spawnfile} does not start:\n${said.join('\n')}`);
  };
  await Promise.race([ready(), failed]);
  output.resume();
}

export async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
