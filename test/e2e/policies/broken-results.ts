import { AsyncResource } from 'node:async_hooks';
import { MemoryResults } from 'nestjs-cqrs';
import type { IdempotentDispatch, ResultStore } from 'nestjs-cqrs/extension';
import type { ResultStoreConformanceAdapter } from 'nestjs-cqrs/testing';
import { idOf, sharedResults } from './shared-stores.js';

type Once = ResultStore['once'];
/** Of all stores of a case, per key. */
type Ends = Map<string, Promise<unknown>>;
type Breakage = () => ResultStoreConformanceAdapter;

/** Replaces `once()` of each store. */
const once =
  (change: (once: Once, adapter: ResultStoreConformanceAdapter, ends: Ends) => Once): Breakage =>
  () => {
    const adapter = sharedResults();
    const ends: Ends = new Map();
    const store = async () => {
      const results = await adapter.store();
      return { place: results.place, once: change(results.once.bind(results), adapter, ends) };
    };
    return { ...adapter, store };
  };

/** Changes what the store is told. */
const dispatches = (change: (dispatch: IdempotentDispatch) => Partial<IdempotentDispatch>): Breakage =>
  once(real => (dispatch, work) => real({ ...dispatch, ...change(dispatch) }, work));

const memory = (): ResultStoreConformanceAdapter => ({
  name: 'memory',
  isShared: false,
  store: () => new MemoryResults(),
});

const deaf = (): Pick<IdempotentDispatch, 'signal'> => ({ signal: new AbortController().signal });

const outside = new AsyncResource('outside');

/** How a store of results is broken, and the case that tells. */
export const BROKEN_RESULTS: readonly (readonly [how: string, breakage: Breakage, told: RegExp])[] = [
  ['it is in no transaction', () => ({ ...memory(), transaction: work => work({}) }), /^it says how it stands/],
  ['failures get another form', once(wrapped), /^a failure of the work/],
  ['names are ignored', dispatches(() => ({ name: 'one' })), /^other keys do not wait/],
  ['name and key are one text', dispatches(({ name, key }) => ({ name: '', key: `${name} ${key}` })), /^other keys/],
  ['keys lose their case', dispatches(({ key }) => ({ key: key.toLowerCase() })), /^other keys do not wait/],
  ['keys are cut', dispatches(({ key }) => ({ key: key.slice(0, 499) })), /^other keys do not wait/],
  ['keys lose spaces at their ends', dispatches(({ key }) => ({ key: key.trim() })), /^other keys do not wait/],
  ['keys lose quotes', dispatches(({ key }) => ({ key: key.replaceAll(/["']/g, '') })), /^other keys do not wait/],
  ['keys are normalized', dispatches(({ key }) => ({ key: key.normalize() })), /^other keys do not wait/],
  ['the second does not wait', once(withoutWaiting), /^after a failure, one that has waited/],
  ['a failure is that of all who wait', once(sharesFailure), /^after a failure, one that has waited/],
  ['the lock ends with the work', once(inTransactionOfItsOwn), /^one that waits is told of the end/],
  ['a caller that has left is served', dispatches(deaf), /^a dispatch whose caller has left/],
  [
    'a caller that leaves is not heard',
    dispatches(({ signal }) => (signal.aborted ? {} : deaf())),
    /^a caller that leaves while/,
  ],
  [
    'work runs in another asynchronous context',
    once(real => (dispatch, work) => real(dispatch, () => outside.runInAsyncScope(work))),
    /^the work runs in the asynchronous/,
  ],
  ['nothing is kept', once(() => (_dispatch, work) => work()), /^a repeated dispatch gets/],
  ['each process keeps its own', () => ({ ...memory(), isShared: true }), /^a repeated dispatch gets/],
  ['results stay as they were written', dispatches(() => ({ fromJSON: json => json })), /^results come back/],
  ['undefined becomes null', dispatches(({ fromJSON }) => ({ fromJSON: json => fromJSON(json) ?? null })), /^results/],
  ['empty text is no result', once(forgets('')), /^results come back/],
  ['a word is no result', once(forgets('text')), /^results come back/],
  ['zero is no result', once(forgets(0)), /^results come back/],
  ['null is no result', once(forgets(null)), /^results come back/],
  ['undefined is no result', once(forgets(undefined)), /^results come back/],
  ['false is no result', once(forgets(false)), /^results come back/],
  ['zeros of text are lost', written(text => text.replaceAll('\\u0000', '')), /^results come back/],
  ['halves of characters are replaced', written(text => text.replaceAll('\\ud800', '?')), /^results come back/],
  ['text loses what is not ASCII', written(text => text.replaceAll(/[^ -~]/g, '?')), /^results come back/],
  [
    'numbers of any size are numbers',
    revived(value => (typeof value === 'bigint' ? Number(value) : value)),
    /^results/,
  ],
  ['times stay text', revived(value => (value instanceof Date ? value.toISOString() : value)), /^results come back/],
  [
    'lists hold null for nothing',
    revived(value => (Array.isArray(value) ? value.map(of => of ?? null) : value)),
    /^results/,
  ],
  [
    'lists within lists are flat',
    revived(value => (Array.isArray(value) ? value.flat() : value)),
    /^results come back/,
  ],
  ['long text is cut', written(text => text.slice(0, 200_000) + (text.length > 200_000 ? '"}' : '')), /^results come/],
  ['two at once run', once(withoutWaiting), /^of 20 at once/],
  ['failures are kept', once(keepsFailures), /^a failure is not kept/],
  ['results are kept for ever', dispatches(() => ({ keep: Infinity })), /^a result is kept as long/],
  [
    'results are gone after a moment',
    dispatches(({ keep }) => ({ keep: Math.min(keep, 20) })),
    /^a result is kept as long/,
  ],
  ['results are gone at once', dispatches(() => ({ keep: -1 })), /^a result is kept as long/],
  ['a result survives a rollback', once(inTransactionOfItsOwn), /^effect and result are committed/],
  ['a result is told before the commit', once(inTransactionOfItsOwn), /^one that waits gets the result/],
  [
    'what cannot be written is left out',
    dispatches(({ toJSON }) => ({ toJSON: value => toJSON(typeof value === 'function' ? {} : value) })),
    /^a result that cannot/,
  ],
  ['that a result cannot be written is kept', once(keepsFailures), /^a result that cannot/],
];

function wrapped(real: Once): Once {
  return (dispatch, work) =>
    real(dispatch, work).catch((cause: unknown) => {
      throw new Error('The work has failed.', { cause });
    });
}

/** Those that come while one runs get its end, whatever that is. */
function sharesFailure(real: Once, _adapter: ResultStoreConformanceAdapter, running: Ends): Once {
  return (dispatch, work) => {
    const id = idOf(dispatch);
    const result = running.get(id) ?? real(dispatch, work).finally(() => running.delete(id));
    running.set(id, result);
    return result;
  };
}

/** Another than that of the message. */
function inTransactionOfItsOwn(real: Once, { transaction: begin }: ResultStoreConformanceAdapter): Once {
  return (dispatch, work) => begin!(transaction => real({ ...dispatch, transaction }, work));
}

function withoutWaiting(): Once {
  const kept = new Map<string, unknown>();
  return async (dispatch, work) => {
    const id = idOf(dispatch);
    if (!kept.has(id)) kept.set(id, await work());
    return kept.get(id);
  };
}

function keepsFailures(real: Once, _adapter: ResultStoreConformanceAdapter, failures: Ends): Once {
  return (dispatch, work) => {
    const id = idOf(dispatch);
    const result = failures.get(id) ?? real(dispatch, work);
    result.catch(() => failures.set(id, result));
    return result;
  };
}

/** Runs the work again after such a result. */
function forgets(result: unknown): (real: Once, adapter: ResultStoreConformanceAdapter, forgotten: Ends) => Once {
  return (real, _adapter, forgotten) => async (dispatch, work) => {
    const id = idOf(dispatch);
    if (forgotten.has(id)) return work();
    const answer = real(dispatch, work);
    if ((await answer) === result) forgotten.set(id, answer);
    return answer;
  };
}

/** Changes the JSON of results. */
function written(change: (text: string) => string): Breakage {
  return dispatches(({ toJSON }) => ({
    toJSON: value => JSON.parse(change(JSON.stringify(toJSON(value)))) as unknown,
  }));
}

function revived(change: (value: unknown) => unknown): Breakage {
  return dispatches(({ fromJSON }) => ({ fromJSON: json => change(fromJSON(json)) }));
}
