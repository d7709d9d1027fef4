import type { DeadLetter, DeadLetterPage, DeadLetterStore } from '../../extension.js';
import type { Engine } from './engine.js';
import { jobId, type Names } from './names.js';
import type { Settings } from './options.js';
import { failureOf, seconds, unpacked } from './stored-job.js';

interface DeadRow {
  readonly id: string;
  readonly data: unknown;
  readonly output: unknown;
  readonly attempts: number;
  readonly diedAt: number;
}

/** How many ends of pages are remembered. */
const PAGES = 1000;

/** The dead letter is the failed job itself: nothing is moved, so a crash loses nothing. */
export class PgBossDeadLetters implements DeadLetterStore {
  /** Where pages end, by queue and id: what was redriven since has left the dead letters, or died later. */
  private readonly ends = new Map<string, string>();

  constructor(
    private readonly engine: Engine,
    private readonly names: Names,
    private readonly settings: Settings,
    /** Called where a queue has a job again. */
    private readonly wake: (queue: string) => void,
  ) {}

  async list(queue: string, { limit, after }: DeadLetterPage): Promise<readonly DeadLetter[]> {
    const from =
      after === undefined ? [null, null] : [jobId(queue, after), this.ends.get(`${queue}\0${after}`) ?? null];
    const values = [this.names.queue(queue), limit, ...from];
    const rows = await this.engine.run<DeadRow & { readonly position: string }>('listDead', values);
    const letters = rows.map(row => deadLetter(queue, row));
    if (letters.length > 0) this.remember(`${queue}\0${letters.at(-1)!.id}`, rows.at(-1)!.position);
    return letters;
  }

  private remember(end: string, position: string): void {
    this.ends.delete(end);
    this.ends.set(end, position);
    if (this.ends.size > PAGES) this.ends.delete(this.ends.keys().next().value!);
  }

  async get(queue: string, id: string): Promise<DeadLetter | undefined> {
    const [row] = await this.engine.run<DeadRow>('getDead', [this.names.queue(queue), jobId(queue, id)]);
    return row === undefined ? undefined : deadLetter(queue, row);
  }

  async redrive(queue: string, id: string): Promise<boolean> {
    const retention = this.engine.major === 12 ? [seconds(this.settings.keep)] : [];
    const isFound = await this.engine.change('redrive', [this.names.queue(queue), jobId(queue, id), ...retention]);
    if (isFound) this.wake(queue);
    return isFound;
  }

  discard(queue: string, id: string): Promise<boolean> {
    return this.engine.change('discard', [this.names.queue(queue), jobId(queue, id)]);
  }
}

function deadLetter(queue: string, { id: rowId, data: stored, output, attempts, diedAt }: DeadRow): DeadLetter {
  const { id, data } = unpacked({ id: rowId, data: stored });
  return { id, queue, attempts, reason: failureOf(output), diedAt: new Date(diedAt), data };
}
