import {
  Command,
  CommandBus,
  type MessageContext,
  Query,
  QueryBus,
  type CqrsMiddleware,
  type DispatchOptions,
  type MessageInstance,
  type MiddlewareFunction,
} from '../../index.js';
import type { MessageType } from '../../extension.js';
import { refuseUnasked } from '../scenario/unasked.js';
import { middlewareChecks, type MiddlewareCheck } from './middleware-checks.js';
import type { Attempts, MiddlewareEffect, MiddlewareRun, RunThrough } from './middleware-run.js';

/** What is given to a middleware in its checks. */
export interface MiddlewareCaseOptions {
  /** Makes a message that it wraps. Default: a command of the kit. */
  readonly message?: () => MessageInstance;
  /** What it does on purpose. Default: nothing; it lets everything pass. */
  readonly effects?: readonly MiddlewareEffect[];
}

/** A middleware between a caller and a handler. */
export interface MiddlewareCase {
  /**
   * Sends a command or a query through the middleware, on a bus of its own. Never rejects: an error is in the run.
   * @param attempts what the handler does; after the last answer, it repeats it. Default: it answers nothing
   */
  readonly run: RunThrough;
  /** What every middleware keeps to, each as a test: `it.each(checks)('$name', ({ run }) => run())`. */
  readonly checks: readonly MiddlewareCheck[];
}

/**
 * Runs a middleware without an application, and checks that it keeps to what callers and handlers rely on.
 * @param middleware an instance, or a function
 * @throws AssertionError if an earlier scenario was not asked for its outcome
 */
export function middlewareCase(
  middleware: CqrsMiddleware | MiddlewareFunction,
  { message, effects = [] }: MiddlewareCaseOptions = {},
): MiddlewareCase {
  refuseUnasked();
  const run: RunThrough = (given, attempts, options) => runThrough(middleware, given, attempts, options);
  const make = message ?? (() => new MiddlewareCommand());
  return { run, checks: middlewareChecks({ run, make, effects }) };
}

/** What the checks send, unless they are given something else. */
class MiddlewareCommand extends Command<unknown> {}

async function runThrough(
  middleware: CqrsMiddleware | MiddlewareFunction,
  message: object,
  attempts: Attempts = [],
  options?: DispatchOptions,
): Promise<MiddlewareRun> {
  const handled: object[] = [];
  const seen: { context?: MessageContext } = {};
  const bus =
    message instanceof Query
      ? new QueryBus({ middleware: [middleware] })
      : new CommandBus({ middleware: [middleware] });
  const handle = (given: object, context: MessageContext): unknown => {
    handled.push(given);
    seen.context = context;
    if (typeof attempts === 'function') return attempts(given, context);
    const answer = attempts[Math.min(handled.length, attempts.length) - 1];
    if (answer instanceof Error) throw answer;
    return answer;
  };
  bus.registry.register(message.constructor as MessageType, handle as never);
  const sent =
    bus instanceof QueryBus
      ? bus.ask(message as MessageInstance, options)
      : bus.execute(message as MessageInstance, options);
  const outcome: { readonly result?: unknown; readonly error?: unknown } = await sent.then(
    (result: unknown) => ({ result }),
    (error: unknown) => ({ error }),
  );
  return { result: outcome.result, error: outcome.error, handled, context: seen.context };
}
