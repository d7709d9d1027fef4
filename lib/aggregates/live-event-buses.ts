import type { EventBus } from '../events/event-bus.js';

/** In order of their start. */
let started: EventBus[] = [];

/** Weak, since a start may fail unnoticed. */
let starting: WeakRef<EventBus>[] = [];

/** Used while starting if no other application runs. */
export function announce(bus: EventBus): void {
  withdraw(bus);
  starting.push(new WeakRef(bus));
}

/** Used until it closes or another one starts. */
export function confirm(bus: EventBus): void {
  withdraw(bus);
  started.push(bus);
}

/** The one started before takes its place. */
export function withdraw(bus: EventBus): void {
  started = started.filter(one => one !== bus);
  starting = starting.filter(reference => reference.deref() !== bus && reference.deref() !== undefined);
}

export const latestEventBus = (): EventBus | undefined =>
  started.at(-1) ?? starting.findLast(reference => reference.deref() !== undefined)?.deref();
