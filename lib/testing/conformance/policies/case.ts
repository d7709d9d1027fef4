import assert from 'node:assert/strict';
import type { KeyedAdapter } from './keyed-store.js';
import type { KeyedWorld } from './world.js';

/** One promise of a store, and how it is checked. */
export interface KeyedCase {
  readonly name: string;
  /** Why an adapter does not need to keep it; undefined if it does. */
  readonly without?: (adapter: KeyedAdapter) => string | undefined;
  readonly run: (world: KeyedWorld) => Promise<void>;
}

export const transactions: KeyedCase['without'] = ({ transaction }) =>
  transaction === undefined ? 'the adapter has no transactions' : undefined;

export const sharing: KeyedCase['without'] = ({ isShared }) =>
  isShared ? undefined : 'the store is within one process';

/** A failure that a case makes. */
export class Declined extends Error {}

/** Fails unless the promise is rejected with this failure. */
export const rejects = (promise: Promise<unknown>, expected: new (message?: string) => Error): Promise<void> =>
  assert.rejects(promise, error => {
    assert.ok(error instanceof expected, `It should fail with ${expected.name}, and fails with ${String(error)}.`);
    return true;
  });
