import type { EventBus } from '../events/event-bus.js';

/** The event buses of the applications that run in this process, the one that was started last at the end. */
let started: EventBus[] = [];

/** Those of applications that are starting. A start may fail without a word, so they are held weakly. */
let starting: WeakRef<EventBus>[] = [];

/** Says that an application is starting: `@Publishable` aggregates publish to it as long as no other one runs. */
export function announce(bus: EventBus): void {
  withdraw(bus);
  starting.push(new WeakRef(bus));
}

/** Says that an application has started: `@Publishable` aggregates publish to it until it closes or another starts. */
export function confirm(bus: EventBus): void {
  withdraw(bus);
  started.push(bus);
}

/** Says that an application has closed: the one started before it takes its place again. */
export function withdraw(bus: EventBus): void {
  started = started.filter(one => one !== bus);
  starting = starting.filter(reference => reference.deref() !== bus && reference.deref() !== undefined);
}

/** The event bus of the application that was started last, of those that run; else of the one that is starting. */
export const latestEventBus = (): EventBus | undefined =>
  started.at(-1) ?? starting.findLast(reference => reference.deref() !== undefined)?.deref();
