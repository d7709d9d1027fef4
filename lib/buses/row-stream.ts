import { EventEmitter, on } from 'node:events';
import { isObservable, type Observable } from 'rxjs';
import { captureContext, type AsyncRunner } from '../context/context-storage.js';
import { onAbort } from '../context/on-abort.js';
import { follow } from '../context/signal-chain.js';
import type { OpenedRows } from '../dispatch/opened-rows.js';
import { NotAStreamException } from '../errors/not-a-stream.exception.js';
import { messageName } from '../messages/inspect-message.js';

type RowIterator = AsyncIterator<unknown> | Iterator<unknown>;

/** Ends the source if its reader is collected. */
const abandoned = new FinalizationRegistry<RowSource>(source => source.abandon());

/**
 * The source runs in the asynchronous context of this call.
 * @param open opens the source for the first row; its signal is aborted at the end
 * @param signal when aborted, reading throws its reason without waiting for the source
 */
export function readRows<T>(
  query: object,
  open: (signal: AbortSignal) => Promise<unknown>,
  signal?: AbortSignal,
  probed?: OpenedRows,
): AsyncGenerator<T, void> {
  const context = captureContext();
  const source =
    probed === undefined
      ? new RowSource(query, open, context)
      : new ProbedRowSource(
          query,
          ending => probed.open(() => open(ending)),
          work => context(() => probed.run(work)),
          probed,
        );
  const rows = rowsOf<T>(source, signal);
  const end = rows.return.bind(rows);
  // A generator would pass it on after the row that is awaited; rows of another process can end before.
  rows.return = value => {
    source.leave();
    return end(value);
  };
  abandoned.register(rows, source);
  return rows;
}

async function* rowsOf<T>(source: RowSource, signal: AbortSignal | undefined): AsyncGenerator<T, void> {
  try {
    if (signal !== undefined) source.follow(signal);
    await unlessAborted(
      () => source.open(),
      signal,
      late => late.return?.(),
    );
    for (;;) {
      const row = await unlessAborted(() => source.next(), signal);
      if (row.done) return;
      yield row.value as T;
    }
  } catch (error) {
    source.failed(error);
    throw error;
  } finally {
    // A waiting source ends after its next row: an aborting reader does not wait.
    const ended = source.end();
    if (signal?.aborted) ended.catch(() => undefined);
    else await ended;
  }
}

/** Does not refer to its reader, which may be collected. */
class RowSource {
  private readonly ending = new AbortController();
  private rows: RowIterator | undefined;
  private unfollow: (() => void) | undefined;
  private isAwaited = false;
  private left: Promise<unknown> | undefined;

  constructor(
    private readonly query: object,
    private readonly opened: (signal: AbortSignal) => Promise<unknown>,
    private readonly inContext: AsyncRunner,
  ) {}

  follow(signal: AbortSignal): void {
    this.unfollow = follow(signal, this.ending);
  }

  async open(): Promise<RowIterator> {
    const { signal } = this.ending;
    const source = await this.inContext(() => this.opened(signal));
    return (this.rows = this.inContext(() => iteratorOf(source, this.query, signal)));
  }

  async next(): Promise<IteratorResult<unknown>> {
    const rows = this.rows!;
    this.isAwaited = true;
    try {
      const row = await this.inContext(() => rows.next());
      if (row.done) this.rows = undefined;
      return row;
    } catch (error) {
      this.rows = undefined;
      throw error;
    } finally {
      this.isAwaited = false;
    }
  }

  async end(): Promise<void> {
    this.unfollow?.();
    this.ending.abort();
    const { rows } = this;
    this.rows = undefined;
    await this.left;
    await this.inContext(() => rows?.return?.());
  }

  /** Reading fails. */
  failed(_error: unknown): void {}

  /** The reader ends while it awaits a row. */
  leave(): void {
    const { rows } = this;
    if (!this.isAwaited || rows === undefined) return;
    this.rows = undefined;
    this.left = this.inContext(async () => rows.return?.());
    this.left.catch(() => undefined);
  }

  abandon(): void {
    this.end().catch(() => undefined);
  }
}

/** Tells probes of its end. */
class ProbedRowSource extends RowSource {
  private failure: { readonly error: unknown } | undefined;

  constructor(
    query: object,
    open: (signal: AbortSignal) => Promise<unknown>,
    inContext: AsyncRunner,
    private readonly probed: OpenedRows,
  ) {
    super(query, open, inContext);
  }

  override failed(error: unknown): void {
    this.failure = { error };
  }

  override async end(): Promise<void> {
    try {
      await super.end();
    } catch (error) {
      this.failure ??= { error };
      throw error;
    } finally {
      this.probed.end(this.failure);
    }
  }
}

/** A collected reader leaves no subscription. */
export async function* valuesOf<T>(stream: Observable<T>, signal?: AbortSignal): AsyncGenerator<T, void> {
  const emitter = new EventEmitter();
  const values = on(emitter, 'value', { close: ['end'], ...(signal && { signal }) });
  const subscription = stream.subscribe({
    next: value => emitter.emit('value', value),
    error: error => emitter.emit('error', error),
    complete: () => emitter.emit('end'),
  });
  signal?.addEventListener('abort', () => subscription.unsubscribe(), { once: true });
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

/** @param tooLate gets a result that comes after the abort */
async function unlessAborted<T>(
  run: () => Promise<T>,
  signal: AbortSignal | undefined,
  tooLate?: (result: T) => unknown,
): Promise<T> {
  if (!signal) return run();
  signal.throwIfAborted();
  let unlisten: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    unlisten = onAbort(signal, () => reject(signal.reason as Error));
  });
  const result = run();
  try {
    return await Promise.race([result, aborted]);
  } catch (error) {
    result.then(tooLate).catch(() => undefined);
    throw error;
  } finally {
    unlisten!();
  }
}
