import { Module } from '@nestjs/common';
import { Command, CommandHandler, Event, EventsHandler, Query, QueryHandler } from '../../../lib/index.js';
import { nearMiss, onOtherBus } from '../../../lib/module/near-misses.js';
import type { MessageKind, MessageType } from '../../../lib/index.js';
import { explored } from './explored.js';

class CreateUser extends Command<string> {}
class GetUser extends Query<string> {}
class UserCreated extends Event {}
class Neutral {}

@CommandHandler(CreateUser)
class CreateUserHandler {
  execute() {
    return Promise.resolve('created');
  }
}
@QueryHandler(GetUser)
class GetUserHandler {
  execute() {
    return Promise.resolve('ann');
  }
}
@EventsHandler(UserCreated)
class Projection {
  handle() {}
}

const hint = async (type: MessageType, kind: MessageKind, ...providers: (new () => object)[]) => {
  @Module({ providers })
  class UsersModule {}
  const { handlers, explorer } = await explored({ imports: [UsersModule] });
  return nearMiss(type, kind, { handlers, undecorated: () => explorer.undecorated() });
};

describe('A message without a handler', () => {
  it.each([
    [CreateUser, 'query', 'CreateUserHandler handles it as a command: send it through the command bus.'],
    [GetUser, 'command', 'GetUserHandler handles it as a query: send it through the query bus.'],
    [UserCreated, 'command', 'Projection handles it as an event: publish it on the event bus.'],
  ] as const)('%p on the %s bus has a handler on another one', async (type, kind, said) => {
    class Special extends (type as new () => object) {}
    for (const sent of [type, Special])
      expect(await hint(sent, kind, CreateUserHandler, GetUserHandler, Projection)).toBe(said);
  });

  it.each([
    [CreateUser, 'query', 'It is a command: send it through the command bus.'],
    [GetUser, 'event', 'It is a query: send it through the query bus.'],
    [UserCreated, 'query', 'It is an event: publish it on the event bus.'],
  ] as const)('%p is of another kind than the %s bus, and has none there either', async (type, kind, said) => {
    expect(await hint(type, kind)).toBe(said);
  });

  it('has one that is declared but not provided', async () => {
    expect(await hint(CreateUser, 'command')).toBe(
      'CreateUserHandler is declared but not provided: list it among the providers of a module that the application imports.',
    );
  });

  it('has one of another class of the same name', async () => {
    const namesake = (): MessageType => class CreateUser {};
    expect(await hint(namesake(), 'command', CreateUserHandler)).toContain(
      'CreateUserHandler handles another class of the same name',
    );
  });

  it('has one that is named after it and decorated with something else', async () => {
    class ShipCommand {}
    class Other {}
    @CommandHandler(Other)
    class ShipHandler {
      execute() {}
    }
    expect(await hint(ShipCommand, 'command', ShipHandler)).toBe(
      'ShipHandler in UsersModule is decorated with @CommandHandler(Other): decorate it with @CommandHandler(ShipCommand).',
    );
    expect(await hint(ShipCommand, 'query', ShipHandler)).toBeUndefined();
    class Methods {
      @CommandHandler(Other)
      ship() {}
    }
    Object.defineProperty(Methods, 'name', { value: 'ShipHandler' });
    expect(await hint(ShipCommand, 'command', Methods)).toBeUndefined();
  });

  it.each([
    ['command', 'execute', '@CommandHandler'],
    ['query', 'execute', '@QueryHandler'],
    ['event', 'handle', '@EventsHandler'],
  ] as const)('has one that is named after it and not decorated: %s', async (kind, method, decorator) => {
    class NeutralHandler {}
    class Unrelated {}
    for (const type of [NeutralHandler, Unrelated]) Object.assign(type.prototype, { [method]: () => undefined });
    expect(await hint(Neutral, kind, Unrelated, NeutralHandler)).toBe(
      `NeutralHandler in UsersModule has no decorator: decorate it with ${decorator}(Neutral).`,
    );
    class WithoutMethod {}
    Object.defineProperty(WithoutMethod, 'name', { value: 'NeutralHandler' });
    expect(await hint(Neutral, kind, WithoutMethod)).toBeUndefined();
  });

  it('has none where nothing is near', async () => {
    expect(await hint(Neutral, 'command', CreateUserHandler, Projection)).toBeUndefined();
    expect(onOtherBus(Neutral, [])).toBeUndefined();
    expect(nearMiss(Neutral, 'command', { handlers: [] })).toBeUndefined();
  });

  it('is an event where a saga is called with it', () => {
    expect(nearMiss(Neutral, 'command', { handlers: [], sagaEvents: () => [Neutral] })).toBe(
      'It is an event: publish it on the event bus.',
    );
  });
});
