import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve as resolvePath } from 'node:path';
import { pathToFileURL } from 'node:url';

const hook = pathToFileURL(join(import.meta.dirname, '../../faults/compile-hook.mjs')).href;

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

const running = new Set<Child>();

/** A program in a process of its own, which answers questions. */
export class Child {
  private readonly asked = new Map<number, { resolve(result: never): void; reject(error: Error): void }>();
  private last = 0;

  private constructor(private readonly process: ChildProcess) {
    process.on('message', (answer: Answer) => this.settle(answer));
    process.once('exit', (code, signal) => this.leave(`ended with ${signal ?? code}`));
  }

  /** @param program a file, or its name in this folder */
  static async start(program: string, ...args: string[]): Promise<Child> {
    const { NODE_OPTIONS: _, ...env } = process.env;
    const compiling = program.endsWith('.ts') ? ['--import', hook] : [];
    const execArgv = ['--disable-warning=ExperimentalWarning', '--expose-gc', ...compiling];
    const started = fork(resolvePath(import.meta.dirname, program), args, { execArgv, env, stdio: 'inherit' });
    const child = new Child(started);
    running.add(child);
    const ended = once(started, 'exit').then(([code]) => {
      throw new Error(`${program} ended with ${String(code)} before it was ready.`);
    });
    await Promise.race([once(started, 'message'), ended]);
    ended.catch(() => undefined);
    return child;
  }

  get pid(): number {
    return this.process.pid!;
  }

  /** The signal that has ended it; undefined while it runs. */
  get endedBy(): NodeJS.Signals | undefined {
    return this.process.signalCode ?? undefined;
  }

  get isRunning(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  ask<T>(what: string, ...given: unknown[]): Promise<T> {
    const id = ++this.last;
    return new Promise((resolve, reject) => {
      this.asked.set(id, { resolve, reject });
      this.process.send({ id, what, given }, error => error && this.settle({ id, error: error.message }));
    });
  }

  /** @returns once it has ended */
  async kill(): Promise<void> {
    if (!this.isRunning) return;
    const ended = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await ended;
  }

  private settle({ id, result, error }: Answer): void {
    const asked = this.asked.get(id);
    this.asked.delete(id);
    if (error === undefined) asked?.resolve(result as never);
    else asked?.reject(new Error(error));
  }

  private leave(why: string): void {
    running.delete(this);
    for (const { reject } of this.asked.values()) reject(new Error(`The process ${why}.`));
    this.asked.clear();
  }
}

afterAll(async () => {
  await Promise.all(Array.from(running, child => child.kill()));
});
