import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');
const program = join(root, 'sample/05-shop/dist/sample/05-shop/src/main.js');

/** The three processes and the one that starts them; the library is built already. */
export class RunningShop {
  text = '';

  private constructor(private readonly child: ChildProcess) {
    const read = (chunk: Buffer): void => void (this.text += chunk.toString());
    child.stdout!.on('data', read);
    child.stderr!.on('data', read);
  }

  /** By the command of the README, which compiles the sample too. */
  static start(variables: NodeJS.ProcessEnv = {}): Promise<RunningShop> {
    return RunningShop.spawned('npm', ['run', 'start:shop', '--ignore-scripts'], variables);
  }

  /** What an earlier start has compiled. */
  static startCompiled(variables: NodeJS.ProcessEnv = {}): Promise<RunningShop> {
    return RunningShop.spawned(process.execPath, [program], variables);
  }

  private static async spawned(command: string, args: readonly string[], variables: NodeJS.ProcessEnv) {
    const { NODE_OPTIONS: _, NATS_URL: __, ...env } = process.env;
    const child = spawn(command, args, { cwd: root, env: { ...env, PORT: '0', NO_COLOR: '1', ...variables } });
    const shop = new RunningShop(child);
    await shop.says('Ctrl+C stops');
    return shop;
  }

  get address(): string {
    return /curl (http:\/\/127\.0\.0\.1:\d+)/.exec(this.text)![1]!;
  }

  /** The lines that a reader is asked to try. */
  get curlLines(): string[] {
    return [...this.text.matchAll(/^ +(curl .+)$/gm)].map(([, line]) => line!);
  }

  processOf(service: string): number {
    return Number(new RegExp(`${service} \\(process (\\d+)\\)`).exec(this.text)![1]);
  }

  get processes(): number[] {
    return ['order', 'payment', 'shipping'].map(service => this.processOf(service));
  }

  order(body: object, correlationId: string): Promise<Response> {
    return fetch(`${this.address}/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-correlation-id': correlationId },
      body: JSON.stringify(body),
    });
  }

  payments(customer: string): Promise<Response> {
    return fetch(`${this.address}/customers/${customer}/payments`);
  }

  /** Waits until the console shows a text. */
  async says(text: string): Promise<void> {
    while (!this.text.includes(text)) {
      if (this.child.exitCode !== null) throw new Error(`The shop ended with ${this.child.exitCode}:\n${this.text}`);
      await new Promise(resolve => setTimeout(resolve, 10));
    }
  }

  /** @returns the exit code of the command; null where the signal itself ended it */
  stop(signal: NodeJS.Signals): Promise<number | null> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
    const ended = new Promise<number | null>(resolve => child.once('exit', code => resolve(code)));
    child.kill(signal);
    return ended;
  }

  /** Waits until the processes of all services have ended. */
  async ended(): Promise<void> {
    while (this.processes.some(isRunning)) await new Promise(resolve => setTimeout(resolve, 10));
  }
}

function isRunning(id: number): boolean {
  try {
    return process.kill(id, 0);
  } catch {
    return false;
  }
}
