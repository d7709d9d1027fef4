import { channel, tracingChannel, type Channel } from 'node:diagnostics_channel';
import type { Disposer } from '../handlers/changes.js';
import type { Probe } from '../pipeline/probe.js';

/** Channels that trace what happens to messages: `tracingChannel('nestjs-cqrs:dispatch')`. */
export type TracingName = 'dispatch' | 'publish' | 'handle' | 'middleware' | 'saga';

type Stage = 'start' | 'end' | 'asyncStart' | 'asyncEnd' | 'error';

/** The five channels of a tracing channel. */
export type Stages = Readonly<Record<Stage, Channel>>;

/** Message of the channel `nestjs-cqrs:wired`. */
export interface Wired {
  /** As `observe()`, for the application that has been wired. */
  observe(probe: Probe): Disposer;
}

const tracing = (name: TracingName): Stages => tracingChannel(`nestjs-cqrs:${name}`);

/** Held here: Node keeps the object of a name only as long as something uses it. */
export const TRACING: Readonly<Record<TracingName, Stages>> = {
  dispatch: tracing('dispatch'),
  publish: tracing('publish'),
  handle: tracing('handle'),
  middleware: tracing('middleware'),
  saga: tracing('saga'),
};

const wired = channel('nestjs-cqrs:wired');

export const announceWired = (message: Wired): void => wired.publish(message);

/**
 * Calls back for each application of this process that is wired from now on, before its first message; of any copy of
 * this package. Listens to the channel `nestjs-cqrs:wired` of `node:diagnostics_channel`.
 * @returns ends it
 */
export function onWired(told: (application: Wired) => void): Disposer {
  const listener = (message: unknown): void => told(message as Wired);
  wired.subscribe(listener);
  return () => void wired.unsubscribe(listener);
}

/** The tracing channels that have subscribers. */
export const namesInUse = (): TracingName[] =>
  (Object.keys(TRACING) as TracingName[]).filter(name => stagesOf(name).some(({ hasSubscribers }) => hasSubscribers));

/**
 * Calls back when subscribers come or go, until it is collected: keep it.
 * @returns ends it
 */
export function whenSubscribersChange(told: () => void): Disposer {
  const listener = new WeakRef(told);
  const all = (Object.keys(TRACING) as TracingName[]).flatMap(stagesOf).map(listenersOf);
  for (const listeners of all) listeners.add(listener);
  return () => all.forEach(listeners => listeners.delete(listener));
}

const stagesOf = (name: TracingName): Channel[] => {
  const { start, end, asyncStart, asyncEnd, error } = TRACING[name];
  return [start, end, asyncStart, asyncEnd, error];
};

type Listeners = Set<WeakRef<() => void>>;

/** The same for all copies of this package, which have one channel. */
const LISTENERS = Symbol.for('nestjs-cqrs:subscribers');

const CHANGING = ['subscribe', 'unsubscribe', 'bindStore', 'unbindStore'] as const;

/** Node does not tell of subscribers: methods of the channel itself do, and call those of its class. */
function listenersOf(one: Channel & { [LISTENERS]?: Listeners }): Listeners {
  const known = one[LISTENERS];
  if (known !== undefined) return known;
  const listeners: Listeners = new Set();
  Object.defineProperty(one, LISTENERS, { value: listeners });
  for (const name of CHANGING) {
    const changing = function (this: Channel, ...given: unknown[]): unknown {
      // Its class changes with the first subscriber, and with the last.
      const { [name]: method } = Object.getPrototypeOf(this) as Record<string, (...given: unknown[]) => unknown>;
      const result = method!.apply(this, given);
      tell(listeners);
      return result;
    };
    Object.defineProperty(one, name, { value: changing, configurable: true, writable: true });
  }
  return listeners;
}

function tell(listeners: Listeners): void {
  for (const listener of listeners) {
    const told = listener.deref();
    if (told === undefined) listeners.delete(listener);
    else told();
  }
}
