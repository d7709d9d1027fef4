import { jest } from '@jest/globals';
import { Inject, Injectable, Module, Scope } from '@nestjs/common';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  Event,
  EventBus,
  EventsHandler,
  type ICommandHandler,
  Query,
  QueryBus,
  QueryHandler,
} from '../../../lib/index.js';
import { RecordedLog } from '../../support/application.js';
import { soon } from '../../support/waiting.js';

class Charge extends Command<string> {
  constructor(readonly amount: number) {
    super();
  }
}
class Balance extends Query<number> {}
class Charged extends Event {}

@Injectable()
class Gateway {
  charge() {
    return 'real money';
  }
}

@CommandHandler(Charge)
class ChargeHandler implements ICommandHandler<Charge> {
  constructor(@Inject(Gateway) readonly gateway: Gateway) {}
  execute(_command: Charge) {
    return Promise.resolve(this.gateway.charge());
  }
}

@Injectable()
class Accounts {
  @QueryHandler(Balance)
  balance() {
    return 1;
  }
  @EventsHandler(Charged)
  onCharged() {
    return undefined;
  }
}

@Injectable()
class Shop {
  constructor(
    readonly commands: CommandBus,
    readonly queries: QueryBus,
    readonly events: EventBus,
  ) {}
  async buy() {
    const receipt = await this.commands.execute(new Charge(1));
    await this.events.publish(new Charged());
    return receipt;
  }
}

@Module({ imports: [CqrsModule], providers: [Gateway, ChargeHandler, Accounts, Shop], exports: [Shop] })
class ShopModule {}

const test = () =>
  Test.createTestingModule({ imports: [CqrsModule.forRoot(), ShopModule] }).setLogger(new RecordedLog());

/** Compiles, initializes, runs, and closes. */
async function using<T>(builder: TestingModuleBuilder, run: (shop: Shop) => Promise<T>): Promise<T> {
  const module = await builder.compile();
  try {
    await module.init();
    return await run(module.get(Shop, { strict: false }));
  } finally {
    await module.close();
  }
}

const buy = (builder: TestingModuleBuilder) => using(builder, shop => shop.buy());

describe('A test that overrides a handler', () => {
  it('with a value keeps it registered', async () => {
    expect(
      await buy(
        test()
          .overrideProvider(ChargeHandler)
          .useValue({ execute: () => 'by a value' }),
      ),
    ).toBe('by a value');
  });

  it('with a value that is a mock calls it with the message alone', async () => {
    const execute = jest.fn(() => Promise.resolve('by a mock'));
    expect(await buy(test().overrideProvider(ChargeHandler).useValue({ execute }))).toBe('by a mock');
    expect(execute.mock.calls).toEqual([[new Charge(1)]]);
  });

  it('with a class that is not decorated keeps it registered', async () => {
    class FakeChargeHandler {
      execute() {
        return Promise.resolve('by a class');
      }
    }
    expect(await buy(test().overrideProvider(ChargeHandler).useClass(FakeChargeHandler))).toBe('by a class');
  });

  it('with a class that is decorated does not make a duplicate', async () => {
    @CommandHandler(Charge)
    class FakeChargeHandler extends ChargeHandler {
      override execute() {
        return Promise.resolve('by a decorated class');
      }
    }
    expect(await buy(test().overrideProvider(ChargeHandler).useClass(FakeChargeHandler))).toBe('by a decorated class');
  });

  it('with a factory that injects keeps it registered', async () => {
    const factory = (gateway: Gateway) => ({ execute: () => `${gateway.charge()} by a factory` });
    expect(
      await buy(
        test()
          .overrideProvider(ChargeHandler)
          .useFactory({ factory, inject: [Gateway] }),
      ),
    ).toBe('real money by a factory');
  });

  it('with a request-scoped factory keeps it registered', async () => {
    const override = { factory: () => ({ execute: () => 'scoped' }), scope: Scope.REQUEST };
    expect(await buy(test().overrideProvider(ChargeHandler).useFactory(override))).toBe('scoped');
  });

  it('with something that has no method is refused, naming the handler', async () => {
    await expect(buy(test().overrideProvider(ChargeHandler).useValue({}))).rejects.toMatchObject({
      problems: [{ code: 'CQRS_HANDLER_WITHOUT_METHOD', where: 'ChargeHandler in ShopModule' }],
    });
  });

  it('of methods keeps all of them registered', async () => {
    const balance = jest.fn(() => 2);
    const onCharged = jest.fn();
    const builder = test().overrideProvider(Accounts).useValue({ balance, onCharged });
    expect(
      await using(builder, async shop => {
        await shop.events.publish(new Charged());
        return shop.queries.ask(new Balance());
      }),
    ).toBe(2);
    expect(onCharged).toHaveBeenCalledTimes(1);
  });

  it('by overriding its dependency sees that', async () => {
    expect(
      await buy(
        test()
          .overrideProvider(Gateway)
          .useValue({ charge: () => 'play money' }),
      ),
    ).toBe('play money');
  });

  it('by spying on its instance sees the calls', async () => {
    const module = await test().compile();
    const spy = jest.spyOn(module.get(ChargeHandler, { strict: false }), 'execute').mockResolvedValue('spied');
    await module.init();
    expect(await module.get(Shop, { strict: false }).buy()).toBe('spied');
    expect(spy).toHaveBeenCalledWith(new Charge(1));
    await module.close();
  });

  it('by mocking everything that is missing starts', async () => {
    const module = await Test.createTestingModule({ providers: [ChargeHandler] })
      .useMocker(() => ({ charge: () => 'mocked' }))
      .compile();
    expect(await module.get(ChargeHandler).execute(new Charge(1))).toBe('mocked');
    await module.close();
  });
});

describe('A test that overrides a bus', () => {
  it('with a value starts, and the others work', async () => {
    const execute = jest.fn(() => Promise.resolve('by a mocked bus'));
    const builder = test().overrideProvider(CommandBus).useValue({ execute });
    expect(
      await using(builder, async shop => [
        await shop.commands.execute(new Charge(1)),
        await shop.queries.ask(new Balance()),
      ]),
    ).toEqual(['by a mocked bus', 1]);
    expect(execute).toHaveBeenCalledTimes(1);
  });

  it('with values for all of them starts and closes', async () => {
    const bus = { execute: () => Promise.resolve('mocked'), publish: jest.fn() };
    let builder = test();
    for (const type of [CommandBus, QueryBus, EventBus]) builder = builder.overrideProvider(type).useValue(bus);
    expect(await buy(builder)).toBe('mocked');
    expect(bus.publish).toHaveBeenCalledTimes(1);
  });

  it('with a subclass gives it the handlers', async () => {
    class LoudCommandBus extends CommandBus {
      override execute(...args: [never]) {
        return super.execute(...args).then(result => `${String(result)}!`) as never;
      }
    }
    expect(await buy(test().overrideProvider(CommandBus).useClass(LoudCommandBus))).toBe('real money!');
  });

  it('with a bus built by hand gives it the handlers, and leaves it what it was built with', async () => {
    const factory = () => new CommandBus({ middleware: [async (message, next) => `${String(await next(message))}?`] });
    expect(await buy(test().overrideProvider(CommandBus).useFactory({ factory }))).toBe('real money?');
  });

  it('with an event bus built by hand leaves it its mode, where the options say nothing of it', async () => {
    const order: string[] = [];
    class Slow {
      @EventsHandler(Charged)
      async slow() {
        await soon();
        order.push('slow');
      }
      @EventsHandler(Charged)
      quick() {
        order.push('quick');
      }
    }
    const module = await Test.createTestingModule({ imports: [CqrsModule.forRoot()], providers: [Slow] })
      .overrideProvider(EventBus)
      .useFactory({ factory: () => new EventBus({ mode: 'sequential' }) })
      .compile();
    await module.init();
    await module.get(EventBus).publish(new Charged());
    expect(order).toEqual(['slow', 'quick']);
    await module.close();
  });

  it('by spying on it sees what is sent', async () => {
    const module = await test().compile();
    await module.init();
    const publish = jest.spyOn(module.get(EventBus), 'publish');
    await module.get(Shop, { strict: false }).buy();
    expect(publish).toHaveBeenCalledWith(new Charged());
    await module.close();
  });
});

describe('A test that overrides a module', () => {
  it('gets the handlers of the other one', async () => {
    @CommandHandler(Charge)
    class FreeOfCharge {
      execute() {
        return Promise.resolve('free');
      }
    }
    @Module({ providers: [FreeOfCharge, Shop], exports: [Shop] })
    class FreeShopModule {}
    expect(await buy(test().overrideModule(ShopModule).useModule(FreeShopModule))).toBe('free');
  });
});
