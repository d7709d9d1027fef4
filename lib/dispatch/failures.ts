import type { HandlerIdentity } from '../context/said.js';
import type { MessageContext } from '../context/message-context.js';
import { messageName } from '../messages/inspect-message.js';
import type { ICommand, IEvent } from '../messages/message.js';
import { genuine } from '../pipeline/settled.js';
import { CqrsLogger } from './cqrs-logger.js';

/** A failure that no caller catches, as `UnhandledExceptionBus` publishes it. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the default of @nestjs/cqrs; anything can be thrown
export interface UnhandledExceptionInfo<Cause = IEvent | ICommand, Exception = any> {
  /** What was thrown. */
  exception: Exception;
  /** The message whose handling failed; the name of the saga where its stream failed. */
  cause: Cause;
  /** The same as `cause` where that is a message. */
  readonly message?: object | undefined;
  /** Class, or class and method, of what failed. */
  readonly handler?: string | undefined;
  /** Class name of the Nest module that provides it. */
  readonly module?: string | undefined;
  /** What was known of the dispatch. */
  readonly context?: MessageContext | undefined;
  /** Which run of the handler failed: 1, or more where a middleware retried. */
  readonly attempt?: number | undefined;
}

/** Receives failures; what it throws or rejects with is logged. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
export interface IUnhandledExceptionPublisher<CauseBase = IEvent | ICommand, ExceptionBase = any> {
  publish(info: UnhandledExceptionInfo<CauseBase, ExceptionBase>): unknown;
}

/** Who failed, and in which dispatch. */
interface FailureOrigin {
  readonly handler: HandlerIdentity;
  readonly context: MessageContext | undefined;
}

/** What is reported. Only `exception` and `cause` are properties of its own, as users of @nestjs/cqrs compare them. */
export class UnhandledException implements UnhandledExceptionInfo {
  readonly #origin: FailureOrigin;

  constructor(
    readonly exception: unknown,
    readonly cause: object | string,
    origin: FailureOrigin,
  ) {
    this.#origin = origin;
  }

  get message(): object | undefined {
    return typeof this.cause === 'object' ? this.cause : undefined;
  }

  get handler(): string {
    return this.#origin.handler.name;
  }

  get module(): string | undefined {
    return this.#origin.handler.module;
  }

  get context(): MessageContext | undefined {
    return this.#origin.context;
  }

  get attempt(): number {
    return this.#origin.context?.attempt || 1;
  }
}

const logger = new CqrsLogger('Cqrs');

/** Tells failures to the log of Nest and to a listener. Never throws, whatever the listener or logger does. */
export class FailureReporter {
  /** @param listener the exception bus, or undefined where only the log is told */
  constructor(private readonly listener?: { publish(info: UnhandledException): unknown }) {}

  /**
   * @param exception what was thrown
   * @param cause the message that failed, or the name of a saga
   * @param handler who failed
   * @param describe makes the context of the dispatch; a message that cannot be looked at has none
   */
  report(
    exception: unknown,
    cause: object | string,
    handler: HandlerIdentity,
    describe?: () => MessageContext | undefined,
  ): void {
    callSafely(() => logger.error(sentence(exception, cause, handler), stackOf(exception)));
    callSafely(
      () => this.listener?.publish(new UnhandledException(exception, cause, { handler, context: contextBy(describe) })),
      'unhandled exception publisher',
    );
  }
}

const sentence = (exception: unknown, cause: object | string, { name, module }: HandlerIdentity): string => {
  const where = module ? `${String(name)} (${module})` : String(name);
  const on = typeof cause === 'object' ? ` on ${messageName(cause)}` : '';
  return `"${where}" has thrown an unhandled exception${on}: ${textOf(exception)}`;
};

const contextBy = (describe: (() => MessageContext | undefined) | undefined): MessageContext | undefined => {
  try {
    return describe?.();
  } catch {
    return undefined;
  }
};

/** Calls user code, sync or async, whose failure must not reach the caller; it is logged if `name` is given. */
export function callSafely(run: () => unknown, name?: string): void {
  const failed = (error: unknown) => {
    if (name) callSafely(() => logger.error(`The ${name} failed: ${textOf(error)}`, stackOf(error)));
  };
  try {
    const result = run();
    if (isPromiseLike(result)) void genuine(result).then(undefined, failed);
  } catch (error) {
    failed(error);
  }
}

/** Whether something has to be awaited. What throws when it is asked has to be: then its error reaches the caller. */
export const isPromiseLike = (value: unknown): value is PromiseLike<unknown> => {
  try {
    return value instanceof Promise || typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';
  } catch {
    return true;
  }
};

/** What was thrown, as a text; never throws. */
export const textOf = (error: unknown): string => {
  try {
    return String(error instanceof Error ? error.message : error);
  } catch {
    return 'something that cannot be printed';
  }
};

/** The stack of what was thrown, if it has one; never throws. */
export const stackOf = (error: unknown): string | undefined => {
  try {
    const printed: unknown = error instanceof Error ? error.stack : undefined;
    return typeof printed === 'string' ? printed : undefined;
  } catch {
    return undefined;
  }
};

/** Marks a promise as handled. Its failure has been reported, so ignoring it must not raise `unhandledRejection`. */
export const harmless = <T>(promise: Promise<T>): Promise<T> => {
  promise.catch(() => undefined);
  return promise;
};
