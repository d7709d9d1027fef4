import { isObservable, type Subscription } from 'rxjs';
import { describeValue } from '../errors/describe-value.js';
import { callSafely } from '../dispatch/failures.js';
import type { SagaCommands } from './saga.js';
import { invalidSaga, type SagaDefinition } from './saga-definition.js';
import type { SagaFeed } from './saga-feed.js';

/** Its methods never throw. */
export interface SagaRunObserver {
  emit(run: SagaRun, command: unknown): void;
  fail(run: SagaRun, error: unknown): void;
  complete(run: SagaRun): void;
}

/** From a saga's call to the end of its result. */
export class SagaRun {
  private source: SagaCommands | undefined;
  private subscription: Subscription | undefined;
  private iterator: AsyncIterator<unknown> | undefined;
  private isClosed = false;

  constructor(
    private readonly saga: SagaDefinition,
    readonly feed: SagaFeed,
    private readonly observer: SagaRunObserver,
  ) {}

  /** @throws what the saga throws; InvalidSagaException for an unfit result */
  call(): void {
    const { invoker } = this.saga;
    const source = invoker.invoke(this.feed.stream);
    if (!isObservable(source) && !isAsyncIterable(source))
      throw invalidSaga(
        invoker.identity,
        `has returned ${describeValue(source)}`,
        'Return an Observable or an async generator of commands, or name the events it is called with: @Saga(UserCreated).',
      );
    this.source = source as SagaCommands;
  }

  /** Never throws. */
  listen(): void {
    const { source, observer } = this;
    if (isAsyncIterable(source) && !isObservable(source)) void this.iterate(source);
    else if (isObservable(source)) {
      const subscription = source.subscribe({
        next: command => observer.emit(this, command),
        error: error => observer.fail(this, error),
        complete: () => observer.complete(this),
      });
      if (this.isClosed) callSafely(() => subscription.unsubscribe(), 'teardown of a saga');
      else this.subscription = subscription;
    }
  }

  close(): void {
    this.isClosed = true;
    callSafely(() => this.feed.close(), 'end of a saga');
    callSafely(() => this.subscription?.unsubscribe(), 'teardown of a saga');
    void this.leave();
  }

  private async iterate(source: AsyncIterable<unknown>): Promise<void> {
    this.feed.expectIteration();
    try {
      const iterator = (this.iterator = source[Symbol.asyncIterator]());
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
        if (this.isClosed) return;
        this.observer.emit(this, next.value);
      }
      this.observer.complete(this);
    } catch (error) {
      this.observer.fail(this, error);
    }
  }

  /** A waiting generator runs its `finally`; its error is ignored. */
  private async leave(): Promise<void> {
    try {
      await this.iterator?.return?.();
    } catch {
      return;
    }
  }
}

export const isAsyncIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof (value as Partial<AsyncIterable<unknown>> | null | undefined)?.[Symbol.asyncIterator] === 'function';
