import { jest } from '@jest/globals';
import type { IAggregateRoot } from '../../../lib/aggregates/aggregate.js';
import { AggregateRoot } from '../../../lib/aggregates/aggregate-root.js';
import { EventPublisher } from '../../../lib/aggregates/event-publisher.js';
import { announce, withdraw } from '../../../lib/aggregates/live-event-buses.js';
import { Publishable } from '../../../lib/aggregates/publishable.decorator.js';
import { EventBus } from '../../../lib/events/event-bus.js';
import type { IEventPublisher } from '../../../lib/buses/publishers.js';
import { BusClosedException } from '../../../lib/errors/bus-closed.exception.js';
import { NoEventBusException } from '../../../lib/errors/no-event-bus.exception.js';
import { AsyncContext } from '../../../lib/scopes/async-context.js';
import { DragonKilled, Hero, ItemFound, Rested } from './heroes.js';
import { soon } from '../../support/waiting.js';
import { quietLog } from '../../support/quiet-log.js';

const broken = new Error('broker down');

/** An event bus and the names of the dragons it was told of. */
const newBus = () => {
  const bus = new EventBus();
  const dragons: string[] = [];
  bus.register(DragonKilled, ({ dragon }) => void dragons.push(dragon));
  return { bus, dragons };
};

beforeEach(() => quietLog());

describe('mergeObjectContext', () => {
  it('publishes the events of one aggregate, with the aggregate as context and the AsyncContext given', async () => {
    const { bus, dragons } = newBus();
    const publishAll = jest.spyOn(bus, 'publishAll');
    const publish = jest.spyOn(bus, 'publish');
    const asyncContext = new AsyncContext();
    const hero = new Hero();
    expect(new EventPublisher(bus).mergeObjectContext(hero, asyncContext)).toBe(hero);
    hero.kill('Smaug');
    await hero.commit();
    await hero.publish(new DragonKilled('Fafnir'));
    expect(dragons).toEqual(['Smaug', 'Fafnir']);
    expect(publishAll).toHaveBeenCalledWith([new DragonKilled('Smaug')], hero, asyncContext);
    expect(publish).toHaveBeenCalledWith(new DragonKilled('Fafnir'), hero, asyncContext);
  });

  it('waits in commit for the handlers of this process', async () => {
    const { bus } = newBus();
    let handled = false;
    bus.register(DragonKilled, async () => {
      await soon();
      handled = true;
    });
    const hero = new EventPublisher(bus).mergeObjectContext(new Hero());
    hero.kill('Smaug');
    await hero.commit();
    expect(handled).toBe(true);
  });

  it('publishes what handlers apply during a commit by the next', async () => {
    const { bus, dragons } = newBus();
    const hero = new EventPublisher(bus).mergeObjectContext(new Hero());
    bus.register(DragonKilled, async ({ dragon }) => {
      if (dragon !== 'Smaug') return;
      hero.kill('Fafnir');
      await hero.commit();
    });
    hero.kill('Smaug');
    await hero.commit();
    expect(dragons).toEqual(['Smaug', 'Fafnir']);
  });

  it('merges frozen aggregates and leaves them as they are', async () => {
    const { bus, dragons } = newBus();
    const hero = Object.freeze(new Hero());
    const publisher = new EventPublisher(bus);
    publisher.mergeObjectContext(hero);
    hero.kill('Smaug');
    await hero.commit();
    await hero.publish(new DragonKilled('Fafnir'));
    expect(dragons).toEqual(['Smaug', 'Fafnir']);
    expect(Object.hasOwn(hero, 'publish')).toBe(false);
  });

  it('does not show on the aggregate when it is compared or printed', () => {
    const hero = new EventPublisher(newBus().bus).mergeObjectContext(new Hero());
    expect(hero).toEqual(new Hero());
    expect(Object.keys(hero)).toEqual(Object.keys(new Hero()));
  });

  it('merges other implementations of IAggregateRoot, and says if it cannot', async () => {
    const { bus, dragons } = newBus();
    class Foreign implements IAggregateRoot {
      autoCommit = false;
      publish(_event: object): void {}
      publishAll(_events: object[]): void {}
      commit(): void {}
      uncommit(): void {}
      getUncommittedEvents(): object[] {
        return [];
      }
      loadFromHistory(): void {}
      apply(): void {}
    }
    const publisher = new EventPublisher(bus);
    await publisher.mergeObjectContext<IAggregateRoot>(new Foreign()).publish(new DragonKilled('Smaug'));
    expect(dragons).toEqual(['Smaug']);
    expect(() => publisher.mergeObjectContext(Object.freeze(new Foreign()))).toThrow(TypeError);
  });

  it('leaves methods that spies may replace and take away', () => {
    const [hero, other] = [new Hero(), new Hero()].map(one => new EventPublisher(newBus().bus).mergeObjectContext(one));
    const spy = jest.spyOn(hero!, 'publish').mockImplementation(() => Promise.resolve());
    void hero!.publish(new Rested());
    expect(spy).toHaveBeenCalledTimes(1);
    delete (other as Partial<Hero>).publish;
    expect(Object.hasOwn(other!, 'publish')).toBe(false);
  });

  it('merges anew what was merged before', async () => {
    const [one, other] = [newBus(), newBus()];
    const hero = new EventPublisher(one.bus).mergeObjectContext(new Hero());
    new EventPublisher(other.bus).mergeObjectContext(hero);
    hero.kill('Smaug');
    await hero.commit();
    expect([one.dragons, other.dragons]).toEqual([[], ['Smaug']]);
  });
});

describe('mergeClassContext', () => {
  it('makes a subclass of the same name whose instances publish', async () => {
    const { bus, dragons } = newBus();
    const Merged = new EventPublisher(bus).mergeClassContext(Hero);
    const hero = new Merged();
    hero.kill('Smaug');
    await hero.commit();
    await hero.publish(new DragonKilled('Fafnir'));
    expect(hero).toBeInstanceOf(Hero);
    expect(Merged.name).toBe('Hero');
    expect(dragons).toEqual(['Smaug', 'Fafnir']);
  });

  it('makes a subclass whose name may be defined anew', () => {
    const Merged = new EventPublisher(newBus().bus).mergeClassContext(Hero);
    Object.defineProperty(Merged, 'name', { value: 'Knight' });
    expect(Merged.name).toBe('Knight');
  });

  it('keeps two applications that merge one class apart, and the class as it is', async () => {
    const [one, other] = [newBus(), newBus()];
    const [One, Other] = [one, other].map(({ bus }) => new EventPublisher(bus).mergeClassContext(Hero)) as [
      typeof Hero,
      typeof Hero,
    ];
    for (const [hero, dragon] of [
      [new One(), 'Smaug'],
      [new Other(), 'Fafnir'],
      [new Hero(), 'nobody'],
    ] as const) {
      hero.kill(dragon);
      await hero.commit();
    }
    expect([one.dragons, other.dragons]).toEqual([['Smaug'], ['Fafnir']]);
  });

  it('gives way to an object that is merged itself, frozen or not', async () => {
    const [one, other] = [newBus(), newBus()];
    const Merged = new EventPublisher(one.bus).mergeClassContext(Object.freeze(Hero));
    for (const hero of [new Merged(), Object.freeze(new Merged())]) {
      new EventPublisher(other.bus).mergeObjectContext(hero);
      hero.kill('Smaug');
      await hero.commit();
    }
    expect([one.dragons, other.dragons]).toEqual([[], ['Smaug', 'Smaug']]);
  });

  it('works for instances that no constructor has made', async () => {
    const { bus, dragons } = newBus();
    const Merged = new EventPublisher(bus).mergeClassContext(Hero);
    const hero = Object.assign(Object.create(Merged.prototype) as Hero, { seen: [] });
    hero.kill('Smaug');
    await hero.commit();
    expect(dragons).toEqual(['Smaug']);
  });
});

/** A hero who has killed four dragons, in front of a publisher. */
const heroOn = (publisher: object) => {
  const { bus } = newBus();
  bus.publisher = publisher as IEventPublisher;
  const hero = new EventPublisher(bus).mergeObjectContext(new Hero());
  for (const dragon of ['one', 'two', 'three', 'four']) hero.kill(dragon);
  return hero;
};
/** The dragons of the events that are left to publish. */
const left = (hero: Hero) => (hero.getUncommittedEvents() as DragonKilled[]).map(({ dragon }) => dragon);

describe('the list of events that a publisher did not accept', () => {
  it('holds all events if publishAll rejects; an un-awaited commit does not end the process', async () => {
    const publishAll = jest.fn(async () => {
      throw broken;
    });
    const hero = heroOn({ publish: jest.fn(), publishAll });
    void hero.commit();
    await soon();
    expect(left(hero)).toEqual(['one', 'two', 'three', 'four']);
  });

  it('holds the event that publish rejects, without a publishAll', async () => {
    const seen: string[] = [];
    let works = false;
    const hero = heroOn({
      async publish({ dragon }: DragonKilled) {
        await soon();
        if (dragon === 'three' && !works) throw broken;
        seen.push(dragon);
      },
    });
    await expect(hero.commit()).rejects.toBe(broken);
    expect(left(hero)).toEqual(['three']);
    works = true;
    await hero.commit();
    expect(seen).toEqual(['one', 'two', 'four', 'three']);
  });

  it('holds the event at which publish throws and all later ones, without a publishAll', async () => {
    const seen: string[] = [];
    const hero = heroOn({
      publish({ dragon }: DragonKilled) {
        if (dragon === 'three') throw broken;
        seen.push(dragon);
      },
    });
    await expect(hero.commit()).rejects.toBe(broken);
    expect(seen).toEqual(['one', 'two']);
    expect(left(hero)).toEqual(['three', 'four']);
  });

  it.each(['rejects', 'throws'])('is what the error does not list as accepted, when publishAll %s', async how => {
    const hero = heroOn({
      publish: jest.fn(),
      publishAll(events: object[]) {
        const error = Object.assign(new Error('half'), { accepted: events.slice(0, 2) });
        if (how === 'throws') throw error;
        return Promise.reject(error);
      },
    });
    await expect(hero.commit()).rejects.toThrow('half');
    expect(left(hero)).toEqual(['three', 'four']);
  });

  it('is empty if the publisher empties the list it received', async () => {
    const hero = heroOn({
      publish: jest.fn(),
      publishAll: async (events: object[]) => void (events.length = 0),
    });
    await hero.commit();
    expect(left(hero)).toEqual([]);
  });
});

describe('handlers that fail under onError: throw', () => {
  it('fail the commit, but the events were accepted and are not handed out again', async () => {
    const bus = new EventBus({ onError: 'throw' });
    const seen: string[] = [];
    bus.register(DragonKilled, ({ dragon }) => {
      seen.push(dragon);
      throw broken;
    });
    const hero = new EventPublisher(bus).mergeObjectContext(new Hero());
    hero.kill('Smaug');
    await expect(hero.commit()).rejects.toBe(broken);
    expect(hero.getUncommittedEvents()).toEqual([]);
    hero.autoCommit = true;
    hero.kill('Fafnir');
    await soon();
    expect(hero.getUncommittedEvents()).toEqual([]);
    expect(seen).toEqual(['Smaug', 'Fafnir']);
  });
});

describe('a bus that refuses one event of several', () => {
  it.each(['parallel', 'sequential'] as const)('has that one kept alone (%s)', async mode => {
    const bus = new EventBus({ mode });
    const seen: string[] = [];
    bus.register(DragonKilled, ({ dragon }) => seen.push(dragon));
    bus.admit = type => {
      if (type === ItemFound) throw broken;
    };
    const hero = new EventPublisher(bus).mergeObjectContext(new Hero());
    hero.kill('Smaug');
    hero.find('ring');
    hero.kill('Fafnir');
    await expect(hero.commit()).rejects.toBe(broken);
    expect(hero.getUncommittedEvents()).toEqual([new ItemFound('ring')]);
    bus.admit = undefined;
    await hero.commit();
    expect([seen, hero.getUncommittedEvents()]).toEqual([['Smaug', 'Fafnir'], []]);
  });
});

describe('a closed bus', () => {
  it('accepts nothing: commit rejects and keeps the events', async () => {
    const { bus } = newBus();
    const hero = new EventPublisher(bus).mergeObjectContext(new Hero());
    bus.close();
    hero.kill('Smaug');
    hero.find('ring');
    await expect(hero.commit()).rejects.toBeInstanceOf(BusClosedException);
    expect(hero.getUncommittedEvents()).toEqual([new DragonKilled('Smaug'), new ItemFound('ring')]);
    hero.autoCommit = true;
    hero.kill('Fafnir');
    await soon();
    expect(hero.getUncommittedEvents()).toHaveLength(3);
  });
});

describe('@Publishable', () => {
  @Publishable()
  class Knight extends AggregateRoot {}

  const ride = async (knight: Knight, dragon: string) => {
    knight.apply(new DragonKilled(dragon));
    await knight.commit();
  };

  it('publishes to the application started last, and when that closes to the one before', async () => {
    const [one, other] = [newBus(), newBus()];
    const knight = new Knight();
    announce(one.bus);
    await ride(knight, 'a');
    announce(other.bus);
    await ride(knight, 'b');
    await knight.publish(new DragonKilled('c'));
    announce(one.bus);
    await ride(knight, 'd');
    withdraw(one.bus);
    withdraw(one.bus);
    await ride(knight, 'e');
    withdraw(other.bus);
    expect([one.dragons, other.dragons]).toEqual([
      ['a', 'd'],
      ['b', 'c', 'e'],
    ]);
  });

  it('keeps the events and says why while no application runs', async () => {
    const knight = new Knight();
    knight.apply(new Rested());
    await expect(knight.commit()).rejects.toBeInstanceOf(NoEventBusException);
    expect(knight.getUncommittedEvents()).toEqual([new Rested()]);
    knight.autoCommit = true;
    knight.apply(new Rested());
    void knight.publish(new Rested());
    await soon();
    const { bus, dragons } = newBus();
    announce(bus);
    await ride(knight, 'Smaug');
    await knight.commit();
    withdraw(bus);
    expect(knight.getUncommittedEvents()).toEqual([]);
    expect(dragons).toEqual(['Smaug']);
  });

  it('gives way to EventPublisher, also for frozen aggregates', async () => {
    const [one, other] = [newBus(), newBus()];
    announce(one.bus);
    const frozen = new Knight();
    Object.freeze(frozen);
    for (const knight of [new Knight(), frozen])
      await ride(new EventPublisher(other.bus).mergeObjectContext(knight), 'Smaug');
    await new EventPublisher(other.bus).mergeObjectContext(Object.freeze(new Knight())).publish(new DragonKilled('b'));
    withdraw(one.bus);
    expect([one.dragons, other.dragons]).toEqual([[], ['Smaug', 'Smaug', 'b']]);
  });

  it('is inherited', async () => {
    class Paladin extends Knight {}
    const { bus, dragons } = newBus();
    announce(bus);
    await ride(new Paladin(), 'Smaug');
    withdraw(bus);
    expect(dragons).toEqual(['Smaug']);
  });
});
