import { CqrsException } from './cqrs.exception.js';
import { describeValue } from './describe-value.js';

/** The handler of a `stream()` query returned no rows. */
export class NotAStreamException extends CqrsException {
  constructor(queryName: string, answer: unknown) {
    super({
      code: 'CQRS_NOT_A_STREAM',
      what: `The handler of "${queryName}" returned ${describeValue(answer)}, which has no rows.`,
      remedy: 'Return an async iterable, an iterable or an Observable, or ask the query with ask().',
    });
  }
}
