import { jest } from '@jest/globals';
import { AggregateRoot } from '../../../lib/aggregates/aggregate-root.js';
import { On } from '../../../lib/aggregates/on.decorator.js';
import { InvalidHandlerException } from '../../../lib/errors/invalid-handler.exception.js';
import { Event } from '../../../lib/messages/message.js';
import { DragonKilled, GreatDragonKilled, Hero, ItemFound, Rested } from './heroes.js';
import { soon } from '../../support/waiting.js';
import { quietLog } from '../../support/quiet-log.js';

const broken = new Error('no');

describe('apply', () => {
  it('calls the method named after the event', () => {
    const hero = new Hero();
    hero.kill('Smaug');
    expect(hero.seen).toEqual(['killed Smaug']);
  });

  it('calls the method that @On decorates', () => {
    const hero = new Hero();
    hero.find('ring');
    expect(hero.seen).toEqual(['found ring']);
  });

  it('prefers @On to the name', () => {
    class Both extends AggregateRoot {
      seen = '';
      onRested(): void {
        this.seen += 'name';
      }
      @On(Rested)
      decorated(): void {
        this.seen += 'on';
      }
    }
    const both = new Both();
    both.apply(new Rested());
    expect(both.seen).toBe('on');
  });

  it('calls the method for what the event extends, the nearest first', () => {
    const hero = new Hero();
    hero.apply(new GreatDragonKilled('Smaug'));
    expect(hero.seen).toEqual(['killed Smaug']);
    class Careful extends Hero {
      @On(GreatDragonKilled)
      tremble(): void {
        this.seen.push('trembled');
      }
    }
    const careful = new Careful();
    careful.apply(new GreatDragonKilled('Smaug'));
    careful.apply(new DragonKilled('Fafnir'));
    expect(careful.seen).toEqual(['trembled', 'killed Fafnir']);
  });

  it('calls the method of a subclass that overrides a decorated one', () => {
    class Forgetful extends Hero {
      protected override remember(): void {
        this.seen.push('forgot');
      }
    }
    const forgetful = new Forgetful();
    forgetful.find('ring');
    expect(forgetful.seen).toEqual(['forgot']);
  });

  it('does not take onEvent for the method of every class that extends Event', () => {
    class Happened extends Event {}
    class Listener extends AggregateRoot {
      onEvent = jest.fn();
    }
    const listener = new Listener();
    listener.apply(new Happened());
    expect(listener.onEvent).not.toHaveBeenCalled();
  });

  it('calls a method that a class field holds', () => {
    class Fields extends AggregateRoot {
      onRested = jest.fn();
    }
    const fields = new Fields();
    const event = new Rested();
    fields.apply(event);
    expect(fields.onRested).toHaveBeenCalledWith(event);
  });

  it('lets a class say how its methods are named and found', () => {
    class Named extends AggregateRoot<{ type: string }> {
      seen = '';
      onCreated(): void {
        this.seen += 'created';
      }
      protected override getEventName(event: { type: string }): string {
        return event.type;
      }
    }
    class Found extends AggregateRoot {
      seen = '';
      protected override getEventHandler(): any {
        return () => (this.seen += 'found');
      }
    }
    const [named, found] = [new Named(), new Found()];
    named.apply({ type: 'Created' });
    found.apply(new Rested());
    expect([named.seen, found.seen]).toEqual(['created', 'found']);
  });

  it('records without handling when told to skip the handler', () => {
    const hero = new Hero();
    hero.apply(new DragonKilled('Smaug'), { skipHandler: true });
    expect(hero.seen).toEqual([]);
    expect(hero.getUncommittedEvents()).toHaveLength(1);
  });

  it.each([undefined, { skipHandler: true }, { fromHistory: true }, true])(
    'refuses what is not an event, naming the aggregate, and records nothing: apply(null, %j)',
    how => {
      const hero = new Hero();
      expect(() => hero.apply(null as never, how as never)).toThrow(
        expect.objectContaining({ code: 'CQRS_INVALID_MESSAGE', message: expect.stringContaining('Hero') }),
      );
      expect([hero.getUncommittedEvents(), hero.seen]).toEqual([[], []]);
    },
  );

  it('records what a handler applies after what it handles', () => {
    class Chain extends AggregateRoot {
      onDragonKilled(): void {
        this.apply(new Rested());
      }
    }
    const chain = new Chain();
    chain.apply(new DragonKilled('Smaug'));
    expect(chain.getUncommittedEvents()).toEqual([new DragonKilled('Smaug'), new Rested()]);
  });

  it('records neither an event whose handler throws nor what that handler has applied', () => {
    class Clumsy extends AggregateRoot {
      onDragonKilled(): void {
        this.apply(new Rested());
        throw broken;
      }
    }
    const clumsy = new Clumsy();
    clumsy.apply(new ItemFound('sword'));
    expect(() => clumsy.apply(new DragonKilled('Smaug'))).toThrow(broken);
    clumsy.apply(new Rested());
    expect(clumsy.getUncommittedEvents()).toEqual([new ItemFound('sword'), new Rested()]);
  });

  it('says that an asynchronous handler has failed, and goes on', async () => {
    const log = quietLog();
    class Slow extends AggregateRoot {
      async onRested(): Promise<void> {
        throw broken;
      }
    }
    const slow = new Slow();
    slow.apply(new Rested());
    await soon();
    expect(log.warn).toHaveBeenCalledWith(expect.stringContaining('Slow, on Rested'));
    expect(slow.getUncommittedEvents()).toHaveLength(1);
  });

  it('takes null for options that say nothing', () => {
    const hero = new Hero();
    hero.apply(new Rested(), null as unknown as undefined);
    expect(hero.getUncommittedEvents()).toHaveLength(1);
  });
});

describe('history', () => {
  it.each([[true], [{ fromHistory: true }]])('is handled and not recorded, with %p', how => {
    const hero = new Hero();
    hero.apply(new DragonKilled('Smaug'), how as boolean);
    expect(hero.seen).toEqual(['killed Smaug']);
    expect(hero.getUncommittedEvents()).toEqual([]);
  });

  it.each([false, true])('is never published, with autoCommit %p', autoCommit => {
    const hero = new Hero();
    const publish = jest.spyOn(hero, 'publish');
    hero.autoCommit = autoCommit;
    hero.loadFromHistory([new DragonKilled('Smaug'), new ItemFound('ring')]);
    hero.apply(new DragonKilled('Fafnir'), true);
    hero.apply(new DragonKilled('Glaurung'), { fromHistory: true });
    expect(hero.seen).toHaveLength(4);
    expect(publish).not.toHaveBeenCalled();
    expect(hero.getUncommittedEvents()).toEqual([]);
  });

  it('throws what a handler throws', () => {
    class Clumsy extends AggregateRoot {
      onRested(): void {
        throw broken;
      }
    }
    expect(() => new Clumsy().loadFromHistory([new Rested()])).toThrow(broken);
  });
});

describe('@On', () => {
  it('refuses a value that is not a class, such as that of a circular import', () => {
    expect(() => {
      class Circular extends AggregateRoot {
        @On(undefined as unknown as typeof Rested)
        on(): void {}
      }
      return Circular;
    }).toThrow(InvalidHandlerException);
  });

  it('refuses two methods for one event', () => {
    expect(() => {
      class Twice extends AggregateRoot {
        @On(Rested)
        one(): void {}
        @On(DragonKilled, Rested)
        other(): void {}
      }
      return Twice;
    }).toThrow(/Rested is given to one already.*Twice\.other/);
  });

  it('gives several events to one method', () => {
    class Counts extends AggregateRoot {
      count = 0;
      @On(Rested, DragonKilled)
      add(event: Rested | DragonKilled): void {
        if (event) this.count++;
      }
    }
    const counts = new Counts();
    counts.apply(new Rested());
    counts.apply(new DragonKilled('Smaug'));
    expect(counts.count).toBe(2);
  });
});
