import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { freePort } from '../../../test/support/broker-process.js';
import type { QueuesOfService } from '../src/contracts/queues.js';

const root = join(import.meta.dirname, '../../..');
const program = join(root, 'sample/05-shop/dist/sample/05-shop/src/main.js');

/** The three processes, their database, and the process that starts them; the library is built already. */
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
    const { NODE_OPTIONS: _, NATS_URL: __, DATABASE_URL: ___, ...env } = process.env;
    // Not 0: the process that takes the place of a killed one has the same address.
    const PORT = String(await freePort());
    const child = spawn(command, args, { cwd: root, env: { ...env, PORT, NO_COLOR: '1', ...variables } });
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

  /** The one that runs now. */
  processOf(service: string): number {
    const said = this.text.matchAll(new RegExp(`${service} (?:[^(\\n]*runs again )?\\(process (\\d+)\\)`, 'g'));
    return Number([...said].at(-1)![1]);
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

  async queues(): Promise<Record<string, QueuesOfService>> {
    return (await (await fetch(`${this.address}/queues`)).json()) as Record<string, QueuesOfService>;
  }

  /** What Prometheus scrapes: values by metric, operation and message. */
  async metrics(): Promise<Record<string, number>> {
    const text = await (await fetch(`${this.address}/metrics`)).text();
    const lines = text.matchAll(/^(\w+)\{.*operation_name="(\w+)",messaging_destination_name="([\w.]+)".*\} (\S+)$/gm);
    const values = Array.from(lines, ([, metric, operation, message, value]) => [
      `${metric} ${operation} ${message}`,
      Number(value),
    ]);
    return Object.fromEntries(values) as Record<string, number>;
  }

  /** Waits until nothing is stored that a handler has not seen. */
  async idle(): Promise<void> {
    // Twice: a message may go from one service to another while their queues are read.
    for (let times = 0; times < 2; await pause(200)) times = (await this.isIdle()) ? times + 1 : 0;
  }

  private async isIdle(): Promise<boolean> {
    const services = Object.values(await this.queues());
    return services.every(({ queues }) =>
      queues?.every(({ ready, delayed, active }) => ready + delayed + active === 0),
    );
  }

  async sql<Row>(text: string): Promise<Row[]> {
    const client = new Client(this.database);
    await client.connect();
    try {
      return (await client.query(text)).rows as Row[];
    } finally {
      await client.end();
    }
  }

  /** How many rows the tables of all services have. */
  async rows(): Promise<Record<string, number>> {
    const count = async (table: string) => (await this.sql(`select 1 from shop_${table}`)).length;
    const tables = ['orders', 'mails', 'invoices', 'couriers'];
    return Object.fromEntries(await Promise.all(tables.map(async table => [table, await count(table)] as const)));
  }

  private get database(): string {
    return / in (postgres:\S+)/.exec(this.text)![1]!;
  }

  /** Kills the process of a service, and waits for the next one. */
  async killed(service: string): Promise<void> {
    const before = this.processOf(service);
    process.kill(before, 'SIGKILL');
    while (this.processOf(service) === before) await this.soon();
  }

  /** Waits until the console shows a text. */
  async says(text: string): Promise<void> {
    while (!this.text.includes(text)) await this.soon();
  }

  private async soon(): Promise<void> {
    if (this.child.exitCode !== null) throw new Error(`The shop ended with ${this.child.exitCode}:\n${this.text}`);
    await pause(10);
  }

  /** @returns the exit code of the command; null where the signal itself ended it */
  stop(signal: NodeJS.Signals): Promise<number | null> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
    const ended = new Promise<number | null>(resolve => child.once('exit', code => resolve(code)));
    child.kill(signal);
    return ended;
  }

  /** Waits until the processes of all services, and the database, have ended. */
  async ended(): Promise<void> {
    while (this.processes.some(isRunning)) await pause(10);
    while (await this.hasDatabase()) await pause(100);
  }

  private hasDatabase(): Promise<boolean> {
    return this.sql('select 1').then(
      () => true,
      (error: { code?: string }) => error.code !== 'ECONNREFUSED',
    );
  }
}

function isRunning(id: number): boolean {
  try {
    return process.kill(id, 0);
  } catch {
    return false;
  }
}
