import { newStorage } from './context-storage.js';
import { isOfLibrary, type Headers } from './header.js';

/** Told what the running code reads of its caller. */
export interface ReadsOfCaller {
  /**
   * @param key undefined: all headers
   * @param of the context or origin that was asked
   */
  header(key: string | symbol | undefined, of: object): void;
  /** Instances of a scope that the dispatch was given. */
  scope(scope: object): void;
  /** Whether the message comes from outside, of this context. */
  origin(of: object): void;
}

const storage = newStorage<ReadsOfCaller>();

/** perf: most processes watch nothing, and then a read asks for no storage. */
let isWatching = false;

/** Tells what the function, and all that it starts, reads of a context. */
export function watchingReads<R>(reads: ReadsOfCaller, run: () => R): R {
  isWatching = true;
  return storage.run(reads, run);
}

export const readsHere = (): ReadsOfCaller | undefined => (isWatching ? storage.getStore() : undefined);

/** The headers, or a view of them that tells which are read. */
export function headersToRead(headers: Headers, of: object): Headers {
  const reads = readsHere();
  return reads === undefined ? headers : viewOf(headers, key => reads.header(key, of));
}

export const tellScopeRead = (scope: object): void => readsHere()?.scope(scope);

export const tellOriginRead = (of: object): void => readsHere()?.origin(of);

function viewOf(headers: Headers, tell: (key: string | symbol | undefined) => void): Headers {
  const tellKey = (key: string | symbol): void => {
    if (!isOfLibrary(key)) tell(key);
  };
  return new Proxy(headers, {
    get: (target, key) => {
      tellKey(key);
      return target[key];
    },
    has: (target, key) => {
      tellKey(key);
      return key in target;
    },
    getOwnPropertyDescriptor: (target, key) => {
      tellKey(key);
      return Object.getOwnPropertyDescriptor(target, key);
    },
    ownKeys: target => {
      tell(undefined);
      return [...Object.getOwnPropertyNames(target), ...Object.getOwnPropertySymbols(target)];
    },
  });
}
