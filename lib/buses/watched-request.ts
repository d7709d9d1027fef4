import type { MessageContext } from '../context/message-context.js';
import { nameOf } from '../messages/inspect-message.js';
import { NextWatch, type LateListener, type NextPromise } from '../pipeline/next-promise.js';
import type { Run } from '../pipeline/settled.js';
import { CqrsLogger } from './cqrs-logger.js';
import { attempt, FailureReporter } from './failures.js';
import type { Route, Steps } from './route.js';

const logger = new CqrsLogger('Cqrs');

/**
 * One dispatch of a command or query whose middleware is watched. To watch every dispatch would cost each layer a promise,
 * so the first of each way is watched, and all of them once a middleware has been seen to drop what `next()` gave.
 */
export class WatchedRequest implements LateListener {
  constructor(
    private readonly message: object,
    private readonly route: Route,
    private readonly steps: Steps,
    private readonly reporter: () => FailureReporter = () => new FailureReporter(),
    private readonly context?: MessageContext,
  ) {}

  /**
   * Sends the message.
   * @param run the way, watched
   * @returns the result of the outermost middleware
   */
  async send(run: Run): Promise<unknown> {
    const watch = new NextWatch(this, 0);
    try {
      return await watch.returned(run(this.message, this.context, watch));
    } finally {
      this.end(watch.end());
    }
  }

  late(next: NextPromise): void {
    this.end([next]);
  }

  /** Others of the same way may be under way: once one has dropped a promise, all that come are watched. */
  private end(dropped: readonly NextPromise[]): void {
    const { route } = this;
    if (dropped.length > 0 && !route.isDropping) this.warn();
    route.isDropping ||= dropped.length > 0;
    route.watched = route.isDropping ? this.steps : undefined;
    for (const next of dropped) this.observe(next);
  }

  private observe(next: NextPromise): void {
    const { identity } = this.route.invoker;
    void next.observe(error => {
      if (!next.isUsed) this.reporter().report(error, this.message, identity, () => this.context);
    });
  }

  private warn(): void {
    const { kind, type } = this.route;
    attempt(() =>
      logger.warn(
        `A middleware of the ${kind} "${nameOf(type)}" drops what next() gives: the caller gets neither result nor failure of the handler. Return or await it.`,
      ),
    );
  }
}
