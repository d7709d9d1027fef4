import {
  Cached,
  Command,
  CommandHandler,
  CqrsModule,
  Event,
  EventsHandler,
  header,
  memoryCache,
  Query,
  QueryHandler,
  Touches,
  Wiring,
} from 'nestjs-cqrs';
import { start } from '../../support/application.js';

const tenant = header<string>('tenant');

@Cached({ ttl: 60_000, grace: 5_000, vary: [tenant], tags: (query: GetRow) => [`row:${query.id}`, 'stock', 'price'] })
class GetRow extends Query<string> {
  readonly id = '1';
}

@Cached({ ttl: 1_000 })
class GetTime extends Query<string> {}

@Touches((command: SaveRow) => [`row:${command.rowId}`])
class SaveRow extends Command {
  readonly rowId = '1';
}

class Saved extends Event {}

@Touches(() => ['stock', 'old'])
class Imported extends Event {}

@QueryHandler(GetRow)
class GetRowHandler {
  async execute(_query: GetRow) {
    return 'row';
  }
}

@QueryHandler(GetTime)
class GetTimeHandler {
  async execute(_query: GetTime) {
    return 'now';
  }
}

@CommandHandler(SaveRow)
class SaveRowHandler {
  async execute(_command: SaveRow) {}
}

@EventsHandler(Saved)
@Touches(() => ['list'])
class Projection {
  handle(_event: Saved) {}
}

describe('the wiring of an application with a cache', () => {
  const wiring = async () => {
    const { app } = await start({
      imports: [CqrsModule.forRoot({ cache: memoryCache(), validation: { on: 'none' } })],
      providers: [GetRowHandler, GetTimeHandler, SaveRowHandler, Projection],
    });
    return app.get(Wiring);
  };

  it('shows tags and lifetimes in its text', async () => {
    expect((await wiring()).toString().split('\n')).toEqual([
      'Commands',
      '  SaveRow → @Touches(row:{rowId}) → SaveRowHandler (RootTestModule)',
      'Queries',
      '  GetRow  → @Cached(60000, row:{id}, stock, price, by tenant) → GetRowHandler (RootTestModule)',
      '  GetTime → @Cached(1000) → GetTimeHandler (RootTestModule)',
      'Events',
      '  Saved → @Touches(list) → Projection (RootTestModule)',
    ]);
  });

  it('has them as data', async () => {
    const { pipelines, middleware } = (await wiring()).document();
    const of = (name: string) => pipelines.find(({ message }) => message.endsWith(name))!;
    expect(of('GetRow').cached).toEqual({
      ttl: 60_000,
      grace: 5_000,
      tags: ['row:{id}', 'stock', 'price'],
      vary: ['tenant'],
    });
    expect(of('GetTime').cached).toEqual({ ttl: 1_000, tags: [], vary: [] });
    expect([of('SaveRow').touches, of('Saved').touches]).toEqual([['row:{rowId}'], ['list']]);
    expect(middleware.map(({ name, builtIn }) => [name, builtIn])).toEqual([
      ['@Cached', 'cached'],
      ['@Touches', 'touches'],
    ]);
  });

  it('explains them, and hints at what may have been forgotten', async () => {
    const explained = await wiring();
    expect(explained.explain(GetRow)).toContain(
      'cached       60000 ms, then 5000 ms of grace, row:{id}, stock, price, by tenant',
    );
    expect(explained.explain(GetRow)).toContain('hint         no command or event of this process touches price');
    expect(explained.explain(GetRow)).not.toContain('touches row:{id}');
    expect(explained.explain(GetRow)).not.toContain('touches stock');
    expect(explained.explain(GetTime)).toContain('hint         its answers have no tag: only time ends them');
    expect(explained.explain(SaveRow)).toContain('touches      row:{rowId}');
    expect(explained.explain(SaveRow)).not.toContain('hint');
    expect(explained.explain(Saved)).toContain('hint         no cached query of this process reads list');
  });

  it('hints at no query in a process that has none with a cache', async () => {
    const { app } = await start({ imports: [CqrsModule.forRoot()], providers: [SaveRowHandler] });
    const explained = app.get(Wiring).explain(SaveRow);
    expect(explained).toContain('touches      row:{rowId}');
    expect(explained).not.toContain('hint');
  });

  it('explains an event without a handler, which touches by its class', async () => {
    const explained = await wiring();
    expect(explained.explain(Imported)?.split('\n').slice(1)).toEqual([
      '  touches      stock, old',
      '  hint         no cached query of this process reads old',
      '  handled by   nothing',
    ]);
    expect(explained.explain('Imported')).toBe(explained.explain(Imported));
  });
});
