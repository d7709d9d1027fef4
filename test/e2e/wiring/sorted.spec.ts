import {
  Command,
  CommandHandler,
  CqrsModule,
  Durable,
  Event,
  EventsHandler,
  expose,
  Message,
  QueryHandler,
  schedule,
  Wiring,
} from '../../../lib/index.js';
import { MemoryRemote, MemoryTransport } from '../../../lib/testing/index.js';
import { start } from '../../support/application.js';

@Durable()
@Message({ name: 'sorted.clean' })
class Clean extends Command {}
class Cleaned extends Event {}
/** Extends no class of the package. */
class Tick {}

class Cleaning {
  @CommandHandler(Clean)
  clean(): void {}
  @EventsHandler(Cleaned)
  note(): void {}
}
class Ticks {
  @QueryHandler(Tick)
  count(): number {
    return 1;
  }
  @EventsHandler(Tick)
  note(): void {}
}

describe('The document of the wiring', () => {
  it('is sorted, whatever the order of the options', async () => {
    const served = (name: string) => expose(Cleaned).on(new MemoryRemote(name).server());
    const planned = (name: string) => schedule(name, new Clean(), { cron: '0 3 * * *' });
    const durable = {
      transport: new MemoryTransport(),
      schedules: [planned('weekly'), planned('daily'), planned('monthly')],
    };
    const { app } = await start({
      imports: [CqrsModule.forRoot({ durable, expose: [served('stock'), served('billing'), served('mails')] })],
      providers: [Cleaning],
    });
    const { exposures, schedules } = app.get(Wiring).document();
    expect(exposures.map(({ server }) => server)).toEqual(['billing', 'mails', 'stock']);
    expect(schedules.map(({ name }) => name)).toEqual(['daily', 'monthly', 'weekly']);
  });
});

it('a class that is a query to one handler and an event to another is explained as the first', async () => {
  const { app } = await start({ imports: [CqrsModule.forRoot()], providers: [Ticks] });
  const [first, handled] = app.get(Wiring).explain(Tick).split('\n');
  expect([first, handled]).toEqual([
    expect.stringMatching(/^query Tick/),
    expect.stringMatching(/^ {2}handled by {3}Ticks\.count/),
  ]);
});
