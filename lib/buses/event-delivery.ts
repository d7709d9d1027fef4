import type { HandlerIdentity, MessageContext } from '../context/message-context.js';
import { EventHandlersFailedException } from '../errors/event-handlers-failed.exception.js';
import { messageName, prototypeOf, typeOfPrototype } from '../messages/inspect-message.js';
import type { PublishOptions } from './bus-options.js';
import type { Dispatcher } from './dispatcher.js';
import type { Route } from './route.js';
import { isPromiseLike, type FailureReporter } from './failures.js';

/** The failure of one handler of one event. */
export interface EventHandlerFailure {
  /** Class, or class and method. */
  readonly handler: string;
  /** Class name of the Nest module that provides it. */
  readonly module: string | undefined;
  /** What was thrown, unchanged. */
  readonly error: unknown;
}

/** What became of one published event. */
export interface PublishOutcome {
  /** The event itself. */
  readonly event: object;
  /** Handlers that were handed the event, in order. */
  readonly handled: readonly string[];
  /** Handlers that were not, because an earlier one had failed (`untilFailure`). */
  readonly skipped: readonly string[];
  /** What failed, by handler; empty if nothing did. */
  readonly failures: readonly EventHandlerFailure[];
}

/**
 * One event on its way to its handlers. It is handed to all of them in one go, so that each has it before any
 * has an event that one of them publishes meanwhile; what is request-scoped is resolved beforehand.
 */
export class EventDelivery {
  private first: MessageContext | undefined;
  private readonly contexts: readonly (MessageContext | undefined)[];
  /** Positions of the routes whose handler was handed the event. */
  private readonly handled = new Set<number>();
  private readonly failures: EventHandlerFailure[] = [];
  private readonly running: PromiseLike<void>[] = [];
  /** Routes whose handler could not be resolved. */
  private unprepared: Set<Route> | undefined;

  constructor(
    readonly event: object,
    private readonly routes: readonly Route[],
    private readonly dispatcher: Dispatcher,
    private readonly reporter: FailureReporter,
    private readonly options: PublishOptions = {},
  ) {
    dispatcher.remember(options.asyncContext, event);
    this.contexts = routes.map(({ step, invoker }) =>
      step.usesContext ? this.contextFor(invoker.identity) : undefined,
    );
  }

  /** What is known of this delivery to somebody; the identifiers are the same for all. */
  contextFor(handler: HandlerIdentity): MessageContext {
    if (this.first) return this.first.for(handler);
    const type = typeOfPrototype(prototypeOf(this.event));
    return (this.first = this.dispatcher.describe(this.event, type, handler, this.options));
  }

  /** Whether instances have to be resolved before the event can be handed over. */
  get needsPreparation(): boolean {
    return this.routes.some(({ invoker }) => invoker.prepare !== undefined);
  }

  /** Resolves what is request-scoped; a handler that cannot be resolved has failed. Never rejects. */
  async prepare(): Promise<void> {
    await Promise.all(
      this.routes.map(async (route, i) => {
        try {
          await route.invoker.prepare?.(this.contexts[i]!);
        } catch (error) {
          (this.unprepared ??= new Set()).add(route);
          this.fail(error, i);
        }
      }),
    );
  }

  /** Hands the event to all handlers at once. Never throws. */
  hand(): void {
    this.routes.forEach((route, i) => {
      if (this.unprepared?.has(route)) return;
      const result = this.start(i);
      if (isPromiseLike(result)) this.running.push(this.watch(result, i));
    });
  }

  /** Hands the event to one handler after another, each when the one before has settled. Never rejects. */
  async handInTurn(untilFailure: 'untilFailure' | 'sequential'): Promise<void> {
    for (const i of this.routes.keys()) {
      if (untilFailure === 'untilFailure' && this.failures.length > 0) return;
      const result = this.start(i);
      if (isPromiseLike(result)) await this.watch(result, i);
    }
  }

  /** Resolves when every handler has settled, or rejects, as `onError` says. */
  async outcome(): Promise<PublishOutcome | void> {
    await Promise.all(this.running);
    const { onError } = this.options;
    if (onError === 'collect') return this.summary();
    if (onError === 'throw' && this.failures.length > 0) throw this.failure();
  }

  private start(i: number): unknown {
    const route = this.routes[i]!;
    this.handled.add(i);
    try {
      return this.dispatcher.run(route, this.event, undefined, this.contexts[i]);
    } catch (error) {
      this.fail(error, i);
      return undefined;
    }
  }

  private async watch(result: PromiseLike<unknown>, i: number): Promise<void> {
    const { inFlight } = this.dispatcher;
    inFlight?.begin(this.routes[i]!);
    try {
      await result;
    } catch (error) {
      this.fail(error, i);
    } finally {
      inFlight?.end(this.routes[i]!);
    }
  }

  private fail(error: unknown, i: number): void {
    const route = this.routes[i]!;
    const { name, module } = route.invoker.identity;
    this.failures.push({ handler: name, module, error });
    if (this.options.onError === 'collect') return;
    const context = this.contexts[i] ?? this.contextFor(route.invoker.identity);
    this.reporter.report(error, this.event, { handler: route.invoker.identity, context });
  }

  private summary(): PublishOutcome {
    const names = this.routes.map(({ invoker }) => invoker.identity.name);
    const handled = names.filter((_, i) => this.handled.has(i));
    const skipped = names.filter((_, i) => !this.handled.has(i) && !this.unprepared?.has(this.routes[i]!));
    return { event: this.event, handled, skipped, failures: this.failures };
  }

  private failure(): unknown {
    const [first, second] = this.failures;
    if (!second) return first!.error;
    const errors = this.failures.map(({ error }) => error);
    return new EventHandlersFailedException(
      messageName(this.event),
      errors,
      this.failures.map(({ handler }) => handler),
    );
  }
}
