import { AsyncLocalStorage } from 'node:async_hooks';

const storage = new AsyncLocalStorage<object>();

/** What `runWith` was given for the code that runs now; undefined outside of it. */
export const currentStore = (): object | undefined => storage.getStore();

/** Runs a function so that it, and whatever it starts, finds the store with `currentStore`. */
export const runWith = <R>(store: object, run: () => R): R => storage.run(store, run);

/** Runs a function so that it, and whatever it starts, finds no store. */
export const runWithout = <R>(run: () => R): R =>
  storage.getStore() === undefined ? run() : storage.run(undefined as never, run);
