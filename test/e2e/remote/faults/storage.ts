import { AsyncLocalStorage } from 'node:async_hooks';

/** What callers of these tests hold, and handlers must not see. */
export const storage = new AsyncLocalStorage<string>();

/** What handlers have seen of it. */
export const seen: unknown[] = [];
