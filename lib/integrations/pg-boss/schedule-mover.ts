import { setTimeout as pause } from 'node:timers/promises';
import type { Engine } from './engine.js';
import type { PgBossSchedules } from './schedules.js';

/** Milliseconds between two looks. Schedules run once a minute at most. */
const PAUSE = 1000;

/** Moves jobs of schedules to the queues that this process works. */
export class ScheduleMover {
  private stopping = new AbortController();
  private loop: Promise<void> | undefined;

  constructor(
    private readonly engine: Engine,
    private readonly schedules: PgBossSchedules,
    private readonly queues: ReadonlyMap<string, unknown>,
    private readonly wake: (queue: string) => void,
  ) {}

  start(): void {
    this.loop ??= this.run();
  }

  /** It may be started again. */
  async stop(): Promise<void> {
    const { loop, stopping } = this;
    if (loop === undefined) return;
    stopping.abort();
    await loop;
    if (this.loop !== loop) return;
    this.loop = undefined;
    this.stopping = new AbortController();
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        for (const queue of await this.schedules.move([...this.queues.keys()])) this.wake(queue);
        this.engine.answered(this);
      } catch (error) {
        this.engine.failed(this, error);
      }
      await pause(PAUSE, undefined, { signal }).catch(() => undefined);
    }
    this.engine.answered(this);
  }
}
