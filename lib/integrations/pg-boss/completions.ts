import type { Engine } from './engine.js';

/** What was completed in one turn of the event loop. */
interface Batch {
  /** Ids by the number of attempts before. */
  readonly ids: Map<number, string[]>;
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
  add(id: string, attemptsBefore: number): Promise<void> {
    this.batch ??= this.newBatch();
    const { ids, stored } = this.batch;
    const same = ids.get(attemptsBefore);
    if (same === undefined) ids.set(attemptsBefore, [id]);
    else same.push(id);
    return stored;
  }

  private newBatch(): Batch {
    const ids: Batch['ids'] = new Map();
    const stored = new Promise<void>((resolve, reject) =>
      setImmediate(() => {
        this.batch = undefined;
        this.store(ids).then(resolve, reject);
      }),
    );
    return { ids, stored };
  }

  private async store(ids: Batch['ids']): Promise<void> {
    await Promise.all(
      [...ids].map(([attemptsBefore, same]) =>
        this.engine.run('completeAll', [this.queue, `{${same.join()}}`, attemptsBefore]),
      ),
    );
  }
}
