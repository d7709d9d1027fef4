import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** Milliseconds between the end of a killed process and the next one. */
const PAUSE = 1_000;

/** A service in a process of its own: the program `main` in a folder of its name. */
export class Service {
  private process: ChildProcess | undefined;
  private isStopping = false;

  constructor(
    readonly name: string,
    private readonly env: NodeJS.ProcessEnv,
    private readonly read: (line: string) => void,
    private readonly folder = new URL('./', import.meta.url),
  ) {}

  get id(): number {
    return this.process!.pid!;
  }

  /**
   * @param more variables
   * @returns its address, where it has one
   */
  async start(more: NodeJS.ProcessEnv = {}): Promise<string | undefined> {
    const program = new URL(`./${this.name}/main${extname(import.meta.url)}`, this.folder);
    // A child whose channel to its parent closes ends by itself, however the parent has ended.
    const child = fork(fileURLToPath(program), {
      env: { ...this.env, ...more },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    this.process = child;
    createInterface({ input: child.stdout! }).on('line', this.read);
    const ended = once(child, 'exit').then(([code, signal]) => {
      throw new Error(`${this.name} has ended with ${signal ?? `code ${code}`}.`);
    });
    const [{ url }] = (await Promise.race([once(child, 'message'), ended])) as [{ url?: string }];
    ended.catch(() => undefined);
    return url;
  }

  /** Starts it again whenever its process is killed. What it had not finished is in the database. */
  async keepAlive(): Promise<void> {
    while (!this.isStopping) {
      const { process: child } = this;
      if (isRunning(child!)) await once(child!, 'exit');
      const signal = child!.signalCode;
      if (signal === null) return;
      await pause(PAUSE);
      if (this.isStopping) return;
      await this.start().then(
        () => console.log(`${this.name} was ended by ${signal}, and runs again (process ${this.id})`),
        (error: Error) => this.isStopping || console.error(error.message),
      );
    }
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    const { process: child } = this;
    if (child === undefined || !isRunning(child)) return;
    const ended = once(child, 'exit');
    if (child.connected) child.disconnect();
    await ended;
  }
}

const isRunning = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode === null && signalCode === null;
