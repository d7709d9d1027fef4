/** How a store stands to the unit of work of the message. */
export type StorePlace =
  /** Within its transaction: what the store writes is committed with the effect. */
  | 'in-transaction'
  /** Around it: the store needs none, and learns of the end of the handler after the commit. */
  | 'around-transaction';

/** One dispatch of a message that has a key. */
export interface KeyedDispatch {
  /** The message type, or the `name` that the decorator gives. The same key of another name is another key. */
  readonly name: string;
  /** Not empty; at most 500 characters. */
  readonly key: string;
  /** Aborted when the caller gives up or its time is up: then it must not wait any longer. */
  readonly signal: AbortSignal;
  /** As `Transactions.current()` tells it; undefined for a store that is around it. */
  readonly transaction: unknown;
}

/** One dispatch of a message with `@Idempotent`. */
export interface IdempotentDispatch extends KeyedDispatch {
  /** In milliseconds. */
  readonly keep: number;
  /**
   * Writes a result as JSON from which `fromJSON` makes the same, such as dates and classes that the `MessageCatalog` knows.
   * @throws EnvelopeException
   */
  toJSON(result: unknown): unknown;
  /** @throws EnvelopeException */
  fromJSON(json: unknown): unknown;
}

/**
 * Results of `@Idempotent`, for `CqrsModule.forRoot({ policies: { results } })`. Check yours with `resultStoreConformance()`
 * of `nestjs-cqrs/testing`.
 */
export interface ResultStore {
  readonly place: StorePlace;
  /**
   * Answers what is stored for the key; else runs the work, and stores its result unless it fails. Waits while the work of
   * another dispatch with the key runs; in a transaction, until that ends.
   * @param work runs in the asynchronous context of the call
   * @returns rejects as the work does; with the reason of the signal if it is aborted before the work begins
   */
  once(dispatch: IdempotentDispatch, work: () => Promise<unknown>): Promise<unknown>;
}

/**
 * Locks of `@Sequential`, for `CqrsModule.forRoot({ policies: { locks } })`. Check yours with `lockStoreConformance()` of
 * `nestjs-cqrs/testing`.
 */
export interface LockStore {
  readonly place: StorePlace;
  /**
   * Runs the work when that of no other dispatch with the key runs; in a transaction, when that of no other is open.
   * @param work runs in the asynchronous context of the call
   * @returns settles as the work does; rejects with the reason of the signal if it is aborted before the work begins
   */
  run(dispatch: KeyedDispatch, work: () => Promise<unknown>): Promise<unknown>;
}
