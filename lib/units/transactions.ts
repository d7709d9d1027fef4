import type { InjectionToken } from '@nestjs/common';

/**
 * Transactions of a library, for `CqrsModule.forRoot({ unitOfWork })`. Implemented by adapters; `transactional()` of
 * `nestjs-cqrs/transactional` is one.
 */
export interface Transactions {
  /** The library, as errors name it. */
  readonly name: string;
  /**
   * Called once, at startup.
   * @param get finds a provider of the application, and throws if there is none
   */
  connect?(get: <T>(token: InjectionToken<T>) => T): void;
  /**
   * Runs work in a new transaction. Commits when it resolves, rolls back when it rejects; settles as it does, or rejects
   * if the commit fails.
   */
  run<R>(work: () => Promise<R>): Promise<R>;
  /** Runs work within a savepoint of the current transaction. Left out: `propagation: 'Nested'` is refused. */
  savepoint?<R>(work: () => Promise<R>): Promise<R>;
  /**
   * The transaction of the running code, in a form that the engine of durable messages takes; undefined outside of one. The
   * same at each call in one transaction or savepoint: what is published in another one is refused.
   */
  current(): unknown;
  /**
   * Whether a method of a handler carries a decorator of the library that opens a transaction by itself: a problem at
   * startup, since its events would be handled before the commit.
   */
  isForeign?(method: unknown): boolean;
  /**
   * Called before each commit: rejects if the transaction cannot be committed, since a statement in it has failed, or has
   * ended it. PostgreSQL would roll back, or commit nothing, and not say so. Throws, or returns undefined, where that is
   * known at once.
   */
  verify?(): Promise<unknown> | undefined;
}

/** How a handler with `@Transactional` stands to the unit of work of its caller. */
export type Propagation =
  /** Joins it, or opens one. */
  | 'Required'
  /** Opens one of its own. */
  | 'RequiresNew'
  /** Runs within a savepoint of it, or opens one. */
  | 'Nested';
