import { CqrsException } from '../errors/cqrs.exception.js';

/**
 * Runs what handles values of others. Getters, proxies and functions of theirs may throw anything, and so may V8 where
 * the stack ends: what comes out is an error of this library.
 * @param run errors of this library that it throws come out unchanged
 * @param wrap makes the error, with what was thrown as its cause
 */
export function typed<T>(run: () => T, wrap: (cause: unknown) => CqrsException): T {
  try {
    return run();
  } catch (error) {
    throw isA(CqrsException, error) ? error : wrap(error);
  }
}

/** Whether something that was thrown is an error of a class. It may be a revoked proxy, on which `instanceof` throws. */
export function isA<T extends Error>(type: abstract new (...args: never[]) => T, thrown: unknown): thrown is T {
  try {
    return thrown instanceof type;
  } catch {
    return false;
  }
}
