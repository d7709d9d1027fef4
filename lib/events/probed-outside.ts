import type { Dispatcher } from '../dispatch/dispatcher.js';
import type { ProbeWatch } from '../dispatch/probe-watch.js';
import { prototypeOf, typeOfPrototype } from '../messages/inspect-message.js';
import { BUS, PublishedEvent, rolledBack } from './published-event.js';

/** Events that a publisher gets in place of the bus, as probes see them: until it has answered. */
export class ProbedOutside {
  private readonly all: readonly ProbeWatch[];

  /** @param given an event, or a list */
  constructor(given: object, publisher: string, dispatcher: Dispatcher) {
    const { probes } = dispatcher;
    this.all = eventsOf(given).flatMap(event => {
      const describe = () => dispatcher.describe(event, typeOfPrototype(prototypeOf(event)), BUS);
      return probes.begin('publish', new PublishedEvent(event, describe, [], publisher)) ?? [];
    });
  }

  during(publish: () => Promise<unknown>): Promise<unknown> {
    // Also what throws ends what has begun.
    const safely = async () => publish();
    const published = this.all.reduce<() => Promise<unknown>>((inner, watch) => () => watch.run(inner), safely)();
    for (const watch of this.all) watch.endWith(published);
    return published;
  }

  rolledBack(): void {
    for (const watch of this.all) watch.end({ error: rolledBack('The event') });
  }
}

/** A list that can be read only once is left to the publisher. */
const eventsOf = (given: object): readonly object[] => {
  if (Array.isArray(given)) return given as object[];
  return Symbol.iterator in Object(given) ? [] : [given];
};
