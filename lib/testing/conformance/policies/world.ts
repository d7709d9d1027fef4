import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { within } from '../journal.js';
import { until } from '../until.js';
import type { KeyedAdapter, KeyedStore } from './keyed-store.js';
import { written } from './written.js';

/** One dispatch of a case. */
export interface Dispatching {
  readonly key?: string;
  readonly name?: string;
  readonly signal?: AbortSignal;
  readonly keep?: number;
  /** In another process, if there are several. */
  readonly isElsewhere?: boolean;
  /** What happens in the transaction after the work, if there is one. */
  readonly beforeEnd?: () => Promise<unknown>;
  /** Told what the store says, which may be long before a connection that waits is free. */
  readonly onTaken?: (taken: Promise<unknown>) => void;
}

const AN_HOUR = 3_600_000;

/** The stores of one case. */
export class KeyedWorld {
  readonly tenants = new AsyncLocalStorage<string>();
  readonly patience: number;
  private readonly name = `conformance ${randomUUID()}`;

  private constructor(
    readonly adapter: KeyedAdapter,
    readonly store: KeyedStore,
    private readonly elsewhere: KeyedStore,
  ) {
    this.patience = adapter.patience ?? 10_000;
  }

  static async start(adapter: KeyedAdapter): Promise<KeyedWorld> {
    const store = await adapter.store();
    return new KeyedWorld(adapter, store, adapter.isShared ? await adapter.store() : store);
  }

  /** Handles a message whose handler does the work, in a transaction if the store is in one. Safe to drop. */
  dispatch(work: () => unknown, dispatching: Dispatching = {}): Promise<unknown> {
    const { key = 'key', name = 'type', keep = AN_HOUR, signal = new AbortController().signal } = dispatching;
    const { take, place } = dispatching.isElsewhere === true ? this.elsewhere : this.store;
    const handle = async (transaction?: unknown) => {
      const dispatch = { name: `${this.name} ${name}`, key, keep, signal, transaction, ...written };
      const taken = take(dispatch, async () => work());
      dispatching.onTaken?.(taken);
      const result = await taken;
      await dispatching.beforeEnd?.();
      return result;
    };
    const handled = place === 'in-transaction' ? this.adapter.transaction!(handle) : handle();
    handled.catch(() => undefined);
    return handled;
  }

  /** Fails if it does not settle. */
  inTime<T>(promise: Promise<T>, what: string): Promise<T> {
    return within(promise, this.patience, what);
  }

  until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
    return until(holds, this.patience, what);
  }

  /** Long enough for what must not happen. */
  async pause(): Promise<void> {
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

/** Work that goes on until it is told. */
export class Gate {
  /** Resolves when the work has begun. */
  readonly begun: Promise<void>;
  private begin!: () => void;
  private readonly opened: Promise<void>;
  private end!: (failure?: Error) => void;

  constructor() {
    this.begun = new Promise(resolve => (this.begin = resolve));
    this.opened = new Promise((resolve, reject) => {
      this.end = failure => (failure === undefined ? resolve() : reject(failure));
    });
    this.opened.catch(() => undefined);
  }

  readonly pass = async (): Promise<string> => {
    this.begin();
    await this.opened;
    return 'passed';
  };

  readonly open = (): void => this.end();

  fail(failure: Error): void {
    this.end(failure);
  }
}
