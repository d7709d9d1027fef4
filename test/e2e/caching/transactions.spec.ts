import { Injectable } from '@nestjs/common';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  EventBus,
  EventsHandler,
  memoryCache,
  QueryBus,
  Touches,
  TouchedTags,
} from 'nestjs-cqrs';
import { Transactional } from 'nestjs-cqrs/extension';
import { MemoryTransport } from 'nestjs-cqrs/testing';
import { start } from '../../support/application.js';
import { MemoryUnits } from '../transactions/memory-units.js';
import { GetUser, Imported, Left, PROVIDERS, Rename, User, Users } from './users.js';

/** Renames in a transaction of its own, by another command, and looks before the commit. */
@Transactional()
class RenameAll extends Command<unknown[]> {
  constructor(readonly fails = false) {
    super();
  }
}

/** Publishes in a transaction. */
@Transactional()
class Import extends Command {}

@Injectable()
class Work {
  touched: string[] = [];

  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly events: EventBus,
    tags: TouchedTags,
  ) {
    tags.onTouched(({ tags: all }) => this.touched.push(...all));
  }

  @CommandHandler(RenameAll)
  async rename({ fails }: RenameAll) {
    await this.commands.dispatch(new Rename('1', 'Amy'));
    const within = (await this.queries.ask(new GetUser('1')))?.name;
    const seen = [[...this.touched], within];
    if (fails) throw new Error('rolled back');
    return seen;
  }

  @CommandHandler(Import)
  async import() {
    await this.events.publish(new Imported(['1']));
  }
}

const startUnits = async () => {
  const started = await start({
    imports: [
      CqrsModule.forRoot({
        cache: memoryCache(),
        messages: [User],
        unitOfWork: new MemoryUnits(new MemoryTransport()),
      }),
    ],
    providers: [...PROVIDERS, Work],
  });
  const ask = async () => (await started.queries.ask(new GetUser('1')))?.name;
  return { ...started, ask, work: started.app.get(Work), users: started.app.get(Users) };
};

describe('in a unit of work', () => {
  it('a command touches after the commit, and a query in it sees what it has written', async () => {
    const { commands, ask, work } = await startUnits();
    expect(await ask()).toBe('Ann');
    expect(await commands.execute(new RenameAll())).toEqual([[], 'Amy']);
    expect(work.touched).toEqual(['user:1']);
    expect(await ask()).toBe('Amy');
  });

  it('what is rolled back touches nothing, and what was read in it is not kept', async () => {
    const { commands, ask, work, users } = await startUnits();
    await ask();
    await expect(commands.execute(new RenameAll(true))).rejects.toThrow('rolled back');
    users.names.set('1', 'Ann');
    expect(work.touched).toEqual([]);
    const { runs } = users;
    expect(await ask()).toBe('Ann');
    expect(users.runs).toBe(runs);
  });

  it('an event touches after the commit', async () => {
    const { commands, work } = await startUnits();
    await commands.dispatch(new Import());
    expect(work.touched).toEqual(['user:1']);
  });
});

describe('@Touches on a handler', () => {
  it('of events touches when that has succeeded', async () => {
    const order: string[] = [];

    @EventsHandler(Left)
    @Touches((event: Left) => [`list:${event.userId}`])
    class Projection {
      async handle({ userId }: Left) {
        if (userId === '9') throw new Error('no projection');
        order.push('projected');
      }
    }
    const { events, app } = await start({ imports: [CqrsModule], providers: [Projection] });
    app.get(TouchedTags).onTouched(({ tags }) => order.push(...tags));
    await events.publish(new Left('1'));
    expect(order).toEqual(['user:1', 'projected', 'list:1']);
    await events.publish(new Left('9'));
    expect(order.slice(3)).toEqual(['user:9']);
  });

  it('of commands adds to what the command touches', async () => {
    @CommandHandler(Rename)
    @Touches(() => ['names'])
    class Handler {
      async execute(_command: Rename) {}
    }
    const { commands, app } = await start({ imports: [CqrsModule], providers: [Handler] });
    const seen: string[] = [];
    app.get(TouchedTags).onTouched(({ tags }) => seen.push(...tags));
    await commands.dispatch(new Rename('1', 'Amy'));
    expect(seen).toEqual(['user:1', 'names']);
  });

  it('tags that cannot be told are logged, and fail nothing', async () => {
    @Touches(() => [''])
    class Wrong extends Command {}

    @CommandHandler(Wrong)
    class Handler {
      async execute(_command: Wrong) {}
    }
    const { commands, log } = await start({ imports: [CqrsModule], providers: [Handler] });
    await commands.dispatch(new Wrong());
    expect(log.errors).toHaveLength(1);
    expect(log.errors[0]).toMatch(
      /^Wrong has touched nothing, so cached answers may be out of date: Tags must be a list/,
    );
  });
});
