const OTHER = '_OTHER';

/** The code of an error, else its class: few values. Never throws. */
export const errorType = (error: unknown): string => safely(() => typeOf(error)) ?? OTHER;

/** The text of an error. Never throws; empty if it has none. */
export const errorText = (error: unknown): string =>
  safely(() => String(error instanceof Error ? error.message : error)) ?? '';

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
