import type { Engine } from './engine.js';
import type { AttemptKey } from './stored-job.js';

/** What was completed in one turn of the event loop. */
interface Batch {
  readonly attempts: AttemptKey[];
  readonly stored: Promise<void>;
}

/** Completes the jobs of one queue. Those that end in one turn of the event loop share a statement. */
export class Completions {
  private batch: Batch | undefined;

  constructor(
    private readonly engine: Engine,
    /** In the engine. */
    private readonly queue: string,
  ) {}

  /** Resolves when it is stored, unless another worker has the job. */
  add(attempt: AttemptKey): Promise<void> {
    this.batch ??= this.newBatch();
    this.batch.attempts.push(attempt);
    return this.batch.stored;
  }

  private newBatch(): Batch {
    const attempts: AttemptKey[] = [];
    const stored = new Promise<void>((resolve, reject) =>
      setImmediate(() => {
        this.batch = undefined;
        this.store(attempts).then(resolve, reject);
      }),
    );
    return { attempts, stored };
  }

  private async store(attempts: readonly AttemptKey[]): Promise<void> {
    const [{ id, retryCount, start }] = attempts as [AttemptKey];
    // perf: a seventh less than the statement for many, which is more to plan.
    if (attempts.length === 1) return void (await this.engine.run('complete', [this.queue, id, retryCount, start]));
    await this.engine.run('completeAll', [
      this.queue,
      array(attempts.map(({ id }) => id)),
      array(attempts.map(({ retryCount }) => retryCount)),
      array(attempts.map(({ start }) => start)),
    ]);
  }
}

const array = (values: readonly (string | number | null)[]): string =>
  `{${values.map(value => value ?? 'NULL').join()}}`;
