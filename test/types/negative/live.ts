import type { Observable } from 'rxjs';
import { Query, QueryBus, StreamQuery } from 'nestjs-cqrs';

class GetName extends Query<string> {}

class Rows extends StreamQuery<number> {}

export function watch(queries: QueryBus) {
  // @ts-expect-error: rows are not watched
  queries.live(new Rows());
  // @ts-expect-error: a class in place of an instance
  queries.live(GetName);
  // @ts-expect-error: each run has a messageId of its own
  queries.live(new GetName(), { messageId: '1' });
  // @ts-expect-error: a misspelled option
  queries.live(new GetName(), { debounced: 100 });
  // @ts-expect-error: another word
  queries.live(new GetName(), { errors: 'ignore' });
  // @ts-expect-error: failures are among the values
  const names: Observable<string> = queries.live(new GetName(), { errors: 'values' });
  // @ts-expect-error: another answer
  const numbers: Observable<number> = queries.live(new GetName());
  return [names, numbers];
}
