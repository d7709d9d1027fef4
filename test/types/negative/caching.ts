import { Cached, Command, header, memoryCache, Query, QueryHandler, Touches } from 'nestjs-cqrs';

class Other extends Query<string> {
  readonly other = '1';
}

// @ts-expect-error: tags of another class
@Cached({ ttl: 5, tags: (query: Other) => [query.other] })
class Wrong extends Query<string> {}

// @ts-expect-error: a lifetime is required
@Cached({ tags: () => [] })
class Endless extends Query<string> {}

// @ts-expect-error: tags are a list
@Cached({ ttl: 5, tags: () => 'user' })
class OneTag extends Query<string> {}

// @ts-expect-error: a header, not its name
@Cached({ ttl: 5, vary: ['tenant'] })
class ByName extends Query<string> {}

// @ts-expect-error: a misspelled option
@Cached({ ttl: 5, varies: [header('tenant')] })
class Misspelled extends Query<string> {}

// @ts-expect-error: tags of another class
@Touches((command: Other) => [command.other])
class WrongCommand extends Command {}

// @ts-expect-error: tags are texts
@Touches(() => [5])
class Numbers extends Command {}

class Asked extends Query<string> {
  readonly asked = '1';
}

// @ts-expect-error: tags of another query
@Cached({ ttl: 5, tags: (query: Other) => [query.other] })
@QueryHandler(Asked)
class AskedHandler {
  async execute(query: Asked) {
    return query.asked;
  }
}

// @ts-expect-error: a misspelled option
memoryCache({ byte: 5 });

export { AskedHandler, ByName, Endless, Misspelled, Numbers, OneTag, Wrong, WrongCommand };
