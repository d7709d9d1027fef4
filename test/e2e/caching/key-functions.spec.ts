import { Cached, CqrsModule, memoryCache, Query, QueryBus, QueryHandler } from 'nestjs-cqrs';
import { testApp } from 'nestjs-cqrs/testing';
import { RecordedLog } from '../../support/application.js';

/** An application whose query has such a key, and that logs to `logger`. Each answer is the number of its run. */
async function appWith(key: (query: { readonly id: unknown }) => unknown, logger = new RecordedLog()) {
  class GetRow extends Query<number> {
    constructor(readonly id: unknown) {
      super();
    }
  }
  Cached({ ttl: 60_000, key: key as (query: GetRow) => string })(GetRow);
  let runs = 0;
  class Rows {
    @QueryHandler(GetRow)
    async read(_query: GetRow): Promise<number> {
      return (runs += 1);
    }
  }
  const app = await testApp({ imports: [CqrsModule.forRoot({ cache: memoryCache() })], providers: [Rows], logger });
  return Object.assign(app, { ask: (id: unknown) => app.get(QueryBus, { strict: false }).ask(new GetRow(id)) });
}

/** Keys that a function of the user makes. */
describe('a key function of @Cached', () => {
  it('says which queries have one answer', async () => {
    await using app = await appWith(({ id }) => String(id).slice(0, 1));
    expect([await app.ask('ann'), await app.ask('anton'), await app.ask('ben')]).toEqual([1, 1, 2]);
  });

  it.each<[string, () => unknown, string]>([
    ['a number', () => 5, 'a number'],
    ['nothing', () => undefined, 'undefined'],
    ['an empty text', () => '', 'an empty text'],
    ['a promise that fails', () => Promise.reject(new Error('too late')), 'an instance of Promise'],
  ])('that gives %s keeps nothing, and this is told once, with the remedy', async (_, key, shown) => {
    const log = new RecordedLog();
    await using app = await appWith(key, log);
    expect([await app.ask('ann'), await app.ask('ann')]).toEqual([1, 2]);
    expect(log.warnings).toHaveLength(1);
    expect(log.warnings[0]).toContain(`must be a text that is not empty, not ${shown}.`);
    expect(log.warnings[0]).toContain('Let the function return a text, as in key: query => String(query.id).');
  });
});
