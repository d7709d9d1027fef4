import type { HandlerIdentity } from '../context/handler-identity.js';
import type { MessageContext } from '../context/message-context.js';
import { messageName } from '../messages/inspect-message.js';
import type { ICommand, IEvent } from '../messages/message.js';
import { genuine, isPromiseLike } from '../pipeline/settled.js';
import { CqrsLogger } from './cqrs-logger.js';

/** A failure that no caller catches, as `UnhandledExceptionBus` publishes it. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the default of @nestjs/cqrs; anything can be thrown
export interface UnhandledExceptionInfo<Cause = IEvent | ICommand, Exception = any> {
  exception: Exception;
  /** The failed message, or the name of a saga whose stream failed. */
  cause: Cause;
  /** The `cause`, if it is a message. */
  readonly message?: object | undefined;
  readonly handler?: string | undefined;
  readonly module?: string | undefined;
  readonly context?: MessageContext | undefined;
  /** The run of the handler, more than 1 after retries. */
  readonly attempt?: number | undefined;
}

/** Receives failures; its own failure is logged. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the default of @nestjs/cqrs; anything can be thrown
export interface IUnhandledExceptionPublisher<CauseBase = IEvent | ICommand, ExceptionBase = any> {
  publish(info: UnhandledExceptionInfo<CauseBase, ExceptionBase>): unknown;
}

interface FailureOrigin {
  readonly handler: HandlerIdentity;
  readonly context: MessageContext | undefined;
}

/** No other own properties: users of @nestjs/cqrs compare them. */
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

/** Reports to Nest's log and a listener. Never throws. */
export class FailureReporter {
  constructor(private readonly listener?: { publish(info: UnhandledException): unknown }) {}

  /** @param describe makes the context; may throw */
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

/** Never fails, sync or async; logs failures if `name` is given. */
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

/** Never throws. */
export const textOf = (error: unknown): string => {
  try {
    return String(error instanceof Error ? error.message : error);
  } catch {
    return 'something that cannot be printed';
  }
};

/** Never throws. */
export const stackOf = (error: unknown): string | undefined => {
  try {
    const printed: unknown = error instanceof Error ? error.stack : undefined;
    return typeof printed === 'string' ? printed : undefined;
  } catch {
    return undefined;
  }
};

/** Its failure has been reported: no `unhandledRejection`. */
export const harmless = <T>(promise: Promise<T>): Promise<T> => {
  promise.catch(() => undefined);
  return promise;
};
