import { Beside } from '../messages/beside.js';
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

/**
 * What is told of reads from a context and those that it causes, beside the running code: a listener may run in the
 * asynchronous context of another. Written and read here.
 */
const readsOf = new Beside<ReadsOfCaller>();

/** Tells what the function, and all that it starts, reads of a context, and what any code reads of this one. */
export function watchingReads<R>(reads: ReadsOfCaller, context: object, run: () => R): R {
  isWatching = true;
  readsOf.set(context, reads);
  return storage.run(reads, run);
}

/** What is told of reads from a context, besides what the running code tells. */
export function readsFrom(context: object | undefined): ReadsOfCaller | undefined {
  let each = isWatching ? context : undefined;
  while (each !== undefined && !readsOf.has(each)) each = (each as { readonly parent?: object }).parent;
  return each && readsOf.of(each);
}

export const readsHere = (): ReadsOfCaller | undefined => (isWatching ? storage.getStore() : undefined);

/** The headers, or a view of them that tells which are read. */
export function headersToRead(headers: Headers, of: object): Headers {
  const isRead = readsHere() !== undefined || readsFrom(of) !== undefined;
  return isRead ? viewOf(headers, key => tell(of, reads => reads.header(key, of))) : headers;
}

/** @param of the context that it was read from, if that is known */
export const tellScopeRead = (scope: object, of?: object): void => tell(of, reads => reads.scope(scope));

export const tellOriginRead = (of: object): void => tell(of, reads => reads.origin(of));

function tell(of: object | undefined, say: (reads: ReadsOfCaller) => void): void {
  const here = readsHere();
  const from = readsFrom(of);
  if (here !== undefined) say(here);
  if (from !== undefined && from !== here) say(from);
}

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
