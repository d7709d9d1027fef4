import { Inject, Injectable, Logger, Module, Scope } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, REQUEST } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  AsyncContext,
  CommandBus,
  CommandHandler,
  EventBus,
  EventsHandler,
  QueryBus,
  QueryHandler,
  UnhandledExceptionBus,
  type MessageContext,
  type UnhandledExceptionInfo,
} from '../../../lib/index.js';
import { messageTypeId } from '../../../lib/handlers/handler.decorators.js';
import { implementationOf, readyHandlersOf } from '../../../lib/handlers/provider-handlers.js';
import { isSingleton } from '../../../lib/scopes/provider-wrapper.js';

class Create {
  constructor(readonly id = '1') {}
}
class Rename {}
class Find {}
class Created {}
class Renamed {}

@CommandHandler(Create)
class CreateHandler {
  execute({ id }: Create) {
    return `created ${id}`;
  }
}
class Users {
  @CommandHandler(Rename)
  rename() {
    return 'renamed';
  }

  @QueryHandler(Find)
  find() {
    return 'found';
  }

  @EventsHandler(Created, Renamed)
  project(event: object) {
    projected.push(event);
  }
}
const projected: object[] = [];

let instances = 0;
@CommandHandler(Create, { scope: Scope.REQUEST })
class ScopedHandler {
  private readonly number = ++instances;
  constructor(@Inject(REQUEST) private readonly request: object) {}
  execute(command: Create) {
    return { number: this.number, request: this.request, scope: AsyncContext.of(command) };
  }
}
@CommandHandler(Rename, { scope: Scope.TRANSIENT })
class TransientHandler {
  execute(_: Rename, context: MessageContext) {
    return context.headers['tenant'];
  }
}
const scopedTrace: string[] = [];
@EventsHandler(Created, { scope: Scope.REQUEST })
class ScopedProjection {
  handle() {
    scopedTrace.push('scoped');
  }
}
@Injectable({ scope: Scope.REQUEST })
class Unavailable {
  constructor() {
    throw new Error('unavailable');
  }
}
@EventsHandler(Created, { scope: Scope.REQUEST })
class UnresolvableProjection {
  constructor(readonly unavailable: Unavailable) {}
  handle() {
    scopedTrace.push('never');
  }
}

@EventsHandler(Created, { scope: Scope.REQUEST })
class AlsoUnresolvable extends UnresolvableProjection {}

@Module({
  imports: [DiscoveryModule],
  providers: [
    CreateHandler,
    Users,
    ScopedHandler,
    TransientHandler,
    ScopedProjection,
    Unavailable,
    UnresolvableProjection,
    AlsoUnresolvable,
    { provide: 'value', useValue: new CreateHandler() },
    { provide: 'nothing', useValue: undefined },
    { provide: 'without prototype', useFactory: () => Object.create(null) as object },
    { provide: 'scoped factory', useFactory: () => new ScopedProjection(), scope: Scope.REQUEST },
    { provide: ScopedProjectionToken(), useFactory: () => new ScopedProjection(), scope: Scope.REQUEST },
  ],
})
class UsersModule {}

function ScopedProjectionToken() {
  return class Token {};
}

describe('the handlers of providers that are registered by hand', () => {
  let app: TestingModule;
  const wrapperOf = (token: unknown) =>
    app
      .get(DiscoveryService)
      .getProviders()
      .find(wrapper => wrapper.token === token)!;

  beforeAll(async () => {
    app = await Test.createTestingModule({ imports: [UsersModule] }).compile();
    Logger.overrideLogger(false);
  });
  beforeEach(() => {
    scopedTrace.length = 0;
    projected.length = 0;
  });
  afterAll(() => app.close());

  it('are those that decorators name, each on the bus of its kind', async () => {
    const [commands, queries, events] = [new CommandBus(), new QueryBus(), new EventBus()];
    const wrappers = [wrapperOf(CreateHandler), wrapperOf(Users), wrapperOf('nothing')];
    commands.register(wrappers);
    queries.register(wrappers);
    events.register(wrappers);
    expect(await commands.execute(new Create('1'))).toBe('created 1');
    expect(await commands.execute(new Rename())).toBe('renamed');
    expect(await queries.ask(new Find())).toBe('found');
    await events.publishAll([new Created(), new Renamed()]);
    expect(projected).toEqual([new Created(), new Renamed()]);
    expect(commands.registry.find(Create)!.identity).toEqual({ name: 'CreateHandler', module: 'UsersModule' });
    expect(commands.registry.find(Rename)!.identity).toEqual({ name: 'Users.rename', module: 'UsersModule' });
  });

  it('are nothing where nothing is given', () => {
    for (const bus of [new CommandBus(), new QueryBus(), new EventBus()]) {
      bus.register();
      bus.register([]);
      expect(bus.registry.size).toBe(0);
    }
  });

  it('can be bound for the identifier of one message type alone', async () => {
    const [commands, events] = [new CommandBus(), new EventBus()];
    commands.bind(wrapperOf(Users), messageTypeId('command', Rename)!);
    commands.bind(wrapperOf(CreateHandler), 'another identifier');
    events.bind(wrapperOf(Users), messageTypeId('event', Renamed)!);
    expect(await commands.execute(new Rename())).toBe('renamed');
    await expect(commands.execute(new Create())).rejects.toMatchObject({ code: 'CQRS_HANDLER_NOT_FOUND' });
    await events.publishAll([new Created(), new Renamed()]);
    expect(projected).toEqual([new Renamed()]);
  });

  it('are found on values', async () => {
    const commands = new CommandBus();
    commands.register([wrapperOf('value')]);
    expect(await commands.execute(new Create('v'))).toBe('created v');
  });

  it('are resolved for each dispatch where they are request-scoped, and find what they were resolved for', async () => {
    const commands = new CommandBus();
    commands.register([wrapperOf(ScopedHandler)]);
    const before = instances;
    const [one, other] = [await commands.execute(new Create()), await commands.execute(new Create())];
    expect([one.number, other.number]).toEqual([before + 1, before + 2]);
    expect(one.request).toBe(one.scope);
    const request = { user: 'ann' };
    const scope = new AsyncContext(request);
    const [first, second] = await Promise.all([
      commands.execute(new Create(), scope),
      commands.execute(new Create(), scope),
    ]);
    expect(first.number).toBe(second.number);
    expect(first.request).toBe(request);
    expect(first.scope).toBe(scope);
  });

  it('get the context if they declare it, where they are transient', async () => {
    const commands = new CommandBus();
    commands.register([wrapperOf(TransientHandler)]);
    expect(await commands.execute(new Rename(), { headers: { tenant: 'a' } })).toBe('a');
  });

  describe('of events', () => {
    const reporting = () => {
      const exceptions = new UnhandledExceptionBus();
      const reported: UnhandledExceptionInfo[] = [];
      exceptions.subscribe(info => reported.push(info));
      return { bus: new EventBus(undefined, undefined, exceptions), reported };
    };

    it('get an event when they are resolved; the others, and what those publish, do not wait', async () => {
      const { bus } = reporting();
      bus.register(Created, () => {
        scopedTrace.push('function');
        void bus.publish(new Renamed());
      });
      bus.register(Renamed, () => scopedTrace.push('follow-up'));
      bus.register([wrapperOf(ScopedProjection)]);
      await bus.publish(new Created());
      expect(scopedTrace).toEqual(['function', 'follow-up', 'scoped']);
    });

    it.each(['parallel', 'sequential'] as const)(
      'fail where they cannot be resolved, and only they (%s)',
      async mode => {
        const { bus, reported } = reporting();
        bus.register([wrapperOf(UnresolvableProjection), wrapperOf(ScopedProjection)]);
        await bus.publish(new Created(), { mode });
        expect(scopedTrace).toEqual(['scoped']);
        expect(reported).toHaveLength(1);
        expect(reported[0]!.handler).toBe('UnresolvableProjection');
        expect((reported[0]!.exception as Error).message).toBe('unavailable');
        const outcome = await bus.publish(new Created(), { mode, onError: 'collect' });
        expect(outcome.skipped).toEqual([]);
        expect(outcome.failures.map(({ handler }) => handler)).toEqual(['UnresolvableProjection']);
      },
    );

    it('fail once each where several cannot be resolved, and are handed nothing', async () => {
      const { bus, reported } = reporting();
      bus.register([wrapperOf(UnresolvableProjection), wrapperOf(AlsoUnresolvable), wrapperOf(ScopedProjection)]);
      const event = new Created();
      await bus.publish(event);
      expect(scopedTrace).toEqual(['scoped']);
      expect(reported.map(({ handler }) => handler)).toEqual(['UnresolvableProjection', 'AlsoUnresolvable']);
      const outcome = await bus.publish(event, { onError: 'collect' });
      expect(outcome.failures.map(({ handler }) => handler)).toEqual(['UnresolvableProjection', 'AlsoUnresolvable']);
      expect([outcome.handled, outcome.skipped]).toEqual([['ScopedProjection'], []]);
    });

    it('come after those before them, until one fails', async () => {
      const { bus } = reporting();
      bus.register(Created, () => scopedTrace.push('first'));
      bus.register([wrapperOf(UnresolvableProjection), wrapperOf(ScopedProjection)]);
      const outcome = await bus.publish(new Created(), { mode: 'untilFailure', onError: 'collect' });
      expect(scopedTrace).toEqual(['first']);
      expect(outcome.skipped).toEqual(['ScopedProjection']);
    });

    it('get the events of a list beside something that is not an event; the handlers of others do not wait', async () => {
      const { bus } = reporting();
      bus.register([wrapperOf(ScopedProjection)]);
      bus.register(Renamed, () => scopedTrace.push('renamed'));
      await bus.publishAll([new Created(), null as never, new Renamed()]).catch(() => undefined);
      expect(scopedTrace).toEqual(['renamed', 'scoped']);
    });
  });

  it('have the class that their provider is known to make', () => {
    expect(implementationOf(wrapperOf(CreateHandler))).toBe(CreateHandler);
    expect(implementationOf(wrapperOf('value'))).toBe(CreateHandler);
    expect(implementationOf(wrapperOf(ScopedHandler))).toBe(ScopedHandler);
    expect(implementationOf(wrapperOf('nothing'))).toBeUndefined();
    expect(implementationOf(wrapperOf('without prototype'))).toBeUndefined();
    expect(implementationOf(wrapperOf('scoped factory'))).toBeUndefined();
    expect(readyHandlersOf(wrapperOf('scoped factory'), 'event')).toEqual([]);
    expect([CreateHandler, ScopedHandler, TransientHandler].map(token => isSingleton(wrapperOf(token)))).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('have the class of their token, where only that is known', () => {
    const wrapper = app
      .get(DiscoveryService)
      .getProviders()
      .find(({ name }) => name === 'Token')!;
    expect(implementationOf(wrapper)).toBe(wrapper.token);
  });
});
