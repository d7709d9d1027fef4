import { jest } from '@jest/globals';
import { AggregateRoot } from '../../../lib/aggregates/aggregate-root.js';
import { WithAggregateRoot } from '../../../lib/aggregates/with-aggregate-root.js';
import { DragonKilled, Hero, Rested } from './heroes.js';
import { soon } from '../../support/waiting.js';
import { quietLog } from '../../support/quiet-log.js';

const broken = new Error('broker down');

describe('autoCommit', () => {
  let log: ReturnType<typeof quietLog>;
  beforeEach(() => (log = quietLog()));

  it('publishes at once, and records nothing', () => {
    const hero = new Hero();
    const publish = jest.spyOn(hero, 'publish');
    hero.autoCommit = true;
    hero.kill('Smaug');
    expect(publish.mock.calls).toEqual([[new DragonKilled('Smaug')]]);
    expect(hero.getUncommittedEvents()).toEqual([]);
    expect(hero.seen).toEqual(['killed Smaug']);
  });

  it('may be a class field', () => {
    class Eager extends AggregateRoot {
      override autoCommit = true;
      published: object[] = [];
      override publish(event: object): void {
        this.published.push(event);
      }
    }
    const eager = new Eager();
    eager.apply(new Rested());
    expect(eager.published).toEqual([new Rested()]);
  });

  it('publishes an event before what its handler applies', () => {
    class Chain extends AggregateRoot {
      override autoCommit = true;
      published: object[] = [];
      override publish(event: object): void {
        this.published.push(event);
      }
      onDragonKilled(): void {
        this.apply(new Rested());
      }
    }
    const chain = new Chain();
    chain.apply(new DragonKilled('Smaug'));
    expect(chain.published).toEqual([new DragonKilled('Smaug'), new Rested()]);
  });

  it('does not publish an event whose handler throws', () => {
    class Clumsy extends AggregateRoot {
      override autoCommit = true;
      onRested(): void {
        throw broken;
      }
    }
    const clumsy = new Clumsy();
    const publish = jest.spyOn(clumsy, 'publish');
    expect(() => clumsy.apply(new Rested())).toThrow(broken);
    expect(publish).not.toHaveBeenCalled();
    expect(clumsy.getUncommittedEvents()).toEqual([]);
  });

  it.each(['rejects', 'throws'])('keeps what cannot be published when publish %s', async how => {
    const hero = new Hero();
    hero.autoCommit = true;
    hero.publish = () => {
      if (how === 'throws') throw broken;
      return Promise.reject(broken);
    };
    hero.kill('Smaug');
    hero.kill('Fafnir');
    await soon();
    expect(hero.getUncommittedEvents()).toEqual([new DragonKilled('Smaug'), new DragonKilled('Fafnir')]);
    expect(log.warn).toHaveBeenCalledTimes(2);
    const publishAll = jest.spyOn(hero, 'publishAll');
    await hero.commit();
    expect(publishAll).toHaveBeenCalledWith([new DragonKilled('Smaug'), new DragonKilled('Fafnir')]);
    expect(hero.getUncommittedEvents()).toEqual([]);
  });
});

describe('WithAggregateRoot', () => {
  class Entity {
    constructor(readonly id: string) {}
    describe(): string {
      return `entity ${this.id}`;
    }
  }

  it('makes an aggregate of any class, and keeps its constructor and members', async () => {
    class Account extends WithAggregateRoot<DragonKilled, typeof Entity>(Entity) {
      seen = 0;
      onDragonKilled(): void {
        this.seen++;
      }
    }
    const account = new Account('7');
    account.apply(new DragonKilled('Smaug'));
    expect(account).toBeInstanceOf(Entity);
    expect([account.describe(), account.seen, account.getUncommittedEvents().length]).toEqual(['entity 7', 1, 1]);
    await account.commit();
    expect(account.pullEvents()).toEqual([]);
  });

  it('keeps two aggregates apart', () => {
    const [one, other] = [new Hero(), new Hero()];
    one.kill('Smaug');
    expect(other.getUncommittedEvents()).toEqual([]);
  });
});
