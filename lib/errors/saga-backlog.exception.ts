import { CqrsException } from './cqrs.exception.js';

/** An event did not reach a failed saga that did not start again, or not before the application closed. */
export class SagaBacklogException extends CqrsException {
  constructor(eventName: string, saga: string) {
    super({
      code: 'CQRS_SAGA_BACKLOG',
      what: `"${eventName}" did not reach the saga ${saga}, which could not be started again in time.`,
      where: saga,
      remedy: 'See the failures of the saga reported before.',
    });
  }
}
