import { Injectable, Module, Scope, type INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  Event,
  EventBus,
  EventsHandler,
  Query,
  QueryBus,
  Saga,
  StreamQuery,
  UseMiddleware,
  type Next,
} from '../../../lib/index.js';
import { restoreStubs, stub, track } from '../../../lib/testing/index.js';
import { start } from '../../support/application.js';

class EstimateShipping extends Query<{ days: number }> {
  constructor(readonly country: string) {
    super();
  }
}
class Lines extends StreamQuery<number> {}
class PlainQuery {}
class Place extends Command<number> {
  constructor(readonly country: string) {
    super();
  }
}
class Placed extends Event {}

const log: string[] = [];

@Injectable()
class Orders {
  constructor(
    private readonly queries: QueryBus,
    private readonly events: EventBus,
  ) {}

  @CommandHandler(Place)
  @UseMiddleware((message: object, next: Next) => (log.push('middleware'), next(message)))
  async place({ country }: Place): Promise<number> {
    const { days } = await this.queries.ask(new EstimateShipping(country));
    await this.events.publish(new Placed());
    return days;
  }
}

@Injectable()
class Mailer {
  send(): void {}
}
class Clock {}
@Injectable({ scope: Scope.REQUEST })
class Session {}
@Injectable()
class Carrier {}
@Module({ providers: [Clock] })
class ShopModule {}

class PlainEvent {}
class PlainBase {}
class PlainCommand extends PlainBase {}

@CommandHandler(PlainCommand)
class Plain {
  execute(_command: PlainCommand): void {
    log.push('plain');
  }
}

@Injectable()
class Sagas {
  @Saga(PlainEvent)
  onPlain(_event: PlainEvent): void {
    log.push('saga');
  }
}

@EventsHandler(Placed)
class Elsewhere {
  handle(_event: Placed): void {}
}

@EventsHandler(Placed)
class Mail {
  handle(_event: Placed): void {
    log.push('mail');
  }
}

@Injectable()
class Lists {
  @EventsHandler(Placed)
  add(_event: Placed): void {
    log.push('list');
  }

  @EventsHandler(Placed)
  count(_event: Placed): void {
    log.push('count');
  }

  total(): number {
    return 0;
  }
}

let app: INestApplicationContext;

beforeEach(async () => {
  log.length = 0;
  const providers = [Orders, Mail, Lists, Mailer, Session, Sagas];
  ({ app } = await start({
    imports: [CqrsModule.forRoot({ events: { notProvided: 'ignore' } }), ShopModule],
    providers,
  }));
});

const place = (country = 'no') => app.get(CommandBus).execute(new Place(country));

describe('stub()', () => {
  it('gives a message without a handler an answer, until it is restored', async () => {
    const shipping = stub(app, EstimateShipping).with({ days: 2 });
    expect([await place(), shipping.calls]).toEqual([2, [new EstimateShipping('no')]]);
    shipping.with(({ country }) => ({ days: country.length }));
    expect(await place('abc')).toBe(3);
    shipping.with(async () => ({ days: 9 }));
    expect(await place()).toBe(9);
    shipping.restore();
    shipping.restore();
    await expect(place()).rejects.toThrow('CQRS_HANDLER_NOT_FOUND');
  });

  it('fails for a message that was on its way when the stub was restored', async () => {
    const onTheWay: Disposable[] = [];
    const restoring = (message: object, next: Next) => {
      for (const shipping of onTheWay) shipping[Symbol.dispose]();
      return next(message);
    };
    const { app: other, queries } = await start({ imports: [CqrsModule.forRoot({ middleware: [restoring] })] });
    onTheWay.push(stub(other, EstimateShipping).with({ days: 2 }));
    await expect(queries.ask(new EstimateShipping('no'))).rejects.toThrow(
      /^EstimateShipping has no handler, and its stub has been restored\.$/,
    );
  });

  it('is restored at the end of a block', async () => {
    {
      using shipping = stub(app, EstimateShipping).with({ days: 2 });
      expect([await place(), shipping.calls.length]).toEqual([2, 1]);
    }
    await expect(place()).rejects.toThrow('CQRS_HANDLER_NOT_FOUND');
  });

  it('takes the place of the handler alone: middleware runs, and the flow tells it', async () => {
    stub(app, Place).with(5);
    const flow = await track(app).execute(new Place('no'));
    expect([flow.result, log]).toEqual([5, ['middleware']]);
    expect(flow.executed[0]!.handlers).toEqual([expect.objectContaining({ isStubbed: true })]);
    expect(flow.tree()).toMatch(/^command Place → Orders\.place +\d+ ms {2}stubbed$/);
    restoreStubs(app);
    stub(app, EstimateShipping).with({ days: 1 });
    expect(await place()).toBe(1);
  });

  it('fails, or answers in turn', async () => {
    const shipping = stub(app, EstimateShipping).failing(new Error('closed'));
    await expect(place()).rejects.toThrow('closed');
    shipping.inTurn({ days: 1 }, new Error('busy'), { days: 2 });
    const answers = [];
    for (let i = 0; i < 4; i++) answers.push(await place().catch((error: Error) => error.message));
    expect(answers).toEqual([
      1,
      'busy',
      2,
      'The stub of EstimateShipping was called more often than it has answers: 3.',
    ]);
  });

  it('silences one event handler, by its class or its method', async () => {
    stub(app, EstimateShipping).with({ days: 2 });
    const mail = stub(app, Mail).silent();
    const list = stub(app, [Lists, 'add']).silent();
    await place();
    expect([log, mail.calls, list.calls]).toEqual([['middleware', 'count'], [new Placed()], [new Placed()]]);
    restoreStubs(app);
    stub(app, EstimateShipping).with({ days: 2 });
    log.length = 0;
    await place();
    expect(log.toSorted()).toEqual(['count', 'list', 'mail', 'middleware']);
  });

  it('lets the handler be called while it has no answer', async () => {
    stub(app, EstimateShipping).with({ days: 2 });
    const mail = stub(app, Mail);
    await place();
    expect([log.includes('mail'), mail.calls.length]).toEqual([true, 1]);
  });

  it('answers stream queries with rows, and queries of any class', async () => {
    stub(app, Lines).with([1, 2]);
    stub(app, PlainQuery).with('plain');
    const rows: number[] = [];
    for await (const row of app.get(QueryBus).stream(new Lines())) rows.push(row);
    expect([rows, await app.get(QueryBus).execute(new PlainQuery())]).toEqual([[1, 2], 'plain']);
  });

  it('refuses what it could never answer: no class, as in a circle of imports', async () => {
    expect(() => stub(app, undefined as never)).toThrow(/^stub\(\) takes a class, .*, not undefined\. .* circle\.$/);
  });

  const insteadOf = (name: string) =>
    `To replace a provider, use overrides: testApp({ overrides: [[${name}, { … }]] }), or overrideProvider(${name}) of @nestjs/testing.`;

  it.each<[string, unknown, string]>([
    ['a service', Mailer, `Mailer: it is neither a message nor a handler. ${insteadOf('Mailer')}`],
    ['a provider without a decorator', Clock, `Clock: it is neither a message nor a handler. ${insteadOf('Clock')}`],
    ['a provider of a request', Session, `Session: it is neither a message nor a handler. ${insteadOf('Session')}`],
    ['a service of another module', Carrier, `Carrier: it is neither a message nor a handler. ${insteadOf('Carrier')}`],
    ['a saga', Sagas, `Sagas: it is neither a message nor a handler. ${insteadOf('Sagas')}`],
    ['a module', ShopModule, `ShopModule: it is neither a message nor a handler. ${insteadOf('ShopModule')}`],
    [
      'a handler of another module',
      Elsewhere,
      'Elsewhere: it is a handler that the application does not provide. Import its module; if it is loaded lazily, load it before.',
    ],
    [
      'a method of a handler of another module',
      [Elsewhere, 'handle'],
      'Elsewhere: it is a handler that the application does not provide. Import its module; if it is loaded lazily, load it before.',
    ],
    ['a method that is not there', [Orders, 'renamed'], 'Orders.renamed: the class has no such method.'],
    [
      'a method that handles nothing',
      [Lists, 'total'],
      'Lists.total: the method handles no message. Name one that does: add, count.',
    ],
    ['a method of a service', [Mailer, 'send'], `Mailer.send: Mailer is not a handler. ${insteadOf('Mailer')}`],
  ])('refuses what it could never answer: %s', (_what, stubbed, text) => {
    expect(() => stub(app, stubbed as never)).toThrow(new TypeError(`stub() cannot take the place of ${text}`));
  });

  it('answers for the base class of messages, and for a plain class that only a saga or a handler names', async () => {
    const { app, events, commands } = await start({ imports: [CqrsModule.forRoot()], providers: [Plain, Sagas] });
    const plain = stub(app, PlainBase).silent();
    await commands.execute(new PlainCommand());
    expect(plain.calls).toEqual([new PlainCommand()]);
    expect(() => stub(app, PlainEvent).silent()).not.toThrow();
    await events.publish(new PlainEvent());
    expect(log).toEqual(['saga']);
  });

  it('answers for handlers before the application is initialized', async () => {
    const module = await Test.createTestingModule({ imports: [CqrsModule.forRoot()], providers: [Mail] }).compile();
    const mail = stub(module, Mail).silent();
    await module.init();
    await module.get(EventBus).publish(new Placed());
    expect([log, mail.calls]).toEqual([[], [new Placed()]]);
    await module.close();
  });

  it('is typed by the message', () => {
    const shipping = stub(app, EstimateShipping);
    // @ts-expect-error the answer has days
    shipping.with({ hours: 2 });
    // @ts-expect-error as above
    shipping.inTurn({ days: 1 }, 7);
    const mail: readonly Placed[] = stub(app, Mail).calls;
    const list: readonly Placed[] = stub(app, [Lists, 'add']).calls;
    expect([mail, list, shipping.calls]).toEqual([[], [], []]);
  });
});
