import { readFileSync } from 'node:fs';
import { Injectable } from '@nestjs/common';
import {
  Cached,
  Command,
  CommandHandler,
  CqrsModule,
  Event,
  EventsHandler,
  header,
  memoryCache,
  Message,
  Query,
  QueryHandler,
  TouchedTags,
  Touches,
  Wiring,
} from 'nestjs-cqrs';
import { start } from '../../support/application.js';

// #region query
@Message({ name: 'users.profile' })
class Profile {
  constructor(
    readonly userId: string,
    readonly name: string,
  ) {}
}

@Cached({ ttl: 60_000, tags: (query: GetProfile) => [`user:${query.userId}`] }) // a minute
class GetProfile extends Query<Profile | undefined> {
  constructor(readonly userId: string) {
    super();
  }
}
// #endregion

// #region command
@Touches((command: Rename) => [`user:${command.userId}`])
class Rename extends Command {
  constructor(
    readonly userId: string,
    readonly name: string,
  ) {
    super();
  }
}
// #endregion

// #region event
@Touches((event: UsersImported) => event.userIds.map(id => `user:${id}`))
class UsersImported extends Event {
  constructor(readonly userIds: readonly string[]) {
    super();
  }
}
// #endregion

class Visited extends Event {
  constructor(readonly userId: string) {
    super();
  }
}

// #region handler
@Cached({ ttl: 60_000, tags: ({ userId }: CountVisits) => [`visits:${userId}`] })
class CountVisits extends Query<number> {
  constructor(readonly userId: string) {
    super();
  }
}

@Injectable()
class VisitCounter {
  private readonly visits = new Map<string, number>();

  @Touches(({ userId }: Visited) => [`visits:${userId}`])
  @EventsHandler(Visited)
  async add({ userId }: Visited) {
    this.visits.set(userId, (this.visits.get(userId) ?? 0) + 1);
  }

  @QueryHandler(CountVisits)
  async count({ userId }: CountVisits) {
    return this.visits.get(userId) ?? 0;
  }
}
// #endregion

// #region vary
const tenant = header<string>('tenant');

@Cached({ ttl: 60_000, vary: [tenant], tags: () => ['prices'] })
class GetPrices extends Query<string[]> {}
// #endregion

// #region grace
@Cached({ ttl: 10_000, grace: 60_000, negative: 5_000, jitter: 0.2, tags: () => ['news'] })
class GetNews extends Query<string[] | undefined> {}
// #endregion

@Injectable()
class Users {
  runs = 0;
  private readonly names = new Map([['u1', 'Ann']]);

  @QueryHandler(GetProfile)
  async profile({ userId }: GetProfile) {
    this.runs += 1;
    const name = this.names.get(userId);
    return name === undefined ? undefined : new Profile(userId, name);
  }

  @CommandHandler(Rename)
  async rename({ userId, name }: Rename) {
    this.names.set(userId, name);
  }

  @QueryHandler(GetPrices)
  async prices() {
    return ['5 €'];
  }

  @QueryHandler(GetNews)
  async news() {
    return ['today'];
  }
}

// #region by-hand
@Injectable()
class NightlyImport {
  constructor(private readonly tags: TouchedTags) {}

  async run(userIds: readonly string[]) {
    // … writes the users, then:
    await this.tags.touch(userIds.map(id => `user:${id}`));
  }
}
// #endregion

describe('docs/caching.md', () => {
  const application = () =>
    start({
      imports: [
        // #region module
        CqrsModule.forRoot({ cache: memoryCache({ bytes: 100_000_000 }), messages: [Profile] }),
        // #endregion
      ],
      providers: [Users, NightlyImport, VisitCounter],
    });

  it('a profile is read once, and again after it was renamed, imported or touched by hand', async () => {
    const { app, queries, commands, events } = await application();
    const users = app.get(Users);
    const read = () => queries.ask(new GetProfile('u1'));
    expect([await read(), await read()]).toEqual([new Profile('u1', 'Ann'), new Profile('u1', 'Ann')]);
    expect(users.runs).toBe(1);
    await commands.dispatch(new Rename('u1', 'Amy'));
    expect(await read()).toEqual(new Profile('u1', 'Amy'));
    await events.publish(new UsersImported(['u1']));
    await read();
    await app.get(NightlyImport).run(['u1']);
    await read();
    expect(users.runs).toBe(4);
  });

  it('visits are read again when the handler of their event has counted', async () => {
    const { queries, events } = await application();
    const count = () => queries.ask(new CountVisits('u1'));
    expect(await count()).toBe(0);
    await events.publish(new Visited('u1'));
    expect(await count()).toBe(1);
  });

  it('explains a query whose tag nothing touches', async () => {
    const { app } = await application();
    const explained = app.get(Wiring).explain(GetPrices)!;
    const page = readFileSync(new URL('../../../docs/caching.md', import.meta.url), 'utf8');
    const [hint] = explained.split('\n').filter(line => line.includes('hint'));
    expect(hint).toBe('  hint         no command or event of this process touches prices');
    expect(page).toContain(hint);
  });

  it('other queries of the page are answered', async () => {
    const { queries } = await application();
    expect(await queries.ask(new GetPrices(), { headers: tenant.of('a') })).toEqual(['5 €']);
    expect(await queries.ask(new GetNews())).toEqual(['today']);
  });
});
