import { AsyncLocalStorage } from 'node:async_hooks';
import { MemoryLocks } from '../../../lib/index.js';
import { pending, soon } from '../../support/waiting.js';

const dispatchOf = (key = 'a', signal = new AbortController().signal) => ({
  name: 'Charge',
  key,
  signal,
  transaction: undefined,
});

describe('MemoryLocks', () => {
  it('runs one after another, in the order in which they came, also after a failure', async () => {
    const locks = new MemoryLocks();
    const log: string[] = [];
    const run = (name: string) =>
      locks.run(dispatchOf(), async () => {
        log.push(`${name} begins`);
        await soon();
        log.push(`${name} ends`);
        if (name === 'first') throw new Error(name);
        return name;
      });
    const ends = await Promise.allSettled(['first', 'second', 'third'].map(run));
    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(log).toEqual(['first', 'second', 'third'].flatMap(name => [`${name} begins`, `${name} ends`]));
  });

  it('holds nothing when all have ended', async () => {
    const locks = new MemoryLocks();
    const first = pending();
    const all = [0, 1, 2, 3].map(i => locks.run(dispatchOf(`${i % 2}`), () => first.promise));
    expect(locks.size).toBe(2);
    first.finish();
    await Promise.all(all);
    expect(locks.size).toBe(0);
  });

  it('runs other keys at once', async () => {
    const locks = new MemoryLocks();
    const first = pending();
    const held = locks.run(dispatchOf('a'), () => first.promise);
    expect(await locks.run(dispatchOf('b'), async () => 'b')).toBe('b');
    first.finish();
    await held;
  });

  it('a dispatch that gives up leaves the queue, and the others go on', async () => {
    const locks = new MemoryLocks();
    const first = pending();
    const ran: string[] = [];
    const held = locks.run(dispatchOf(), () => first.promise);
    const controller = new AbortController();
    const leaving = locks.run(dispatchOf('a', controller.signal), async () => ran.push('leaving'));
    const staying = locks.run(dispatchOf(), async () => ran.push('staying'));
    controller.abort(new Error('gone'));
    await expect(leaving).rejects.toThrow('gone');
    first.finish();
    await Promise.all([held, staying]);
    expect(ran).toEqual(['staying']);
    expect(locks.size).toBe(0);
  });

  it('a dispatch that gives up at its turn hands it on', async () => {
    const locks = new MemoryLocks();
    const controller = new AbortController();
    const first = pending();
    const held = locks.run(dispatchOf(), () => first.promise.finally(() => queueMicrotask(() => controller.abort())));
    const leaving = locks.run(dispatchOf('a', controller.signal), () => Promise.resolve('ran'));
    const staying = locks.run(dispatchOf(), async () => 'staying');
    first.finish();
    await Promise.allSettled([held, leaving]);
    expect(await staying).toBe('staying');
    expect(locks.size).toBe(0);
  });

  it('a dispatch that has given up before does not wait', async () => {
    const locks = new MemoryLocks();
    const signal = AbortSignal.abort(new Error('gone'));
    await expect(locks.run(dispatchOf('a', signal), async () => 1)).rejects.toThrow('gone');
    expect(locks.size).toBe(0);
  });

  it('each runs in its own asynchronous context', async () => {
    const locks = new MemoryLocks();
    const tenant = new AsyncLocalStorage<number>();
    const seen = await Promise.all(
      [1, 2, 3].map(i =>
        tenant.run(i, () =>
          locks.run(dispatchOf(), async () => {
            await soon();
            return tenant.getStore();
          }),
        ),
      ),
    );
    expect(seen).toEqual([1, 2, 3]);
  });
});
