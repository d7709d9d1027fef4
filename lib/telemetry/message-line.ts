import { inspect } from 'node:util';
import type { MessageContext } from '../context/message-context.js';
import { textOf } from '../dispatch/failures.js';
import { nameOf } from '../messages/inspect-message.js';
import { cut } from './redacted.js';

/** What `logMessages()` logs of one run. Loggers that write JSON get its fields; others print it as one line. */
export class MessageLine {
  readonly kind: string;
  readonly type: string;
  readonly handler: string;
  readonly module: string | undefined;
  /** `slow` ended well, later than the option `slow` says. */
  readonly outcome: 'ok' | 'slow' | 'failed';
  /** In milliseconds, with all that is inside of this middleware. */
  readonly duration: number;
  /** How often the handler ran: 0 where a middleware answered, more than 1 after retries. */
  readonly attempts: number;
  readonly messageId: string;
  readonly correlationId: string;
  readonly causationId: string | undefined;
  readonly error?: { readonly name: string; readonly message: string; readonly code?: string };
  readonly fields?: unknown;

  /** @param failure what was thrown */
  constructor(
    context: MessageContext,
    duration: number,
    {
      isSlow,
      failure,
      fields,
    }: { isSlow: boolean; failure?: { readonly error: unknown } | undefined; fields?: unknown },
  ) {
    this.kind = context.kind;
    this.type = nameOf(context.type);
    this.handler = context.handler.name;
    this.module = context.handler.module;
    this.outcome = failure ? 'failed' : isSlow ? 'slow' : 'ok';
    this.duration = Math.round(duration * 1000) / 1000;
    this.attempts = context.attempt;
    this.messageId = context.messageId;
    this.correlationId = context.correlationId;
    this.causationId = context.causationId;
    if (failure) this.error = described(failure.error);
    if (fields !== undefined) this.fields = fields;
  }

  /** Without line breaks and escapes, which could forge a line: `command CreateUser → CreateUserHandler  12.4 ms  ok  [correlation < cause]` */
  toString(): string {
    const { kind, type, handler, duration, attempts, error, fields, correlationId, causationId } = this;
    const runs = attempts === 1 ? '' : attempts === 0 ? ', the handler did not run' : `, ${attempts} attempts`;
    const outcome = error ? `failed: ${error.name}: ${error.message}` : this.outcome;
    const cause = causationId === undefined ? '' : ` < ${causationId}`;
    const shown = fields === undefined ? [] : [inspect(fields, { breakLength: Infinity, depth: Infinity })];
    return [
      `${kind} ${type} → ${handler}`,
      `${duration.toFixed(1)} ms`,
      `${outcome}${runs}`,
      ...shown,
      `[${correlationId}${cause}]`,
    ]
      .map(part => part.replace(/[\p{Cc}\s]+/gu, ' '))
      .join('  ');
  }

  /** For loggers that print objects as Node does. */
  [inspect.custom](): string {
    return this.toString();
  }
}

/** What is thrown may throw when it is read. */
function described(error: unknown): NonNullable<MessageLine['error']> {
  if (!(error instanceof Error)) return { name: typeof error, message: cut(textOf(error)) };
  try {
    const { name, message, code } = error as Error & { code?: unknown };
    return { name: String(name), message: cut(String(message)), ...(typeof code === 'string' && { code }) };
  } catch {
    return { name: 'Error', message: cut(textOf(error)) };
  }
}
