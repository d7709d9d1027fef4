import { Injectable } from '@nestjs/common';
import {
  Cached,
  Command,
  CommandHandler,
  CqrsModule,
  Event,
  header,
  memoryCache,
  Message,
  Query,
  QueryHandler,
  TouchedTags,
  Touches,
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
      providers: [Users, NightlyImport],
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

  it('other queries of the page are answered', async () => {
    const { queries } = await application();
    expect(await queries.ask(new GetPrices(), { headers: tenant.of('a') })).toEqual(['5 €']);
    expect(await queries.ask(new GetNews())).toEqual(['today']);
  });
});
