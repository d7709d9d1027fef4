import type { HandlerIdentity } from '../../index.js';
import type { Recorded } from './recorded.js';
import { placeOfError } from './spot.js';

/** Also of what a bus refuses, such as undefined. */
export const nameOf = (message: object | null | undefined): string => {
  if (message === undefined || message === null) return String(message);
  const type: unknown = message.constructor;
  return typeof type === 'function' && type.name !== '' ? type.name : '(anonymous class)';
};

export const handlerText = ({ name, module }: HandlerIdentity): string => (module ? `${name} (${module})` : name);

/** `command Ship`. */
export const messageText = ({ kind, message }: Pick<Recorded, 'kind' | 'message'>): string =>
  `${kind} ${nameOf(message)}`;

/** `command Ship → Shipping.ship`; an event has several handlers, each a line of its own. */
export function sentText(recorded: Recorded): string {
  const names = new Set(recorded.handlers.map(({ handler }) => handler.name));
  const [name] = names;
  return names.size === 1 ? `${messageText(recorded)} → ${name}` : messageText(recorded);
}

/** `OutOfStock: none left`. Never throws. */
export function errorText(error: unknown): string {
  try {
    return error instanceof Error ? `${error.name}: ${error.message}`.split('\n')[0]! : String(error);
  } catch {
    return 'something that cannot be printed';
  }
}

/** With the place that it comes from. */
export const failureText = (error: unknown): string => {
  const place = placeOfError(error);
  return place === undefined ? errorText(error) : `${errorText(error)} (${place})`;
};

export const milliseconds = (duration: number): string => `${Math.round(duration).toLocaleString('en')} ms`;

export const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);

/** `and 3 more messages`, unless there are none. */
export const andMore = (count: number, word: string): string[] =>
  count <= 0 ? [] : [`and ${count.toLocaleString('en')} more ${word}${count === 1 ? '' : 's'}`];

/** What has sent a message, one line. */
export function causeText({ cause, saga, sentAt }: Recorded, trackedAt?: string): string | undefined {
  const place = sentAt === undefined || saga !== undefined ? '' : ` (${sentAt})`;
  if (cause === undefined) return trackedAt === undefined ? undefined : `tracked at ${trackedAt}`;
  const by = saga === undefined ? '' : `the saga ${saga} for `;
  return `caused by ${by}${sentText(cause)}${place}`;
}

export const indented = (lines: readonly string[], by = '  '): string[] => lines.map(line => by + line);
