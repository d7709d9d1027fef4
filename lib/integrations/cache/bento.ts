/** What is used of an instance of `BentoCache`, version 1.6. */
export interface AnyBentoCache {
  get(options: { key: string; suppressL2Errors: boolean }): Promise<unknown>;
  set(options: { key: string; value: unknown; ttl: number; suppressL2Errors: boolean }): Promise<boolean>;
  delete(options: { key: string; suppressL2Errors: boolean }): Promise<boolean>;
  getOrSet(options: {
    key: string;
    factory: (context: { setOptions(options: { skipBusNotify: boolean }): void }) => string;
    ttl: number;
    suppressL2Errors: boolean;
  }): Promise<string>;
  clear(options: { suppressL2Errors: boolean }): Promise<void>;
  /** Makes the default store, which else the first call makes: before, nothing is heard of other processes. */
  use(): unknown;
  disconnectAll(): Promise<void>;
  on(event: 'bus:message:received', listener: (said: BusMessage) => void): unknown;
  on(event: 'cache:hit', listener: (hit: Hit) => void): unknown;
  off(event: 'bus:message:received', listener: (said: BusMessage) => void): unknown;
  off(event: 'cache:hit', listener: (hit: Hit) => void): unknown;
}

/** Told when something was found. */
export interface Hit {
  readonly key: string;
  readonly store: string;
  /** Where: in the memory of the process, or in the store behind it. */
  readonly layer: 'l1' | 'l2';
}

/** A message of another process. */
export interface BusMessage {
  readonly message: { readonly keys: readonly string[] };
}
