import type { EventBus } from '../buses/event-bus.js';

/** The event buses of the applications that run in this process, the one that was started last at the end. */
const live: EventBus[] = [];

/** Says that an application has started: `@Publishable` aggregates publish to it until it closes or another starts. */
export function announce(bus: EventBus): void {
  withdraw(bus);
  live.push(bus);
}

/** Says that an application has closed: the one started before it takes its place again. */
export function withdraw(bus: EventBus): void {
  const position = live.indexOf(bus);
  if (position >= 0) live.splice(position, 1);
}

/** The event bus of the application that was started last, of those that run. */
export const latestEventBus = (): EventBus | undefined => live.at(-1);
