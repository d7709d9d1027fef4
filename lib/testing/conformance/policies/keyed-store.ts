import type { IdempotentDispatch, StorePlace } from '../../../extension.js';

/** What both kinds of stores have in common. */
export interface KeyedStore {
  readonly place: StorePlace;
  take(dispatch: IdempotentDispatch, work: () => Promise<unknown>): Promise<unknown>;
}

/** An adapter of either. */
export interface KeyedAdapter {
  readonly isShared: boolean;
  readonly patience?: number | undefined;
  store(): Promise<KeyedStore>;
  transaction?<R>(work: (transaction: unknown) => Promise<R>): Promise<R>;
}
