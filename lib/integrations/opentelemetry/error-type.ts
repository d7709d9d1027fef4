import type { Exception } from '@opentelemetry/api';

const OTHER = '_OTHER';

/** The code of an error, else its class: few values. Never throws. */
export const errorType = (error: unknown): string => safely(() => cut(typeOf(error), LONGEST.type)) ?? OTHER;

/** A span is kept in memory until it is exported, and backends refuse large ones. */
const LONGEST = { type: 200, text: 1_000, stack: 10_000 };

/** The text of an error, cut. Never throws; empty if it has none. */
export const errorText = (error: unknown): string =>
  cut(safely(() => String(error instanceof Error ? error.message : error)) ?? '', LONGEST.text);

/** What a span records of an error: its stack has the message again. */
export function exceptionOf(error: Error): Exception {
  const { code, name, message, stack } = error as Error & { readonly code?: string | number };
  const text = cut(message, LONGEST.text);
  const frames = stack?.replace(message, () => text);
  const short = typeof code === 'string' ? cut(code, LONGEST.type) : code;
  return { code: short, name, message: text, stack: frames && cut(frames, LONGEST.stack) } as Exception;
}

const cut = (text: string, longest: number): string =>
  text.length <= longest ? text : `${text.slice(0, longest)}… (${text.length} letters)`;

/** Getters of what is thrown, and its `toString`, may throw. */
export function safely<R>(read: () => R): R | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function typeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return OTHER;
  const { code, name } = error as { readonly code?: unknown; readonly name?: unknown };
  if (typeof code === 'string' && code !== '') return code;
  const type = (error.constructor as { readonly name?: unknown } | undefined)?.name ?? name;
  return typeof type === 'string' && type !== '' ? type : OTHER;
}
