import type { DurableConformanceAdapter } from './durable-adapter.js';
import type { DurableWorld } from './durable-world.js';

/** One promise of the port, and how it is checked. */
export interface DurableCase {
  readonly name: string;
  /** Why an adapter does not need to keep it; undefined if it does. */
  readonly without?: (adapter: DurableConformanceAdapter) => string | undefined;
  readonly run: (world: DurableWorld) => Promise<void>;
}

type Need = NonNullable<DurableCase['without']>;

const all =
  (...needs: Need[]): Need =>
  adapter => {
    for (const need of needs) {
      const reason = need(adapter);
      if (reason !== undefined) return reason;
    }
    return undefined;
  };

const feature =
  (name: 'transaction' | 'settleInTransaction' | 'schedules' | 'survivesRestart'): Need =>
  ({ features }) =>
    features[name] ? undefined : `without the feature ${name}`;

const member =
  (name: 'begin' | 'restart' | 'scheduleRun'): Need =>
  adapter =>
    adapter[name] === undefined ? `the adapter has no ${name}` : undefined;

export const transactions = all(feature('transaction'), member('begin'));
export const settling = all(transactions, feature('settleInTransaction'));
export const schedules = feature('schedules');
export const scheduleRuns = all(schedules, member('scheduleRun'));
export const restarts = all(feature('survivesRestart'), member('restart'));
export const scheduleRestarts = all(schedules, restarts);

export const keys: Need = ({ features }) => (features.keys === 'none' ? 'without the feature keys' : undefined);

export const orderedKeys: Need = ({ features }) =>
  features.keys === 'ordered' ? undefined : 'without the feature keys: ordered';
