import type { MessageContext } from '../context/message-context.js';
import { nameOf } from '../messages/inspect-message.js';
import { NextWatch, type Holder, type LateListener, type NextPromise } from '../pipeline/next-promise.js';
import type { RawRun } from '../pipeline/settled.js';
import { CqrsLogger } from './cqrs-logger.js';
import { callSafely, FailureReporter } from './failures.js';
import type { Pipeline, PipelineForms } from './pipeline.js';

const logger = new CqrsLogger('Cqrs');

/** Then the handler may have no result. */
const MOST_WITHOUT_RESULT = 8;

/**
 * Watches the middleware of a request, at a promise per layer, until the first result, and never once a middleware has
 * dropped a promise of `next()`.
 */
export class WatchedRequest implements LateListener {
  constructor(
    private readonly message: object,
    private readonly pipeline: Pipeline,
    private readonly steps: PipelineForms,
    private readonly reporter: () => FailureReporter = () => new FailureReporter(),
    private readonly context?: MessageContext,
  ) {}

  async send(run: RawRun): Promise<unknown> {
    const watch = new NextWatch(this, 0);
    let result: unknown;
    try {
      result = await watch.returned(run(this.message, this.context, watch));
    } catch (error) {
      // The error tells the caller why no result comes.
      this.end(watch.end(), false);
      throw error;
    }
    this.end(watch.end(), result !== undefined);
    if (result === undefined) void this.lookForResult(watch);
    return result;
  }

  /** Warns if a middleware awaited `next()` and returned nothing. */
  private async lookForResult(watch: NextWatch): Promise<void> {
    const { pipeline } = this;
    if (pipeline.isLosing || pipeline.isDropping) return;
    const loser = await watch.outermostWithResult();
    if (loser === undefined || pipeline.isLosing) return;
    pipeline.isLosing = true;
    this.warn(loser, 'loses the result of the handler: the caller gets undefined. Return what next() gives');
  }

  late(next: NextPromise): void {
    this.end([next], false);
  }

  /** Concurrent dispatches may have changed the pipeline. */
  private end(dropped: readonly NextPromise[], hasResult: boolean): void {
    const { pipeline } = this;
    const [first] = dropped;
    if (first !== undefined && !pipeline.isDropping)
      this.warn(
        first.holder,
        'drops what next() gives: the caller gets neither result nor failure of the handler. Return or await it',
      );
    pipeline.isDropping ||= dropped.length > 0;
    pipeline.withoutResult = hasResult ? MOST_WITHOUT_RESULT : pipeline.withoutResult + 1;
    pipeline.watched = pipeline.isDropping || pipeline.withoutResult < MOST_WITHOUT_RESULT ? this.steps : undefined;
    for (const next of dropped) this.observe(next);
  }

  private observe(next: NextPromise): void {
    const { identity } = this.pipeline.invoker;
    void next.observe(error => {
      if (!next.isUsed) this.reporter().report(error, this.message, identity, () => this.context);
    });
  }

  private warn(holder: Holder | undefined, what: string): void {
    const { kind, type } = this.pipeline;
    const name = holder === undefined || holder.name.startsWith('(') ? 'A middleware' : `The middleware ${holder.name}`;
    callSafely(() => logger.warn(`${name} of the ${kind} "${nameOf(type)}" ${what}.`));
  }
}
