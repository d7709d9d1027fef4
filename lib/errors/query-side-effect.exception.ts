import { CqrsException } from './cqrs.exception.js';

/** In strict mode a query handler sent a command or published an event. */
export class QuerySideEffectException extends CqrsException {
  constructor(queryName: string, handler: string, kind: string, messageName: string) {
    super({
      code: 'CQRS_QUERY_SIDE_EFFECT',
      what: `The query "${queryName}" sent the ${kind} "${messageName}"; a query changes no state.`,
      where: handler,
      remedy: 'Send it where the query is asked, or make the query a command.',
    });
  }
}
