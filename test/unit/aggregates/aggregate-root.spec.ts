import type { Type } from '@nestjs/common';
import * as fc from 'fast-check';
import type { IAggregateRoot } from '../../../lib/aggregates/aggregate.js';
import { AggregateRoot } from '../../../lib/aggregates/aggregate-root.js';
import type { IEventHandler } from '../../../lib/handlers/handler.js';
import { InvalidMessageException } from '../../../lib/errors/invalid-message.exception.js';
import { Broker, DragonKilled, Hero, ItemFound, Rested } from './heroes.js';
import { soon } from '../../support/waiting.js';
import { quietLog } from '../../support/quiet-log.js';

const broken = new Error('broker down');

/** A hero whose `publishAll` is that of a broker. */
const heroOn = (broker: Broker) => Object.assign(new Hero(), { publishAll: broker.publishAll.bind(broker) });

describe('commit of an aggregate', () => {
  let log: ReturnType<typeof quietLog>;
  beforeEach(() => (log = quietLog()));

  it('calls publishAll before it returns, with a copy, and empties the list at once', async () => {
    const broker = new Broker();
    const hero = heroOn(broker);
    hero.kill('Smaug');
    hero.find('ring');
    const committed = hero.commit();
    expect(hero.getUncommittedEvents()).toEqual([]);
    expect(broker.batches).toEqual([[new DragonKilled('Smaug'), new ItemFound('ring')]]);
    broker.accept();
    await committed;
    expect(broker.batches[0]).toHaveLength(2);
    expect(hero.getUncommittedEvents()).toEqual([]);
  });

  it('is settled only when publishing is', async () => {
    const broker = new Broker();
    const hero = heroOn(broker);
    hero.kill('Smaug');
    let done = false;
    const committed = (hero.commit() as Promise<void>).then(() => (done = true));
    await soon();
    expect(done).toBe(false);
    broker.accept();
    await committed;
    expect(done).toBe(true);
  });

  it('keeps the events when publishing rejects, and rejects with the same error', async () => {
    const broker = new Broker();
    const hero = heroOn(broker);
    hero.kill('Smaug');
    hero.find('ring');
    const committed = hero.commit();
    broker.refuse(broken);
    await expect(committed).rejects.toBe(broken);
    expect(hero.getUncommittedEvents()).toEqual([new DragonKilled('Smaug'), new ItemFound('ring')]);
    expect(log.warn).toHaveBeenCalledWith(expect.stringContaining('DragonKilled, ItemFound of Hero'));
  });

  it('keeps the events when publishing throws', async () => {
    const hero = Object.assign(new Hero(), {
      publishAll() {
        throw broken;
      },
    });
    hero.kill('Smaug');
    await expect(hero.commit()).rejects.toBe(broken);
    expect(hero.getUncommittedEvents()).toHaveLength(1);
  });

  it('publishes what was kept when it is called again', async () => {
    const broker = new Broker();
    const hero = heroOn(broker);
    hero.kill('Smaug');
    const first = hero.commit();
    broker.refuse('no error object');
    await expect(first).rejects.toBe('no error object');
    const second = hero.commit();
    broker.accept(1);
    await second;
    expect(broker.batches).toEqual([[new DragonKilled('Smaug')], [new DragonKilled('Smaug')]]);
    expect(hero.getUncommittedEvents()).toEqual([]);
  });

  it('puts what was not accepted before what was applied meanwhile', async () => {
    const broker = new Broker();
    const hero = heroOn(broker);
    hero.kill('first');
    const committed = hero.commit();
    hero.kill('second');
    broker.refuse(broken);
    await expect(committed).rejects.toBe(broken);
    expect(hero.getUncommittedEvents()).toEqual([new DragonKilled('first'), new DragonKilled('second')]);
  });

  it('does not wait for another commit, and never publishes an event twice', async () => {
    const broker = new Broker();
    const hero = heroOn(broker);
    hero.kill('first');
    const one = hero.commit();
    hero.kill('second');
    const two = hero.commit();
    broker.accept(1);
    await two;
    broker.accept(0);
    await one;
    expect(broker.batches).toEqual([[new DragonKilled('first')], [new DragonKilled('second')]]);
  });

  it('restores the order when two commits fail, whichever fails first', async () => {
    const broker = new Broker();
    const hero = heroOn(broker);
    hero.kill('first');
    const one = hero.commit();
    hero.kill('second');
    const two = hero.commit();
    hero.kill('third');
    broker.refuse(broken, 0);
    await expect(one).rejects.toBe(broken);
    broker.refuse(broken, 1);
    await expect(two).rejects.toBe(broken);
    expect(hero.getUncommittedEvents()).toEqual(['first', 'second', 'third'].map(name => new DragonKilled(name)));
  });

  it('publishes every event exactly once, in order, however often publishing fails', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(fc.boolean(), { minLength: 1, maxLength: 4 })), async rounds => {
        const published: string[] = [];
        const applied: string[] = [];
        let works = true;
        const hero = Object.assign(new Hero(), {
          async publishAll(events: DragonKilled[]) {
            const works_ = works;
            await soon();
            if (!works_) throw broken;
            published.push(...events.map(({ dragon }) => dragon));
          },
        });
        for (const outcomes of rounds)
          for (const outcome of outcomes) {
            works = outcome;
            applied.push(String(applied.length));
            hero.kill(applied.at(-1)!);
            await (hero.commit() as Promise<void>).catch(() => undefined);
          }
        works = true;
        await hero.commit();
        expect(published).toEqual(applied);
      }),
      { numRuns: 20 },
    );
  });

  it('calls publishAll with an empty list when there is nothing, as that of @nestjs/cqrs does', async () => {
    const broker = new Broker();
    const committed = heroOn(broker).commit();
    broker.accept();
    await committed;
    expect(broker.batches).toEqual([[]]);
  });

  it('may be called by a handler of the events it publishes', async () => {
    const hero = new Hero();
    const seen: string[] = [];
    hero.publishAll = async (events: object[]) => {
      for (const event of events as DragonKilled[]) {
        seen.push(event.dragon);
        if (event.dragon !== 'first') continue;
        hero.kill('second');
        await hero.commit();
      }
    };
    hero.kill('first');
    await hero.commit();
    expect(seen).toEqual(['first', 'second']);
  });

  it('accepts the events of an aggregate without a publisher', async () => {
    const hero = new Hero();
    hero.kill('Smaug');
    await hero.commit();
    expect(hero.getUncommittedEvents()).toEqual([]);
    expect(hero.publish(new Rested())).toBeUndefined();
  });
});

describe('the list of uncommitted events', () => {
  it('is returned as a copy', () => {
    const hero = new Hero();
    hero.kill('Smaug');
    hero.getUncommittedEvents().length = 0;
    expect(hero.getUncommittedEvents()).toHaveLength(1);
  });

  it('is taken out by pullEvents', () => {
    const hero = new Hero();
    hero.kill('Smaug');
    expect(hero.pullEvents()).toEqual([new DragonKilled('Smaug')]);
    expect(hero.pullEvents()).toEqual([]);
  });

  it('is cleared by uncommit', () => {
    const hero = new Hero();
    hero.kill('Smaug');
    hero.uncommit();
    expect(hero.getUncommittedEvents()).toEqual([]);
  });

  it('does not show when an aggregate is copied, compared or printed', () => {
    const [one, other] = [new Hero(), new Hero()];
    one.apply(new Rested());
    expect(one).toEqual(other);
    expect(JSON.stringify(one)).toBe(JSON.stringify(other));
    expect({ ...one }).toEqual({ ...other });
  });

  it('is shared with a proxy of the aggregate', () => {
    const hero = new Hero();
    const proxy = new Proxy(hero, {});
    proxy.kill('Smaug');
    expect(hero.getUncommittedEvents()).toEqual([new DragonKilled('Smaug')]);
  });

  it('exists on instances made without a constructor, such as those of an ORM', async () => {
    const hero = Object.create(Hero.prototype) as Hero;
    hero.apply(new Rested());
    expect(hero.getUncommittedEvents()).toEqual([new Rested()]);
    expect(hero.autoCommit).toBe(false);
    await hero.commit();
    expect(hero.getUncommittedEvents()).toEqual([]);
  });

  it('is kept for frozen instances of frozen classes, and of frozen events', async () => {
    class Still extends AggregateRoot {}
    Object.freeze(Still);
    Object.freeze(Still.prototype);
    const still = new Still();
    Object.freeze(still);
    const event = Object.freeze(new Rested());
    still.apply(event);
    still.autoCommit = false;
    expect(still.getUncommittedEvents()[0]).toBe(event);
    await still.commit();
    expect(still.getUncommittedEvents()).toEqual([]);
  });

  it.each([null, undefined, 5, 'text', DragonKilled, Object.create(null)])('never holds %p', event => {
    const hero = new Hero();
    expect(() => hero.apply(event as object)).toThrow(InvalidMessageException);
    expect(hero.getUncommittedEvents()).toEqual([]);
  });
});

describe('a method that a subclass written for @nestjs/cqrs overrides', () => {
  it('compiles, and is called', async () => {
    const calls: string[] = [];
    class Plain extends AggregateRoot {
      override publishAll<T>(events: T[]): void {
        calls.push(`publishAll ${events.length}`);
      }
      override commit(): void {
        calls.push('commit');
        void super.commit();
      }
      protected override getEventHandler<T extends object>(event: T): Type<IEventHandler> | undefined {
        calls.push('getEventHandler');
        return super.getEventHandler(event);
      }
      protected override getEventName(event: any): string {
        return super.getEventName(event);
      }
    }
    class Stored extends AggregateRoot<DragonKilled> {
      override async commit(): Promise<void> {
        const events: DragonKilled[] = this.getUncommittedEvents();
        await super.commit();
        calls.push(`committed ${events.length}`);
      }
    }
    const [plain, stored] = [new Plain(), new Stored()];
    plain.apply(new Rested());
    stored.apply(new DragonKilled('Smaug'));
    plain.commit();
    await stored.commit();
    expect(calls).toEqual(['getEventHandler', 'commit', 'publishAll 1', 'committed 1']);
    const aggregates: IAggregateRoot[] = [plain, new Hero()];
    expect(aggregates).toHaveLength(2);
    const done: Promise<void> | void = new Hero().commit();
    await done;
  });
});
