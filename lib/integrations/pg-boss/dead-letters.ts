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

/** The dead letter is the failed job itself: nothing is moved, so a crash loses nothing. */
export class PgBossDeadLetters implements DeadLetterStore {
  constructor(
    private readonly engine: Engine,
    private readonly names: Names,
    private readonly settings: Settings,
    /** Called where a queue has a job again. */
    private readonly wake: (queue: string) => void,
  ) {}

  async list(queue: string, { limit, after }: DeadLetterPage): Promise<readonly DeadLetter[]> {
    const from = after === undefined ? null : jobId(queue, after);
    const rows = await this.engine.run<DeadRow>('listDead', [this.names.queue(queue), limit, from]);
    return rows.map(row => deadLetter(queue, row));
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
