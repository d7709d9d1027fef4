import type { EventBus } from '../events/event-bus.js';

/** In order of their start. Weak: an application that nothing uses any more is collected, also if it is never closed. */
let started: WeakRef<EventBus>[] = [];

/** Weak, since a start may fail unnoticed. */
let starting: WeakRef<EventBus>[] = [];

/** Aggregates may be all that uses an application. Undefined while no class has asked for the latest one. */
let kept: Set<EventBus> | undefined;

/** For a class whose instances publish to the latest application: all that run now stay until they close. */
export function keepForAggregates(): void {
  kept ??= new Set(started.flatMap(reference => reference.deref() ?? []));
}

/** Used while starting if no other application runs. */
export function announce(bus: EventBus): void {
  withdraw(bus);
  starting.push(new WeakRef(bus));
}

/** Used until it closes or another one starts. */
export function confirm(bus: EventBus): void {
  withdraw(bus);
  started.push(new WeakRef(bus));
  kept?.add(bus);
}

/** The one started before takes its place. */
export function withdraw(bus: EventBus): void {
  started = without(bus, started);
  starting = without(bus, starting);
  kept?.delete(bus);
}

export const latestEventBus = (): EventBus | undefined => lastOf(started) ?? lastOf(starting);

const without = (bus: EventBus, references: readonly WeakRef<EventBus>[]): WeakRef<EventBus>[] =>
  references.filter(reference => {
    const one = reference.deref();
    return one !== undefined && one !== bus;
  });

const lastOf = (references: readonly WeakRef<EventBus>[]): EventBus | undefined =>
  references.findLast(reference => reference.deref() !== undefined)?.deref();
