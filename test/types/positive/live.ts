import type { Observable } from 'rxjs';
import { AsyncContext, Cached, ContextOrigin, Query, QueryBus, type LiveOptions } from 'nestjs-cqrs';

@Cached({ ttl: 60_000, tags: (query: GetName) => [`user:${query.userId}`] })
class GetName extends Query<string | null> {
  constructor(readonly userId: string) {
    super();
  }
}

/** Without a base class. */
class Plain {
  readonly id = '1';
}

/** Of a wrapper that gets them from its caller. */
const options: LiveOptions = { signal: AbortSignal.timeout(1), debounce: 100, errors: 'end', headers: {}, timeout: 5 };

export function watch(queries: QueryBus, errors: 'end' | undefined) {
  const names: Observable<string | null> = queries.live(new GetName('1'));
  const withOptions: Observable<string | null> = queries.live(new GetName('1'), { debounce: 100, errors });
  const withContext: Observable<string | null> = queries.live(new GetName('1'), new ContextOrigin());
  const withScope: Observable<string | null> = queries.live(new GetName('1'), new AsyncContext());
  const settled: Observable<PromiseSettledResult<string | null>> = queries.live(new GetName('1'), { errors: 'values' });
  const either: Observable<string | null | PromiseSettledResult<string | null>> = queries.live(
    new GetName('1'),
    options,
  );
  const unknownAnswer: Observable<unknown> = queries.live(new Plain());
  return [names, withOptions, withContext, withScope, settled, either, unknownAnswer];
}
