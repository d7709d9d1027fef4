import { CqrsException } from './cqrs.exception.js';

/** A `@Publishable` aggregate had events while no application was running. */
export class NoEventBusException extends CqrsException {
  constructor(aggregateName: string) {
    super({
      code: 'CQRS_NO_EVENT_BUS',
      what: `The events of "${aggregateName}" have nowhere to go: no application with a CqrsModule is running.`,
      where: aggregateName,
      remedy:
        'Start the application first; in a test without one, read getUncommittedEvents() or merge the aggregate with an EventPublisher.',
    });
  }
}
