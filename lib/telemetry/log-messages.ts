import { Logger, type LoggerService, type LogLevel } from '@nestjs/common';
import type { MessageContext } from '../context/message-context.js';
import { CqrsLogger } from '../dispatch/cqrs-logger.js';
import { callSafely, textOf } from '../dispatch/failures.js';
import { aFunction, assertOptions, having, oneOf, type OptionRule, type RulesFor } from '../options/option-rules.js';
import type { MiddlewareFunction } from '../pipeline/middleware.js';
import { MessageLine } from './message-line.js';
import { redaction } from './redacted.js';

/** Where a line goes; `off` writes none. */
export type MessageLogLevel = Exclude<LogLevel, 'fatal'> | 'off';

/** Options of `logMessages()`. */
export interface LogMessagesOptions {
  /** Of messages that were handled. Default: `debug`. */
  readonly level?: MessageLogLevel;
  /** Of messages that failed. Default: `warn`, since the caller has the error too. */
  readonly failures?: MessageLogLevel;
  /** Messages that take at least so many milliseconds are logged as `warn`, with the outcome `slow`. Default: no limit. */
  readonly slow?: number;
  /** What of the message is logged: names of its fields, or what a function picks. Default: nothing. */
  readonly fields?: readonly string[] | ((message: object, context: MessageContext) => unknown);
  /**
   * Names of fields, at any depth, whose values are replaced by `[redacted]`, beside the known ones (`password`, `token`,
   * `authorization` and the like, also at the end of a name such as `newPassword`). Capital letters, `-` and `_` do not count.
   */
  readonly redact?: readonly string[];
  /** Default: the logger of Nest, with the context `Messages`. */
  readonly logger?: LoggerService;
}

const LEVELS: readonly MessageLogLevel[] = ['verbose', 'debug', 'log', 'warn', 'error', 'off'];

const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every(name => typeof name === 'string' && name !== '');

const texts: OptionRule = { expected: 'a list of names', accepts: isTexts };

const RULES: RulesFor<LogMessagesOptions> = {
  level: oneOf(LEVELS, 'debug'),
  failures: oneOf(LEVELS, 'warn'),
  slow: { expected: 'a number of milliseconds', accepts: value => typeof value === 'number' && value >= 0 },
  fields: {
    expected: 'a list of names, or a function',
    accepts: value => isTexts(value) || aFunction.accepts(value),
  },
  redact: texts,
  logger: having('log', 'warn', 'error'),
};

/**
 * A middleware that logs one line for each message that is handled, or sent to another process. An event with several handlers
 * has a line for each, an event without handlers none. Of a stream query, the time until its rows begin.
 *
 * Nothing of the message is logged unless `fields` says what. A logger or a function of yours that throws does not harm
 * the message.
 *
 * Put it first in `forRoot({ middleware: [logMessages()] })`: what stands before it is not measured.
 * @throws CqrsException (code CQRS_INVALID_OPTIONS)
 */
export function logMessages(options: LogMessagesOptions = {}): MiddlewareFunction {
  assertOptions(options, RULES, 'logMessages()');
  const { level = 'debug', failures = 'warn', slow = Infinity, logger } = options;
  const log = logger ?? new CqrsLogger('Messages');
  const shown = shownFields(options);

  const write = (message: object, context: MessageContext, duration: number, failure?: { error: unknown }): void => {
    const isSlow = duration >= slow;
    const chosen = failure ? failures : isSlow ? 'warn' : level;
    if (chosen === 'off' || (logger === undefined && !isShown(chosen))) return;
    callSafely(() => {
      const line = new MessageLine(context, duration, { isSlow, failure, fields: shown(message, context) });
      return log[log[chosen] === undefined ? 'log' : chosen]!(line);
    }, 'logger of logMessages()');
  };

  const logging: MiddlewareFunction = async (message, next, context) => {
    const start = performance.now();
    try {
      const result: unknown = await next(message);
      write(message, context, performance.now() - start);
      return result as object;
    } catch (error) {
      write(message, context, performance.now() - start, { error });
      throw error;
    }
  };
  return Object.defineProperty(logging, 'name', { value: 'logMessages' });
}

/** Nest 11 says of every level, even the highest, that it is not enabled, where no levels were chosen: then all are shown. */
const isShown = (level: LogLevel): boolean => Logger.isLevelEnabled(level) || !Logger.isLevelEnabled('fatal');

type Shown = (message: object, context: MessageContext) => unknown;

function shownFields({ fields, redact }: LogMessagesOptions): Shown {
  if (fields === undefined) return () => undefined;
  const redacted = redaction(redact);
  const pick: Shown = typeof fields === 'function' ? fields : message => named(message, fields);
  return (message, context) => {
    try {
      return redacted(pick(message, context));
    } catch (error) {
      return `[fields cannot be read: ${textOf(error)}]`;
    }
  };
}

/** Undefined if the message has none of them. */
function named(message: object, names: readonly string[]): object | undefined {
  const own = names.filter(name => name in message);
  if (own.length === 0) return undefined;
  return Object.fromEntries(own.map(name => [name, (message as Record<string, unknown>)[name]]));
}
