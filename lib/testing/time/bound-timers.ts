import { AsyncResource } from 'node:async_hooks';
import { syncBuiltinESMExports } from 'node:module';
import timersPromises from 'node:timers/promises';
import { causeHere } from '../flow/cause.js';
import type { FlowLog } from '../flow/flow-log.js';

type Callback = (...args: unknown[]) => void;
type SetTimer = (callback: Callback, time?: number, ...args: unknown[]) => object | number;
type ClearTimer = (timer: object | number | undefined) => void;
type Wrapped = Record<'setTimeout' | 'setInterval', SetTimer> & Record<'clearTimeout' | 'clearInterval', ClearTimer>;

interface DelayOptions {
  readonly signal?: AbortSignal;
}

/** Numbers of fake timers are below those of Node. */
let lastId = 0;

/**
 * Fake timers that keep the asynchronous context in which they were set, and of which flows know. Without it, a command
 * that a saga sends after a `delay` has lost what has caused it.
 */
export class BoundTimers {
  /** Flows that have begun a timer. */
  readonly flows = new Set<FlowLog>();
  private readonly ends = new Map<object | number, () => void>();
  private readonly restores: (() => void)[] = [];

  constructor() {
    const { setTimeout, setInterval, clearTimeout, clearInterval } = globalThis as unknown as Wrapped;
    this.replace('setTimeout', this.setting(setTimeout, 'once'));
    this.replace('setInterval', this.setting(setInterval, 'repeatedly'));
    this.replace('clearTimeout', this.clearing(clearTimeout));
    this.replace('clearInterval', this.clearing(clearInterval));
    const { setTimeout: delay } = timersPromises;
    timersPromises.setTimeout = virtualDelay as typeof delay;
    syncBuiltinESMExports();
    this.restores.push(() => {
      timersPromises.setTimeout = delay;
      syncBuiltinESMExports();
    });
  }

  restore(): void {
    for (const restore of this.restores.splice(0)) restore();
    for (const end of this.ends.values()) end();
  }

  private replace<K extends keyof Wrapped>(name: K, wrapped: Wrapped[K]): void {
    const timers = globalThis as unknown as Wrapped;
    const fake = timers[name];
    // Keeps `clock`, by which others find the clock.
    const own = Object.assign(wrapped, fake);
    timers[name] = own;
    this.restores.push(() => {
      if (timers[name] === own) timers[name] = fake;
    });
  }

  private setting(set: SetTimer, fires: 'once' | 'repeatedly'): SetTimer {
    return (callback, time, ...args) => {
      const stop = this.begun(time);
      const end = (): void => {
        this.ends.delete(timer);
        stop();
      };
      const bound = AsyncResource.bind(() => {
        if (fires === 'once') end();
        callback(...args);
      });
      const timer = set(bound, time);
      this.ends.set(timer, end);
      return timer;
    };
  }

  private clearing(clear: ClearTimer): ClearTimer {
    return timer => {
      if (timer !== undefined && timer !== null) this.ends.get(timer)?.();
      clear(timer);
    };
  }

  private begun(time = 0): () => void {
    const cause = causeHere();
    const { flow } = cause ?? {};
    if (flow === undefined) return () => undefined;
    const id = --lastId;
    this.flows.add(flow);
    flow.timers.begin(id, { cause: cause!, resource: {}, firesAt: Date.now() + time });
    return () => flow.timers.end(id);
  }
}

/** `setTimeout` of `node:timers/promises`, on the timers of the moment. */
function virtualDelay(time?: number, value?: unknown, { signal }: DelayOptions = {}): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => {
      clearTimeout(timer);
      reject(
        Object.assign(new Error('The operation was aborted', { cause: signal?.reason }), {
          name: 'AbortError',
          code: 'ABORT_ERR',
        }),
      );
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', aborted);
      resolve(value);
    }, time);
    if (signal?.aborted === true) aborted();
    else signal?.addEventListener('abort', aborted, { once: true });
  });
}
