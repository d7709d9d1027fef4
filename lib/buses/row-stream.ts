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
  const abort = () => end.abort(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  let source: RowIterator | undefined;
  const opened = async () => (source = iteratorOf(await open(end.signal), query, end.signal));
  const next = async () => {
    const rows = source!;
    try {
      const row = await rows.next();
      if (row.done) source = undefined;
      return row;
    } catch (error) {
      source = undefined;
      throw error;
    }
  };
  try {
    await unlessAborted(opened, signal, late => late.return?.());
    for (;;) {
      const row = await unlessAborted(next, signal);
      if (row.done) return;
      yield row.value as T;
    }
  } finally {
    signal?.removeEventListener('abort', abort);
    end.abort();
    // A source that waits would end only after its next row: whoever aborts does not wait for that.
    const ended = finish(source);
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

const finish = async (source: RowIterator | undefined): Promise<unknown> => source?.return?.();

/**
 * What a function returns, or the reason of a signal as soon as it is aborted; then the function is not called.
 * @param tooLate is given what came after the signal had been aborted
 */
async function unlessAborted<T>(
  run: () => Promise<T>,
  signal: AbortSignal | undefined,
  tooLate?: (result: T) => unknown,
): Promise<T> {
  if (!signal) return run();
  signal.throwIfAborted();
  let abort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
  });
  const result = run();
  try {
    return await Promise.race([result, aborted]);
  } catch (error) {
    result.then(tooLate).catch(() => undefined);
    throw error;
  } finally {
    signal.removeEventListener('abort', abort!);
  }
}
