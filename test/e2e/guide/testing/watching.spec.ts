import { jest } from '@jest/globals';
import { Scope } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  AggregateRoot,
  CommandBus,
  CommandHandler,
  CqrsModule,
  EventBus,
  EventPublisher,
  MessageContext,
  ofType,
  Query,
  QueryBus,
  QueryHandler,
  UnhandledExceptionBus,
} from 'nestjs-cqrs';
import { firstValueFrom } from 'rxjs';
import { quietLog } from '../../../support/quiet-log.js';
import {
  AskForReview,
  Carrier,
  Mailer,
  Orders,
  OrderShipped,
  OrdersModule,
  ReviewSagas,
  Ship,
  ShipHandler,
} from './orders.js';

const send = jest.fn<(template: string, orderId: string) => Promise<void>>();
let module: TestingModule;

beforeEach(async () => {
  quietLog();
  send.mockReset();
  module = await Test.createTestingModule({ imports: [OrdersModule] })
    .overrideProvider(Carrier)
    .useValue({ book: async () => 'parcel 7' })
    .overrideProvider(Mailer)
    .useValue({ send })
    .compile();
  await module.init();
});

// #region close
afterEach(() => module.close());
// #endregion

describe('watching', () => {
  it('a spy on a bus sees what is sent', async () => {
    // #region spy-on-bus
    const publish = jest.spyOn(module.get(EventBus), 'publish');

    await module.get(Orders).pay('o1');
    expect(publish).toHaveBeenCalledWith(new OrderShipped('o1', 'parcel 7'));
    // #endregion
  });

  it('a subscriber of a bus sees every message of it', async () => {
    // #region subscribe
    const published: object[] = [];
    module.get(EventBus).subscribe(event => published.push(event));

    await module.get(Orders).pay('o1');
    expect(published).toEqual([new OrderShipped('o1', 'parcel 7')]);
    // #endregion
  });

  it('only a subscriber sees the events that an aggregate commits', async () => {
    class Order extends AggregateRoot {}
    const events = module.get(EventBus);
    const published: object[] = [];
    events.subscribe(event => published.push(event));
    const publish = jest.spyOn(events, 'publish');
    const order = module.get(EventPublisher).mergeObjectContext(new Order());
    order.apply(new OrderShipped('o1', 'parcel 7'));
    await order.commit();
    expect(published).toEqual([new OrderShipped('o1', 'parcel 7')]);
    expect(publish).not.toHaveBeenCalled();
  });

  it('a handler that declares a context is called with it, also where a spy wraps it', async () => {
    class Locate extends Query<string> {}
    @QueryHandler(Locate)
    class LocateHandler {
      execute(_query: Locate, { correlationId }: MessageContext) {
        return correlationId;
      }
    }
    await using(LocateHandler, async own => {
      const execute = jest.spyOn(own.get(LocateHandler), 'execute');
      await own.get(QueryBus).ask(new Locate());
      // #region context
      expect(execute).toHaveBeenCalledWith(new Locate(), expect.any(MessageContext));
      // #endregion
    });
  });

  it('a request-scoped handler is spied on at its prototype', async () => {
    @CommandHandler(Ship, { scope: Scope.REQUEST })
    class ScopedShipHandler {
      execute({ orderId }: Ship) {
        return `shipped ${orderId}`;
      }
    }
    await using(ScopedShipHandler, async own => {
      expect(() => own.get(ScopedShipHandler)).toThrow('marked as a scoped provider');
      // #region scoped
      const execute = jest.spyOn(ScopedShipHandler.prototype, 'execute');
      // #endregion
      expect(await own.get(CommandBus).execute(new Ship('o1'))).toBe('shipped o1');
      expect(execute).toHaveBeenCalledWith(new Ship('o1'));
    });
  });
});

describe('automatic mocks', () => {
  it('make what is missing, buses too', async () => {
    // #region mocker
    const module = await Test.createTestingModule({ providers: [Orders] })
      .useMocker(token => (token === CommandBus ? { execute: jest.fn(async () => 'parcel 7') } : undefined))
      .compile();

    expect(await module.get(Orders).pay('o1')).toBe('parcel 7');
    expect(module.get(CommandBus).execute).toHaveBeenCalledWith(new Ship('o1'));
    // #endregion
    await module.close();
  });

  it('leave the buses of the module alone, and are asked for its optional options', async () => {
    const asked: unknown[] = [];
    const own = await Test.createTestingModule({ imports: [CqrsModule.forRoot()], providers: [ShipHandler, Orders] })
      .useMocker(token => {
        asked.push(token);
        // #region mocker-classes
        return typeof token === 'function' ? { book: async () => 'parcel 7' } : undefined;
        // #endregion
      })
      .compile();
    expect(await own.get(Orders).pay('o1')).toBe('parcel 7');
    expect(asked).toEqual([Carrier, 'CQRS_GIVEN_OPTIONS']);
    await own.close();
  });

  it('are refused where they are taken for options', async () => {
    const own = await Test.createTestingModule({ imports: [CqrsModule.forRoot()], providers: [Orders] })
      .useMocker(() => ({ book: async () => 'parcel 7' }))
      .compile();
    await expect(own.init()).rejects.toMatchObject({ problems: [{ code: 'CQRS_INVALID_OPTIONS' }] });
    await own.close();
  });
});

describe('waiting', () => {
  it('publish() waits for the handlers', async () => {
    // #region events
    await module.get(EventBus).publish(new OrderShipped('o1', 'parcel 7'));
    expect(send).toHaveBeenCalledWith('tracking', 'o1');
    // #endregion
  });

  it('publish() gives the failures of handlers to a test that asks', async () => {
    // #region throw
    send.mockRejectedValue(new Error('The mail server is down.'));

    const published = module.get(EventBus).publish(new OrderShipped('o1', 'parcel 7'), { onError: 'throw' });
    await expect(published).rejects.toThrow('The mail server is down.');
    // #endregion
  });

  it('close() waits for what sagas have caused', async () => {
    // #region saga-close
    await module.get(EventBus).publish(new OrderShipped('o1', 'parcel 7'));
    await module.close();

    expect(send).toHaveBeenCalledWith('review', 'o1');
    // #endregion
  });

  it('the command of a saga is awaited on the command bus', async () => {
    // #region saga-command
    const asked = firstValueFrom(module.get(CommandBus).pipe(ofType(AskForReview)));
    await module.get(EventBus).publish(new OrderShipped('o1', 'parcel 7'));

    expect(await asked).toEqual(new AskForReview('o1'));
    // #endregion
  });

  it('a saga is a method', () => {
    // #region saga-alone
    expect(new ReviewSagas().onShipped(new OrderShipped('o1', 'parcel 7'))).toEqual(new AskForReview('o1'));
    // #endregion
  });

  it('failures without a caller are on the UnhandledExceptionBus', async () => {
    send.mockImplementation(async template => {
      if (template === 'review') throw new Error('The mail server is down.');
    });
    // #region failures
    const failures: unknown[] = [];
    module.get(UnhandledExceptionBus).subscribe(({ exception }) => failures.push(exception));

    await module.get(Orders).pay('o1');
    await module.close();
    expect(failures).toEqual([new Error('The mail server is down.')]);
    // #endregion
  });
});

/** An application of one more handler, closed at the end. */
async function using(handler: new () => object, run: (module: TestingModule) => Promise<void>): Promise<void> {
  const own = await Test.createTestingModule({ imports: [CqrsModule.forRoot()], providers: [handler] }).compile();
  try {
    await own.init();
    await run(own);
  } finally {
    await own.close();
  }
}
