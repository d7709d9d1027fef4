import type { QueryCacheConformanceAdapter } from './adapter.js';

/** Why an adapter does not need to keep a promise; undefined if it does. */
export type Need = (adapter: QueryCacheConformanceAdapter) => string | undefined;

export const sharing: Need = ({ isShared }) => (isShared ? undefined : 'one process has the cache to itself');

export const telling: Need = ({ isShared, tellsTouches = isShared }) =>
  tellsTouches ? undefined : 'it does not tell touches';
