import { AsyncResource } from 'node:async_hooks';
import { MemoryLocks } from 'nestjs-cqrs';
import type { KeyedDispatch, LockStore } from 'nestjs-cqrs/extension';
import type { LockStoreConformanceAdapter } from 'nestjs-cqrs/testing';
import { idOf, sharedLocks } from './shared-stores.js';

type Run = LockStore['run'];
type Breakage = () => LockStoreConformanceAdapter;

/** Replaces `run()` of each store. */
const run =
  (change: (run: Run, adapter: LockStoreConformanceAdapter, failed: Set<string>) => Run): Breakage =>
  () => {
    const adapter = sharedLocks();
    const failed = new Set<string>();
    const store = async () => {
      const locks = await adapter.store();
      return { place: locks.place, run: change(locks.run.bind(locks), adapter, failed) };
    };
    return { ...adapter, store };
  };

/** Changes what the store is told. */
const dispatches = (change: (dispatch: KeyedDispatch) => Partial<KeyedDispatch>): Breakage =>
  run(real => (dispatch, work) => real({ ...dispatch, ...change(dispatch) }, work));

const memory = (): LockStoreConformanceAdapter => ({ name: 'memory', isShared: false, store: () => new MemoryLocks() });

const deaf = (): Pick<KeyedDispatch, 'signal'> => ({ signal: new AbortController().signal });

const outside = new AsyncResource('outside');

/** How a store of locks is broken, and the case that tells. */
export const BROKEN_LOCKS: readonly (readonly [how: string, breakage: Breakage, told: RegExp])[] = [
  ['it is in no transaction', () => ({ ...memory(), transaction: work => work({}) }), /^it says how it stands/],
  ['failures are swallowed', run(swallowing), /^a failure of the work/],
  ['names are ignored', dispatches(() => ({ name: 'one' })), /^other keys do not wait/],
  ['all keys are one', dispatches(() => ({ key: 'one' })), /^other keys do not wait/],
  ['keys are cut', dispatches(({ key }) => ({ key: key.slice(0, 499) })), /^other keys do not wait/],
  ['keys lose spaces at their ends', dispatches(({ key }) => ({ key: key.trim() })), /^other keys do not wait/],
  ['a failure of the first is swallowed', run(swallowing), /^after a failure, one that has waited/],
  ['the second does not wait', run(() => (_dispatch, work) => work()), /^after a failure, one that has waited/],
  ['a key that has failed is never free', run(heldByFailures), /^after a failure, one that has waited/],
  ['the lock ends with the work', run(inTransactionOfItsOwn), /^one that waits is told of the end/],
  ['a caller that has left is served', dispatches(deaf), /^a dispatch whose caller has left/],
  [
    'a caller that leaves is not heard',
    dispatches(({ signal }) => (signal.aborted ? {} : deaf())),
    /^a caller that leaves while/,
  ],
  ['the work of a caller that has left runs', run(toldAlone), /^a caller that leaves while/],
  [
    'work runs in another asynchronous context',
    run(real => (dispatch, work) => real(dispatch, () => outside.runInAsyncScope(work))),
    /^the work runs in the asynchronous/,
  ],
  [
    'answers are lost',
    run(real => async (dispatch, work) => void (await real(dispatch, work))),
    /^a dispatch gets what its own/,
  ],
  [
    'nothing is taken for no answer',
    run(real => async (dispatch, work) => (await real(dispatch, work)) ?? null),
    /^a dispatch gets what its own/,
  ],
  ['answers are called', run(callsAnswers), /^a dispatch gets what its own/],
  ['two at once run', run(() => (_dispatch, work) => work()), /^of 20 at once/],
  ['each process has its own locks', () => ({ ...memory(), isShared: true }), /^of 20 at once/],
  ['the next one runs before the commit', run(inTransactionOfItsOwn), /^a lock is held until the commit/],
];

function swallowing(real: Run): Run {
  return (dispatch, work) => real(dispatch, work).catch(() => undefined);
}

/** @param failed keys, of all stores of a case */
function heldByFailures(real: Run, _adapter: LockStoreConformanceAdapter, failed: Set<string>): Run {
  return (dispatch, work) =>
    real(dispatch, async () => {
      if (failed.has(idOf(dispatch))) await new Promise(() => undefined);
      return work().catch((error: unknown) => {
        failed.add(idOf(dispatch));
        throw error;
      });
    });
}

/** Another than that of the message. */
function inTransactionOfItsOwn(real: Run, { transaction: begin }: LockStoreConformanceAdapter): Run {
  return (dispatch, work) => begin!(transaction => real({ ...dispatch, transaction }, work));
}

/** The caller is told, the store is not. */
function toldAlone(real: Run): Run {
  return (dispatch, work) => {
    const left = new Promise((_, reject) => {
      dispatch.signal.addEventListener('abort', () => reject(dispatch.signal.reason));
    });
    return Promise.race([real({ ...dispatch, ...deaf() }, work), left]);
  };
}

function callsAnswers(real: Run): Run {
  return async (dispatch, work) => {
    const answer = await real(dispatch, work);
    return typeof answer === 'function' ? answer() : answer;
  };
}
