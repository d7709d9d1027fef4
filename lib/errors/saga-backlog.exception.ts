import { CqrsException } from './cqrs.exception.js';

/** An event did not reach a saga, because the saga could not be started again after it had failed. */
export class SagaBacklogException extends CqrsException {
  constructor(eventName: string, saga: string) {
    super({
      code: 'CQRS_SAGA_BACKLOG',
      what: `"${eventName}" did not reach the saga ${saga}, which fails whenever it is started again.`,
      where: saga,
      remedy: 'See the failures of the saga reported before.',
    });
  }
}
