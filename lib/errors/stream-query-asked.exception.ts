import { CqrsException } from './cqrs.exception.js';

/** A stream query was sent with `ask()` or `execute()`, which give no rows. */
export class StreamQueryAskedException extends CqrsException {
  constructor(queryName: string) {
    super({
      code: 'CQRS_STREAM_QUERY_ASKED',
      what: `"${queryName}" is a StreamQuery: ask() cannot answer it.`,
      remedy: `Read its rows with stream(): for await (const row of queries.stream(query)) ….`,
    });
  }
}
