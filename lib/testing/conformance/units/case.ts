import assert from 'node:assert/strict';
import type { UnitOfWorkConformanceAdapter } from './adapter.js';
import type { UnitWorld } from './world.js';

/** One promise of units of work, and how it is checked. */
export interface UnitCase {
  readonly name: string;
  /** Why an adapter does not need to keep it; undefined if it does. */
  readonly without?: (adapter: UnitOfWorkConformanceAdapter) => string | undefined;
  readonly run: (world: UnitWorld) => Promise<void>;
}

export const savepoints: UnitCase['without'] = ({ hasSavepoints }) =>
  hasSavepoints ? undefined : 'the adapter has no savepoints';

export const failing: UnitCase['without'] = ({ fail }) =>
  fail === undefined ? 'the adapter has no statement that fails' : undefined;

export const ending: UnitCase['without'] = ({ end }) =>
  end === undefined ? 'the adapter has no statement that ends a transaction' : undefined;

export const storing: UnitCase['without'] = ({ durable }) =>
  durable === undefined ? 'the adapter has no engine' : undefined;

/** A failure that a case makes. */
export class Refused extends Error {}

export const refuse = (): never => {
  throw new Refused('refused');
};

/** Fails unless the promise is rejected with this error, or with one of this code. */
export async function rejects(promise: Promise<unknown>, expected: typeof Refused | string): Promise<void> {
  const isExpected = (error: unknown) =>
    typeof expected === 'string' ? (error as { code?: unknown }).code === expected : error instanceof expected;
  await assert.rejects(promise, error => {
    assert.ok(isExpected(error), `It should fail with ${String(expected)}, and fails with ${String(error)}.`);
    return true;
  });
}
