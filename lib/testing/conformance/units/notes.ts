import type { MessageContext } from '../../../index.js';

/** What ran: `after` the commit, `within` the transaction, a `saga`, a `subscriber`, stored `work`. */
export type Phase = 'after' | 'within' | 'saga' | 'subscriber' | 'stored' | 'work';

/** One run. */
export interface Note {
  readonly phase: Phase;
  readonly key: string;
  /** Rows that another connection saw then. */
  readonly rows: readonly string[];
  readonly isInTransaction: boolean;
  readonly context: MessageContext | undefined;
  /** Of the `AsyncLocalStorage` of the suite. */
  readonly tenant: string | undefined;
}
