import { jest } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Command, CommandBus, CommandHandler, CqrsModule, type ICommandHandler } from 'nestjs-cqrs';

class Ship extends Command<string> {
  constructor(readonly orderId: string) {
    super();
  }
}

@CommandHandler(Ship)
class ShipHandler implements ICommandHandler<Ship> {
  async execute({ orderId }: Ship) {
    return `shipped ${orderId}`;
  }
}

@Injectable()
class Orders {
  constructor(private readonly commands: CommandBus) {}

  pay(orderId: string) {
    return this.commands.execute(new Ship(orderId));
  }
}

@Module({ imports: [CqrsModule.forRoot()], providers: [ShipHandler, Orders] })
class OrdersModule {}

describe('testing', () => {
  it('a handler is a class: construct it and call it', async () => {
    // #region unit
    expect(await new ShipHandler().execute(new Ship('o1'))).toBe('shipped o1');
    // #endregion
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
    const commands = { execute: jest.fn(async () => 'faked') };
    const module = await Test.createTestingModule({ imports: [OrdersModule] })
      .overrideProvider(CommandBus)
      .useValue(commands)
      .compile();
    await module.init();
    expect(await module.get(Orders).pay('o1')).toBe('faked');
    expect(commands.execute).toHaveBeenCalledWith(new Ship('o1'));
    await module.close();
  });
});
