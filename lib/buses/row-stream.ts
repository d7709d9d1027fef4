import { EventEmitter, on } from 'node:events';
import { isObservable, type Observable } from 'rxjs';
import { NotAStreamException } from '../errors/not-a-stream.exception.js';
import { messageName } from '../messages/inspect-message.js';

type RowIterator = AsyncIterator<unknown> | Iterator<unknown>;

/**
 * Reads the rows of a source that is opened when the first one is asked for, and ended when the reader stops.
 * @param query names the source in errors
 * @param open makes the source; its signal is aborted at the end, however that comes about
 * @param signal of the reader; when aborted, reading throws its reason at once, without waiting for the source
 */
export async function* readRows<T>(
  query: object,
  open: (signal: AbortSignal) => Promise<unknown>,
  signal?: AbortSignal,
): AsyncGenerator<T, void> {
  const end = new AbortController();
  const ending = signal ? AbortSignal.any([signal, end.signal]) : end.signal;
  let source: RowIterator | undefined;
  try {
    source = iteratorOf(await unlessAborted(open(ending), signal), query, ending);
    for (;;) {
      const row = await unlessAborted(source.next(), signal);
      if (row.done) return;
      yield row.value as T;
    }
  } finally {
    end.abort();
    // A source that waits would end only after its next row: whoever aborts does not wait for that.
    const ended = Promise.resolve(source?.return?.());
    if (signal?.aborted) ended.catch(() => undefined);
    else await ended;
  }
}

/** The values of an observable, queued until they are read. */
export async function* valuesOf<T>(stream: Observable<T>, signal?: AbortSignal): AsyncGenerator<T, void> {
  const emitter = new EventEmitter();
  const values = on(emitter, 'value', { close: ['end'], ...(signal && { signal }) });
  const subscription = stream.subscribe({
    next: value => emitter.emit('value', value),
    error: error => emitter.emit('error', error),
    complete: () => emitter.emit('end'),
  });
  try {
    for await (const [value] of values) yield value as T;
  } finally {
    subscription.unsubscribe();
  }
}

function iteratorOf(source: unknown, query: object, signal: AbortSignal): RowIterator {
  if (isObservable(source)) return valuesOf(source, signal);
  const iterable = source as Partial<AsyncIterable<unknown> & Iterable<unknown>> | null | undefined;
  const iterator = iterable?.[Symbol.asyncIterator]?.() ?? iterable?.[Symbol.iterator]?.();
  if (!iterator || typeof source === 'string') throw new NotAStreamException(messageName(query), source);
  return iterator;
}

async function unlessAborted<T>(promise: T | PromiseLike<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  signal.throwIfAborted();
  let abort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort!);
  }
}
