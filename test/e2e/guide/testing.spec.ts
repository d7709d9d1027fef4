import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { CommandBus, EventBus, type Next } from 'nestjs-cqrs';
import {
  Audit,
  AuditLog,
  Carrier,
  Mailer,
  Orders,
  OrderShipped,
  OrdersModule,
  Ship,
  ShipHandler,
} from './testing/orders.js';

const root = join(import.meta.dirname, '../../..');

describe('a class alone', () => {
  it('a handler is a class: construct it and call it', async () => {
    // #region unit
    const events = new EventBus();
    const publish = jest.spyOn(events, 'publish');
    const handler = new ShipHandler({ book: async () => 'parcel 7' }, events);

    expect(await handler.execute(new Ship('o1'))).toBe('parcel 7');
    expect(publish).toHaveBeenCalledWith(new OrderShipped('o1', 'parcel 7'));
    // #endregion
  });

  it('a class that sends messages is given a bus with the handlers of the test', async () => {
    // #region bus-without-nest
    const commands = new CommandBus();
    commands.register(Ship, ({ orderId }) => `shipped ${orderId}`);

    expect(await new Orders(commands).pay('o1')).toBe('shipped o1');
    // #endregion
  });

  it('a middleware is given to a bus', async () => {
    // #region middleware-without-nest
    const log = new AuditLog();
    const commands = new CommandBus({ middleware: [new Audit(log)] });
    commands.register(Ship, () => 'parcel 7');

    await commands.execute(new Ship('o1'));
    expect(log.entries).toEqual(['Ship']);
    // #endregion
  });
});

describe('an application', () => {
  it('is started with fakes of what leaves the process', async () => {
    // #region start
    const send = jest.fn(async () => undefined);
    const module = await Test.createTestingModule({ imports: [OrdersModule] })
      .overrideProvider(Carrier)
      .useValue({ book: async () => 'parcel 7' })
      .overrideProvider(Mailer)
      .useValue({ send })
      .compile();
    await module.init();

    expect(await module.get(Orders).pay('o1')).toBe('parcel 7');
    expect(send).toHaveBeenCalledWith('tracking', 'o1');

    await module.close();
    // #endregion
    expect(module.get(AuditLog).entries).toEqual(['Ship', 'OrderShipped', 'AskForReview']);
  });

  it('a handler is overridden like any provider, and spies on its instance are seen', async () => {
    // #region override
    const module = await Test.createTestingModule({ imports: [OrdersModule] })
      .overrideProvider(ShipHandler)
      .useValue({ execute: async () => 'nothing shipped' })
      .compile();
    await module.init();

    expect(await module.get(Orders).pay('o1')).toBe('nothing shipped');

    const execute = jest.spyOn(module.get(ShipHandler), 'execute');
    await module.get(Orders).pay('o2');
    expect(execute).toHaveBeenCalledWith(new Ship('o2'));
    // #endregion
    await module.close();
  });

  it('a bus is overridden like any provider', async () => {
    // #region override-bus
    const commands = { execute: jest.fn(async () => 'parcel 7') };
    const module = await Test.createTestingModule({ imports: [OrdersModule] })
      .overrideProvider(CommandBus)
      .useValue(commands)
      .compile();
    await module.init();

    expect(await module.get(Orders).pay('o1')).toBe('parcel 7');
    expect(commands.execute).toHaveBeenCalledWith(new Ship('o1'));
    // #endregion
    await module.close();
  });

  it('a middleware is overridden like any provider', async () => {
    const builder = Test.createTestingModule({ imports: [OrdersModule] })
      .overrideProvider(ShipHandler)
      .useValue({ execute: async () => 'nothing shipped' });
    // #region override-middleware
    builder.overrideProvider(Audit).useValue({ intercept: (message: object, next: Next) => next(message) });
    // #endregion
    const module = await builder.compile();
    await module.init();
    expect(await module.get(Orders).pay('o1')).toBe('nothing shipped');
    expect(module.get(AuditLog).entries).toEqual([]);
    await module.close();
  });
});

describe('the settings of runners on the page', () => {
  const page = readFileSync(join(root, 'docs/testing.md'), 'utf8');
  const settings = [...page.matchAll(/^<!-- in (\S+) -->\n\n```json\n([^]*?)^```$/gm)];

  it.each(settings.map(([, file, shown]) => [file!, shown!]))('are those of %s, which runs', (file, shown) => {
    expect(JSON.parse(readFileSync(join(root, file), 'utf8'))).toMatchObject(JSON.parse(shown) as object);
  });

  it('all name the project that has them', () => {
    expect(settings.length).toBeGreaterThan(0);
    expect([...page.matchAll(/^```json$/gm)]).toHaveLength(settings.length);
  });
});
