import { AssertionError } from 'node:assert';
import type { RemoteConformanceAdapter } from './adapter.js';
import type { World } from './world.js';

/** One promise of the port, and how it is checked. */
export interface CaseDefinition {
  readonly name: string;
  /** Why an adapter does not need to keep it; undefined if it does. */
  readonly without?: (adapter: RemoteConformanceAdapter) => string | undefined;
  readonly run: (world: World) => Promise<void>;
}

type Need = NonNullable<CaseDefinition['without']>;

export const both =
  (one: Need, other: Need): Need =>
  adapter =>
    one(adapter) ?? other(adapter);

const needs =
  (feature: keyof RemoteConformanceAdapter['features']): Need =>
  ({ features }) =>
    features[feature] ? undefined : `without the feature ${feature}`;

export const addressable = needs('addressable');
export const tellsNobodyListens = needs('tellsNobodyListens');
export const sharesLoad = needs('sharesLoad');
export const rows = both(sharesLoad, both(needs('manyReplies'), addressable));

export const severalServers: Need = ({ severalServers: has = true }) =>
  has ? undefined : 'the adapter runs one server';

/** The failure of a promise; a promise that resolves is one too. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  const result = await promise.then(
    value => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('error' in result) return result.error;
  throw new AssertionError({ message: 'It should have failed.', actual: result.value });
}

/** The error if it is of the class; fails otherwise. */
export function isOf<T extends Error>(type: abstract new (...given: never[]) => T, error: unknown): T {
  if (error instanceof type) return error;
  const found = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  throw new AssertionError({ message: `It should be a ${type.name}, and is ${found}.`, actual: error });
}
