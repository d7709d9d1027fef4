import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { endWith, fromEvent, ignoreElements, map, takeUntil, type Observable } from 'rxjs';
import {
  Command,
  CommandHandler,
  ContextOrigin,
  CqrsModule,
  Event,
  EventBus,
  EventsHandler,
  MessageContext,
  Saga,
  UnhandledExceptionBus,
} from '../../../lib/index.js';
import { track } from '../../../lib/testing/index.js';
import { start, type Started } from '../../support/application.js';
import { goldenText, steady } from '../../support/golden.js';
import { pending } from '../../support/waiting.js';
import { CancelOrder, OrderPlaced, OrdersModule, PlaceOrder, RefundPayment, Ship, Shipped } from './failing-orders.js';

class Sell extends Command {}
class Late extends Command {}
class Audit extends Command {}
class Sold extends Event {}
class Noted extends Event {}
class Broken extends Event {}

/** Sends at a tick what it was given before: the asynchronous context of the sender is lost. */
const ticks = new EventEmitter();

@Injectable()
class Outbox implements OnModuleInit {
  private readonly waiting: { readonly event: object; readonly context: MessageContext }[] = [];
  readonly sent: Promise<unknown>[] = [];

  constructor(private readonly events: EventBus) {}

  onModuleInit(): void {
    ticks.on('tick', () => {
      for (const { event, context } of this.waiting.splice(0))
        this.sent.push(this.events.publish(event, { context, onError: 'report' }));
    });
  }

  add(event: object, context: MessageContext): void {
    this.waiting.push({ event, context });
  }
}

@Injectable()
class Shop {
  constructor(
    private readonly events: EventBus,
    private readonly outbox: Outbox,
  ) {}

  @CommandHandler(Sell)
  async sell(_command: Sell, context: MessageContext): Promise<void> {
    this.outbox.add(new Noted(), context);
    await this.events.publish(new Sold());
    await this.events.publish(new Broken(), { context });
  }

  @CommandHandler(Audit)
  async audit(_command: Audit): Promise<void> {
    throw new Error('no auditor');
  }

  @EventsHandler(Broken)
  break(_event: Broken): void {
    throw new Error('broken');
  }

  @Saga(Sold)
  onSold(_event: Sold): Audit {
    return new Audit();
  }

  @Saga()
  onTick = (events$: Observable<object>) =>
    fromEvent(ticks, 'audit').pipe(
      map(() => new Audit()),
      // At the shutdown.
      takeUntil(events$.pipe(ignoreElements(), endWith('end'))),
    );

  @Saga(Noted)
  onNoted(_event: Noted): never {
    return 'a text' as never;
  }
}

const startShop = (): Promise<Started> => start({ imports: [CqrsModule.forRoot()], providers: [Outbox, Shop] });

const told = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return steady((error as Error).message);
  }
  return 'It has not failed.';
};

const golden = (name: string, given: string) => goldenText(join(import.meta.dirname, 'texts', `${name}.txt`), given);

describe('what does not belong to a flow', () => {
  it('a failure elsewhere while the flow goes on', async () => {
    const { app, events } = await startShop();
    const { promise, finish } = pending();
    const going = track(app).run(() => promise);
    await events.publish(new Broken());
    finish();
    const flow = await going;
    expect([flow.failures, flow.published.length]).toEqual([[], 0]);
  });

  it('a command that a saga sends by itself', async () => {
    const { app } = await startShop();
    const { promise, finish } = pending();
    const going = track(app, { failures: 'collect' }).run(() => promise);
    ticks.emit('audit');
    finish();
    const flow = await going;
    expect([flow.emitted.length, flow.failures]).toEqual([0, []]);
    expect(told(() => flow.executed.only(Audit))).toMatch(
      /^ {2}Another Audit was executed at HH:MM:SS.mmm in another/m,
    );
  });

  it('what is ignored, even if it fails: an event, and a command of a saga', async () => {
    const { app } = await startShop();
    const flow = await track(app, { ignore: [Broken, Audit] }).execute(new Sell());
    expect(flow.failures).toEqual([]);
    expect(flow.tree().replaceAll(/ +\d+ ms/g, '')).toBe('command Sell → Shop.sell\n└─ event Sold  no handler');
  });

  it('what a saga answers that is not a message: the flow tells that the saga has failed', async () => {
    const { app } = await startShop();
    const { failures, emitted } = await track(app, { failures: 'collect' }).publish(new Noted());
    expect(emitted).toHaveLength(0);
    expect(
      failures.map(({ error, message, handler }) => [(error as { code?: string }).code, message, handler]),
    ).toEqual([['CQRS_INVALID_MESSAGE', undefined, { name: 'Shop.onNoted', module: 'RootTestModule' }]]);
  });
});

it('publish() of what is not a message fails, and is not recorded', async () => {
  const { app, events } = await startShop();
  const flow = await track(app, { failures: 'collect' }).run(() => events.publish('a text' as never));
  expect([flow.error, flow.published.length]).toEqual([expect.objectContaining({ code: 'CQRS_INVALID_MESSAGE' }), 0]);
});

it('a failure that the application reports itself belongs to the flow of its context', async () => {
  const { app, commands } = await startShop();
  const error = new Error('no receipt');
  commands.register(Late, (_command: Late, context: MessageContext) => {
    app.get(UnhandledExceptionBus).publish({ exception: error, cause: 'the printer' as never, context });
  });
  const { failures } = await track(app, { failures: 'collect' }).execute(new Late());
  expect(failures).toEqual([{ error, message: undefined, handler: undefined }]);
});

it('a message sent with a context belongs to the flow of the context, where the asynchronous one is lost', async () => {
  const { app } = await startShop();
  const flow = await track(app, { failures: 'collect' }).execute(new Sell());
  ticks.emit('tick');
  await Promise.all(app.get(Outbox).sent);
  const [noted] = flow.late;
  expect([flow.late.length, noted!.message, noted!.cause]).toEqual([1, new Noted(), flow.executed[0]]);
  await flow.settled();
  expect(flow.published.map(({ message }) => message)).toEqual([new Sold(), new Broken(), new Noted()]);
});

describe('a message that comes from a store, without the context of its cause', () => {
  const tracked = async () => {
    const { app, events } = await startShop();
    await track(app).run(() => undefined);
    const flow = await track(app, { failures: 'collect' }).execute(new Sell());
    const messageId = flow.executed[0]!.context!.messageId;
    return { app, events, flow, messageId };
  };

  it('belongs to the flow of its cause, by the id of the cause', async () => {
    const { events, flow, messageId } = await tracked();
    const context = new ContextOrigin({ causationId: messageId });
    await events.publish(new Noted(), { context, onError: 'report' });
    await events.publish(new Noted(), { context: new ContextOrigin({ causationId: 'another' }), onError: 'report' });
    expect(flow.late.map(({ message, cause }) => [message, cause])).toEqual([[new Noted(), flow.executed[0]]]);
  });

  it('belongs to the flow that has stored it, by its own id', async () => {
    const { events, flow, messageId } = await tracked();
    await events.publish(new Noted(), { messageId, context: new ContextOrigin(), onError: 'report' });
    expect(flow.late.map(({ message, cause }) => [message, cause])).toEqual([[new Noted(), flow.executed[0]]]);
  });
});

describe('what is told of a message that is not in the flow', () => {
  let started: Started;
  beforeEach(async () => (started = await start({ imports: [OrdersModule] })));

  it('that it was sent nowhere else', async () => {
    const { published } = await track(started.app).execute(new CancelOrder());
    const nothingAnywhere = told(() => published.only(Shipped));
    expect(nothingAnywhere).toBe(golden('nothing-anywhere', nothingAnywhere));
  });

  it('that it was sent elsewhere, by a saga and by itself', async () => {
    await track(started.app).run(() => undefined);
    await started.events.publish(new OrderPlaced('o1', 5));
    await started.commands.execute(new RefundPayment());
    const { executed } = await track(started.app).execute(new PlaceOrder('o2'));
    const anotherAlone = told(() => executed.only(RefundPayment));
    expect(anotherAlone).toBe(golden('another-alone', anotherAlone));
    const cancelled = await track(started.app).execute(new CancelOrder());
    await started.events.publish(new OrderPlaced('o3', 5));
    const anotherOfSaga = told(() => cancelled.executed.only(Ship));
    expect(anotherOfSaga).toBe(golden('another-of-saga', anotherOfSaga));
  });

  it('that a subscriber has sent it, and of which event', async () => {
    await track(started.app).run(() => undefined);
    const subscribed = started.events.subscribe(() => void started.commands.dispatch(new RefundPayment()));
    await started.events.publish(new Noted());
    subscribed.unsubscribe();
    const { executed } = await track(started.app).execute(new PlaceOrder('o1'));
    expect(told(() => executed.only(RefundPayment))).toContain('in another flow (event Noted, no common cause)');
  });

  it('that the first of an order was not sent', async () => {
    const { executed } = await track(started.app).execute(new CancelOrder());
    const orderFirst = told(() => executed.inOrder(PlaceOrder, RefundPayment));
    expect(orderFirst).toBe(golden('order-first', orderFirst));
  });
});
