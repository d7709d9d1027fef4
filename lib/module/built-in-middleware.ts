import { CqrsLogger } from '../dispatch/cqrs-logger.js';
import { OPTION_MIDDLEWARE } from '../dispatch/option-pipeline.js';
import { callSafely } from '../dispatch/failures.js';
import { messageName } from '../messages/inspect-message.js';
import type { MessageKind } from '../messages/message.js';
import type { ReadyMiddleware } from '../pipeline/middleware.js';
import { propagateContext, propagateToRows } from '../pipeline/propagate-context.js';
import { refuseSideEffects } from '../pipeline/refuse-side-effects.js';
import { timeLimit } from '../pipeline/time-limit.js';
import { validation, validationFromOutside } from '../pipeline/validation.js';
import type { BusOptions } from './cqrs.options.js';
import { OPTION_OF_BUS, type CompleteModuleOptions } from './module-options.js';

const logger = new CqrsLogger('Cqrs');

/**
 * Outside the user's; outermost first.
 * @param touches what touches the tags of commands
 */
export function builtInMiddleware(
  kind: MessageKind,
  options: CompleteModuleOptions,
  touches: readonly ReadyMiddleware[],
): ReadyMiddleware[] {
  const { strict, propagateContext: propagates, validation: validates } = options;
  const ofBus: BusOptions = options[OPTION_OF_BUS[kind]];
  const timeout = ofBus.timeout ?? options.timeout;
  return [
    ...(strict && kind !== 'query' ? [refuseSideEffects] : []),
    ...(timeout === undefined ? [] : [timeLimit(timeout, 'the timeout option of CqrsModule.forRoot()')]),
    ...(strict || propagates ? (kind === 'query' ? [propagateToRows, propagateContext] : [propagateContext]) : []),
    ...(validates.on === 'all' ? [validation(validates.with)] : []),
    // The message is valid, and transactions of the application's middleware are inside.
    ...(kind === 'command' ? touches : []),
  ];
}

export function optionMiddleware({ validation: validates }: CompleteModuleOptions): readonly ReadyMiddleware[] {
  // With `all`, validating twice would transform twice.
  return validates.on === 'outside' ? [...OPTION_MIDDLEWARE, validationFromOutside(validates.with)] : OPTION_MIDDLEWARE;
}

/** Warns once per message type; undefined outside strict mode. */
export function droppedResults({
  strict,
}: CompleteModuleOptions): ((message: object, result: unknown) => void) | undefined {
  if (!strict) return undefined;
  const told = new WeakSet<object>();
  return (message, result) => {
    if (result === undefined || result === null || told.has(message.constructor)) return;
    told.add(message.constructor);
    callSafely(() =>
      logger.warn(
        `The handler of the command "${messageName(message)}" returned a result that dispatch() drops. Send it with execute(), or let the handler return nothing.`,
      ),
    );
  };
}
