import { CqrsException } from '../errors/cqrs.exception.js';

/**
 * Foreign getters, proxies and functions may throw anything, V8 a stack overflow. Only errors of this library come out.
 */
export function typed<T>(run: () => T, wrap: (cause: unknown) => CqrsException): T {
  try {
    return run();
  } catch (error) {
    throw isA(CqrsException, error) ? error : wrap(error);
  }
}

/** `instanceof` throws on a revoked proxy. */
export function isA<T extends Error>(type: abstract new (...args: never[]) => T, thrown: unknown): thrown is T {
  try {
    return thrown instanceof type;
  } catch {
    return false;
  }
}
