import { Injectable, type Type } from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import {
  CommandHandler,
  CqrsModule,
  CqrsWiringException,
  DuplicateMessageNameException,
  EventsHandler,
  Message,
  MessageCatalog,
  Saga,
  UnknownMessageException,
  type CqrsModuleOptions,
} from '../../../lib/index.js';
import { start } from '../../support/application.js';
import { collectUntil } from '../../support/garbage.js';
import { throughJSON } from '../../support/json.js';

const catalogOf = async (providers: Type[], options: CqrsModuleOptions = {}) => {
  const { app } = await start({ imports: [CqrsModule.forRoot(options)], providers });
  return app.get(MessageCatalog);
};
const readBack = (catalog: MessageCatalog, message: object) => catalog.fromJSON(throughJSON(catalog.envelope(message)));

class UserCreated {
  constructor(readonly userId: string) {}
}
@Message({ name: 'users.renamed' })
class UserRenamed {
  constructor(readonly userId: string) {}
}

describe('Events that only a saga names', () => {
  @Injectable()
  class Sagas {
    @Saga(UserCreated, UserRenamed)
    welcome(): undefined {
      return undefined;
    }
  }

  it('are known to the catalog', async () => {
    const catalog = await catalogOf([Sagas]);
    expect([...catalog.names()]).toEqual(expect.arrayContaining(['UserCreated', 'users.renamed']));
    for (const event of [new UserCreated('u1'), new UserRenamed('u1')])
      expect(readBack(catalog, event).payload).toStrictEqual(event);
  });

  it('and whose name another message has are refused at start', async () => {
    const namesake = (() => class UserCreated {})();
    @Injectable()
    class Handlers {
      @EventsHandler(namesake)
      on() {}
    }
    await expect(catalogOf([Sagas, Handlers])).rejects.toMatchObject({
      problems: [expect.objectContaining({ code: 'CQRS_DUPLICATE_MESSAGE_NAME' })],
    });
  });

  it('and that are not there leave the report to the saga', async () => {
    @Injectable()
    class Broken {
      @Saga(undefined as unknown as typeof UserCreated)
      welcome(): undefined {
        return undefined;
      }
    }
    const failed = catalogOf([Broken]);
    await expect(failed).rejects.toThrow(CqrsWiringException);
    await expect(failed).rejects.toMatchObject({ problems: [expect.objectContaining({ code: 'CQRS_INVALID_SAGA' })] });
  });

  it('bring their subclasses', async () => {
    @Message({ name: 'users.renamed.by-admin' })
    class RenamedByAdmin extends UserRenamed {}
    const event = new RenamedByAdmin('u1');
    expect(readBack(await catalogOf([Sagas]), event).payload).toStrictEqual(event);
  });
});

describe('Subclasses that a handler of the base class serves', () => {
  class Money {
    constructor(readonly cents: number) {}
  }
  abstract class OrderEvent {
    constructor(readonly orderId: string) {}
  }
  @Message({ name: 'orders.placed', aliases: ['order.placed'], nested: [Money] })
  class OrderPlaced extends OrderEvent {
    constructor(
      orderId: string,
      readonly price: Money,
    ) {
      super(orderId);
    }
  }
  class OrderLost extends OrderEvent {}
  @Message({ name: 'orders.noted' })
  class Noted extends OrderEvent {
    constructor(readonly about: OrderEvent) {
      super('o1');
    }
  }
  class Change {}
  @Message({ name: 'orders.cancel' })
  class Cancel extends Change {}

  @Injectable()
  class Handlers {
    @EventsHandler(OrderEvent)
    on() {}
    @CommandHandler(Change)
    change() {}
  }
  @Injectable()
  class OfUsers {
    @EventsHandler(UserCreated)
    on() {}
  }

  it('are known by name and alias if they have @Message, of events and of commands', async () => {
    const catalog = await catalogOf([Handlers]);
    expect(catalog.get('orders.placed')).toBe(OrderPlaced);
    expect(catalog.find('order.placed')).toBe(OrderPlaced);
    expect(catalog.get('orders.cancel')).toBe(Cancel);
    expect(catalog.knows(OrderPlaced)).toBe(true);
    expect([...catalog.names()]).toEqual(expect.arrayContaining(['OrderEvent', 'orders.placed', 'order.placed']));
    expect(catalog.size).toBe(new Set([...catalog].map(([, type]) => type)).size);
    const event = new OrderPlaced('o1', new Money(5));
    expect(readBack(catalog, event).payload).toStrictEqual(event);
  });

  it('may be held by messages, with the nested classes that they name', async () => {
    const catalog = await catalogOf([Handlers]);
    const event = new Noted(new OrderPlaced('o1', new Money(5)));
    const json = throughJSON(catalog.envelope(event));
    expect(catalog.fromJSON(json).payload).toStrictEqual(event);
    expect((await catalogOf([Handlers])).fromJSON(json).payload).toStrictEqual(event);
  });

  it('are known if they are loaded later', async () => {
    const catalog = await catalogOf([Handlers]);
    expect(catalog.find('orders.late')).toBeUndefined();
    @Message({ name: 'orders.late' })
    class Late extends OrderEvent {}
    expect(catalog.get('orders.late')).toBe(Late);
  });

  it('without @Message are known once one has been written, and unknown to other processes', async () => {
    const [catalog, other] = [await catalogOf([Handlers]), await catalogOf([Handlers])];
    expect(catalog.find('OrderLost')).toBeUndefined();
    const json = throughJSON(catalog.envelope(new OrderLost('o1')));
    expect(catalog.fromJSON(json).payload).toStrictEqual(new OrderLost('o1'));
    expect([...catalog.names()]).toContain('OrderLost');
    expect(() => other.fromJSON(json)).toThrow(UnknownMessageException);
    const listing = await catalogOf([Handlers], { messages: [OrderLost] });
    expect(listing.fromJSON(json).payload).toStrictEqual(new OrderLost('o1'));
  });

  it('are unknown to an application without such a handler, in the same process', async () => {
    const catalog = await catalogOf([OfUsers]);
    expect(catalog.find('orders.placed')).toBeUndefined();
    expect(catalog.knows(OrderPlaced)).toBe(false);
    expect([...catalog.names()]).toEqual(['UserCreated']);
    expect(() => catalog.get('orders.placed')).toThrow(expect.objectContaining({ near: [] }));
    expect(() => new MessageCatalog([OrderEvent]).get('orders.placed')).toThrow(UnknownMessageException);
  });

  it('do not come with a handler of all messages', async () => {
    @Injectable()
    class All {
      @EventsHandler(Object)
      on() {}
    }
    expect((await catalogOf([All])).find('orders.placed')).toBeUndefined();
  });

  it('have no name if two of them claim it, and leave it to what has a handler', async () => {
    const declare = () => {
      @Message({ name: 'orders.twice' })
      class Twice extends OrderEvent {}
      return Twice;
    };
    const [first, second] = [declare(), declare()];
    const catalog = await catalogOf([Handlers]);
    expect(() => catalog.get('orders.twice')).toThrow(DuplicateMessageNameException);
    expect([...catalog.names()]).not.toContain('orders.twice');
    expect((await catalogOf([Handlers], { messages: [second] })).get('orders.twice')).toBe(second);
    expect(first).not.toBe(second);
  });

  it('of a module that is refused stay unknown', async () => {
    @Message({ name: 'lazy.event' })
    class OfLazy extends UserCreated {}
    @Injectable()
    class Broken {
      @Saga(undefined as unknown as typeof UserCreated)
      welcome(): undefined {
        return undefined;
      }
    }
    class LazyModule {}
    const { app } = await start({ imports: [CqrsModule] });
    const load = app
      .get(LazyModuleLoader)
      .load(() => ({ module: LazyModule, imports: [CqrsModule], providers: [OfUsers, Broken] }));
    await expect(load).rejects.toThrow(CqrsWiringException);
    expect(app.get(MessageCatalog).knows(OfLazy)).toBe(false);
    expect(app.get(MessageCatalog).find('lazy.event')).toBeUndefined();
  });

  it('are forgotten with their names when nothing else holds them', async () => {
    const catalog = await catalogOf([Handlers]);
    const declare = () => {
      for (let i = 0; i < 10; i++) {
        @Message({ name: `orders.dynamic-${i}` })
        class Dynamic extends OrderEvent {}
        expect(catalog.find(`orders.dynamic-${i}`)).toBe(Dynamic);
      }
    };
    declare();
    const left = () => [...catalog.names()].filter(name => name.startsWith('orders.dynamic'));
    await collectUntil(() => left().length === 0);
    expect(left()).toEqual([]);
  });
});
