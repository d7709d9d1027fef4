import { Injectable } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, CqrsModule, memoryCache, QueryBus } from 'nestjs-cqrs';
import { Transactional } from 'nestjs-cqrs/extension';
import { MemoryTransport, scenario } from 'nestjs-cqrs/testing';
import { map } from 'rxjs';
import { start } from '../../support/application.js';
import { quiet } from '../../support/waiting.js';
import { MemoryUnits } from '../transactions/memory-units.js';
import { GetUser, PROVIDERS, Rename, User } from './users.js';
import { Watched } from './watched.js';

/** Renames in a transaction. */
@Transactional()
class RenameTwice extends Command {
  constructor(readonly fails = false) {
    super();
  }
}

/** Watches in a transaction. */
@Transactional()
class Watch extends Command<string> {}

@Injectable()
class Work {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @CommandHandler(RenameTwice)
  async rename({ fails }: RenameTwice) {
    await this.commands.dispatch(new Rename('1', 'Amy'));
    await quiet();
    await this.commands.dispatch(new Rename('1', 'Ada'));
    if (fails) throw new Error('rolled back');
  }

  @CommandHandler(Watch)
  async watch() {
    try {
      this.queries.live(new GetUser('1'));
    } catch (error) {
      return (error as { code: string }).code;
    }
    return 'not refused';
  }
}

const startUnits = async () => {
  const unitOfWork = new MemoryUnits(new MemoryTransport());
  const started = await start({
    imports: [CqrsModule.forRoot({ cache: memoryCache(), messages: [User], unitOfWork })],
    providers: [...PROVIDERS, Work],
  });
  const watched = new Watched(started.queries.live(new GetUser('1')).pipe(map(user => user?.name)));
  await watched.told(1);
  return { ...started, watched };
};

describe('a live query beside a unit of work', () => {
  it('tells the value after the commit, once', async () => {
    const { commands, watched } = await startUnits();
    await commands.dispatch(new RenameTwice());
    await watched.told(2);
    await quiet();
    expect(watched.values).toEqual(['Ann', 'Ada']);
  });

  it('tells nothing after a rollback', async () => {
    const { app, watched } = await startUnits();
    await scenario(app).when(new RenameTwice(true)).fails('rolled back');
    await quiet();
    expect(watched.values).toEqual(['Ann']);
  });

  it('is refused within it', async () => {
    const { app } = await startUnits();
    const flow = await scenario(app).when(new Watch()).answers('CQRS_NOT_LIVE');
    expect(flow.failures).toEqual([]);
  });
});
