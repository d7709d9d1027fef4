import type { Engine } from './engine.js';

/** A job that has been handled. */
interface Completion {
  readonly id: string;
  /** Attempts before. */
  readonly n: number;
}

/** What was completed in one turn of the event loop. */
interface Batch {
  readonly completions: Completion[];
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
  add(id: string, n: number): Promise<void> {
    this.batch ??= this.newBatch();
    this.batch.completions.push({ id, n });
    return this.batch.stored;
  }

  private newBatch(): Batch {
    const completions: Completion[] = [];
    const stored = new Promise<void>((resolve, reject) =>
      setImmediate(() => {
        this.batch = undefined;
        this.store(completions).then(resolve, reject);
      }),
    );
    return { completions, stored };
  }

  private async store(completions: readonly Completion[]): Promise<void> {
    const [one] = completions;
    if (completions.length > 1) await this.engine.run('completeAll', [this.queue, JSON.stringify(completions)]);
    else await this.engine.run('complete', [this.queue, one!.id, one!.n]);
  }
}
