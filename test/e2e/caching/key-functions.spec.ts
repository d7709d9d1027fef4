import { Cached, CqrsModule, memoryCache, Query, QueryHandler } from 'nestjs-cqrs';
import { start } from '../../support/application.js';

/** Keys that a function of the user makes. */
describe('a key function of @Cached', () => {
  const startWith = async (key: (query: { readonly id: unknown }) => unknown) => {
    class GetRow extends Query<number> {
      constructor(readonly id: unknown) {
        super();
      }
    }
    Cached({ ttl: 60_000, key: key as (query: GetRow) => string })(GetRow);
    let runs = 0;
    class Rows {
      @QueryHandler(GetRow)
      async read(): Promise<number> {
        return (runs += 1);
      }
    }
    const { queries, log } = await start({
      imports: [CqrsModule.forRoot({ cache: memoryCache() })],
      providers: [Rows],
    });
    return { ask: (id: unknown) => queries.ask(new GetRow(id)), log };
  };

  it('says which queries have one answer', async () => {
    const { ask } = await startWith(({ id }) => String(id).slice(0, 1));
    expect([await ask('ann'), await ask('anton'), await ask('ben')]).toEqual([1, 1, 2]);
  });

  it.each([
    ['a number', () => 5, 'a number'],
    ['nothing', () => undefined, 'undefined'],
    ['an empty text', () => '', 'an empty text'],
  ])('that gives %s keeps nothing, and this is told once, with the remedy', async (_, key, shown) => {
    const { ask, log } = await startWith(key);
    expect([await ask('ann'), await ask('ann')]).toEqual([1, 2]);
    expect(log.warnings).toHaveLength(1);
    expect(log.warnings[0]).toContain(`must be a text that is not empty, not ${shown}.`);
    expect(log.warnings[0]).toContain('Let the function return a text, as in key: query => String(query.id).');
  });
});
