import { Child } from '../../remote/faults/child.js';
import type { KillPoint } from './self-kill.js';

/** Processes that handle messages, and one that is loaded and waits: programs take seconds to load. */
export class Crew {
  readonly workers: Child[] = [];
  /** Process ids of those that were killed while they worked. */
  readonly killed = new Set<number>();
  private spare: Promise<Child> | undefined;
  private hasSpare = true;
  private readonly args: readonly string[];

  /** @param program compiled; it works when it is asked to */
  constructor(
    private readonly program: string,
    ...args: string[]
  ) {
    this.args = args;
  }

  /** Resolves when so many work. */
  async has(count: number): Promise<void> {
    await Promise.all(this.workers.splice(count).map(worker => worker.kill()));
    const missing = Array.from({ length: count - this.workers.length }, () => this.next());
    this.workers.push(...(await Promise.all(missing)));
    await this.working();
  }

  /** Kills one, and lets another begin; resolves before that works. It may be killed before it does. */
  async replace(index: number): Promise<void> {
    const worker = this.workers[index]!;
    if (!worker.isRunning) throw new Error(`The process ${worker.pid} has ended by itself.`);
    await worker.kill();
    this.killed.add(worker.pid);
    this.workers[index] = await this.next();
    this.workers[index].ask('work').catch(() => undefined);
  }

  /** From now on none is loaded before it is needed. */
  withoutSpare(): void {
    this.hasSpare = false;
  }

  /** Resolves when all work. */
  async working(): Promise<void> {
    await Promise.all(this.workers.map(worker => worker.ask('work')));
  }

  /** Begins to work, and kills itself. */
  async dying(point: KillPoint, id: string): Promise<Child> {
    const worker = await this.next();
    this.killed.add(worker.pid);
    await worker.ask('work', point, id);
    return worker;
  }

  async end(): Promise<void> {
    const spare = await this.spare;
    await Promise.all([...this.workers.splice(0), ...(spare === undefined ? [] : [spare])].map(child => child.kill()));
  }

  private async next(): Promise<Child> {
    const next = this.spare ?? this.load();
    this.spare = undefined;
    const child = await next;
    if (this.hasSpare) this.spare ??= this.load();
    return child;
  }

  private load(): Promise<Child> {
    return Child.start(this.program, ...this.args);
  }
}
