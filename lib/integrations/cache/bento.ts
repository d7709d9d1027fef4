/** Said with each call. */
interface Told {
  suppressL2Errors: boolean;
  grace: false;
}

interface Setting extends Told {
  key: string;
  value: unknown;
  ttl: number;
  skipL2Write?: boolean;
  skipBusNotify?: boolean;
}

interface Question extends Told {
  key: string;
  factory: (context: { setOptions(options: { skipBusNotify: boolean }): void }) => string;
  ttl: number;
}

/** What is used of an instance of `BentoCache`, version 1.6. */
export interface AnyBentoCache {
  get(options: Told & { key: string }): Promise<unknown>;
  set(options: Setting): Promise<boolean>;
  delete(options: Told & { key: string }): Promise<boolean>;
  getOrSet(options: Question): Promise<string>;
  clear(options: Told): Promise<void>;
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
