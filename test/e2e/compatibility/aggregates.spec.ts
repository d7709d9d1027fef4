import { jest } from '@jest/globals';
import type { AggregateRoot } from 'nestjs-cqrs';
import { quiet, sameAsIncumbent, type Cqrs } from './differential.js';

describe('Aggregates, as with @nestjs/cqrs:', () => {
  class Renamed {
    constructor(readonly name: string) {}
  }
  class Moved {
    constructor(readonly to: string) {}
  }

  const heroOf = (cqrs: Cqrs) => {
    class Hero extends cqrs.AggregateRoot {
      readonly log: string[] = [];
      constructor(readonly id = 1) {
        super();
      }
      rename(name: string) {
        this.apply(new Renamed(name));
      }
      onRenamed({ name }: Renamed) {
        this.log.push(name);
      }
    }
    return Hero;
  };

  const listener = (cqrs: Cqrs, note: (...observed: unknown[]) => void) => {
    @cqrs.EventsHandler(Renamed, Moved)
    class Listener {
      handle(event: Renamed | Moved) {
        note('handled', event);
      }
    }
    return Listener;
  };

  sameAsIncumbent('apply calls the handler of the event and keeps the event', ({ cqrs, note }) => {
    const hero = new (heroOf(cqrs))();
    hero.rename('ada');
    hero.apply(new Moved('home'));
    note(hero.log, [...hero.getUncommittedEvents()], hero.autoCommit);
    hero.uncommit();
    note(hero.getUncommittedEvents());
    return Promise.resolve();
  });

  sameAsIncumbent('apply may skip the handler, or say that the event is from history', ({ cqrs, note }) => {
    const hero = new (heroOf(cqrs))();
    hero.apply(new Renamed('skipped'), { skipHandler: true });
    hero.apply(new Renamed('history'), { fromHistory: true });
    hero.apply(new Renamed('old history'), true);
    hero.apply(new Renamed('new'), false);
    hero.apply(new Renamed('both'), { fromHistory: true, skipHandler: true });
    note(hero.log, hero.getUncommittedEvents());
    return Promise.resolve();
  });

  sameAsIncumbent('history is applied and not kept', ({ cqrs, note }) => {
    const hero = new (heroOf(cqrs))();
    hero.loadFromHistory([new Renamed('a'), new Moved('b'), new Renamed('c')]);
    note(hero.log, hero.getUncommittedEvents());
    return Promise.resolve();
  });

  sameAsIncumbent('an aggregate that was never merged publishes to nobody', async ({ cqrs, start, note }) => {
    const { events } = await start([listener(cqrs, note)]);
    events.subscribe(event => note('seen', event));
    const hero = new (heroOf(cqrs))();
    hero.rename('ada');
    void hero.commit();
    await quiet();
    note(hero.getUncommittedEvents());
  });

  sameAsIncumbent('a merged object publishes when it commits', async ({ cqrs, start, note }) => {
    const { publisher } = await start([listener(cqrs, note)]);
    const plain = new (heroOf(cqrs))(5);
    const hero = publisher.mergeObjectContext(plain);
    note(hero === plain, hero.id);
    hero.rename('ada');
    hero.apply(new Moved('home'));
    note('applied');
    void hero.commit();
    note('commit has returned', hero.getUncommittedEvents());
    await quiet();
    void hero.commit();
    await quiet();
  });

  sameAsIncumbent('a merged class makes objects that publish', async ({ cqrs, start, note }) => {
    const { publisher } = await start([listener(cqrs, note)]);
    const Hero = heroOf(cqrs);
    const Merged = publisher.mergeClassContext(Hero);
    const hero = new Merged(7);
    note(hero instanceof Hero, hero.id, Merged === Hero);
    hero.rename('ada');
    void hero.commit();
    const other = new Hero();
    other.rename('nobody');
    void other.commit();
    await quiet();
  });

  sameAsIncumbent('with autoCommit events are published when they are applied', async ({ cqrs, start, note }) => {
    const { publisher } = await start([listener(cqrs, note)]);
    const hero = publisher.mergeObjectContext(new (heroOf(cqrs))());
    hero.autoCommit = true;
    hero.rename('ada');
    note('applied', hero.autoCommit, hero.getUncommittedEvents());
    await quiet();
  });

  sameAsIncumbent('@Publishable makes objects of a class publish', async ({ cqrs, start, note }) => {
    @cqrs.Publishable()
    class Hero extends cqrs.AggregateRoot {}
    await start([listener(cqrs, note)]);
    const hero = new Hero();
    hero.apply(new Renamed('ada'));
    void hero.commit();
    await quiet();
  });

  sameAsIncumbent(
    'any class can be mixed with AggregateRoot',
    async ({ cqrs, start, note }) => {
      class Entity {
        constructor(
          readonly id: number,
          readonly kind: string,
        ) {}
        describe() {
          return `${this.kind} ${this.id}`;
        }
      }
      class Hero extends cqrs.WithAggregateRoot(Entity) {
        readonly log: string[] = [];
        onRenamed({ name }: Renamed) {
          this.log.push(name);
        }
      }
      const { publisher } = await start([listener(cqrs, note)]);
      const hero = publisher.mergeObjectContext(new Hero(3, 'hero'));
      hero.apply(new Renamed('ada'));
      note(hero.describe(), hero.log, hero instanceof Entity, hero instanceof Hero);
      void hero.commit();
      await quiet();
    },
    { only: 12 },
  );

  sameAsIncumbent('publish and publishAll may be overridden, and commit calls publishAll', async stage => {
    const { cqrs, note } = stage;
    class Hero extends cqrs.AggregateRoot {
      override publish(event: object) {
        note('publish', event);
        return undefined as never;
      }
      override publishAll(events: object[]) {
        note('publishAll', [...events]);
        return undefined as never;
      }
    }
    const hero = new Hero();
    hero.apply(new Renamed('ada'));
    hero.apply(new Moved('home'));
    void hero.commit();
    await quiet();
    hero.autoCommit = true;
    hero.apply(new Renamed('bob'));
    await quiet();
    note(hero.getUncommittedEvents());
  });

  sameAsIncumbent('mocks in the place of publish, publishAll and commit are called', async ({ cqrs, note }) => {
    const hero = new (heroOf(cqrs))();
    hero.publishAll = jest.fn() as never;
    hero.rename('ada');
    void hero.commit();
    await quiet();
    note((hero.publishAll as unknown as jest.Mock).mock.calls.length);
    const apply = jest.spyOn(hero, 'apply');
    hero.rename('bob');
    note(apply.mock.calls);
    hero.publish = jest.fn() as never;
    hero.autoCommit = true;
    hero.rename('cleo');
    note((hero.publish as unknown as jest.Mock).mock.calls);
    hero.commit = jest.fn() as never;
    void hero.commit();
    note((hero.commit as unknown as jest.Mock).mock.calls.length);
  });

  sameAsIncumbent('which handler and which name an event has may be overridden', ({ cqrs, note }) => {
    class Named extends cqrs.AggregateRoot {
      protected override getEventName(event: any): string {
        return `Event${super.getEventName(event)}`;
      }
      onEventRenamed(event: Renamed) {
        note('by name', event);
      }
    }
    class Chosen extends cqrs.AggregateRoot {
      protected override getEventHandler(event: any): any {
        return (given: object) => note('chosen', event === given);
      }
    }
    new Named().apply(new Renamed('ada'));
    new Chosen().apply(new Renamed('ada'));
    return Promise.resolve();
  });

  sameAsIncumbent('a publisher gets the events with the aggregate and its AsyncContext', async stage => {
    const { cqrs, start, note } = stage;
    const [publish, publishAll] = [jest.fn(), jest.fn((events: object[]) => [...events])];
    const { publisher } = await start([], { eventPublisher: { publish, publishAll } as never });
    const context = new cqrs.AsyncContext();
    const hero = publisher.mergeObjectContext(new (heroOf(cqrs))(), context);
    hero.rename('ada');
    void hero.commit();
    const [events, dispatcher, asyncContext] = publishAll.mock.calls[0] as unknown as unknown[];
    note(publishAll.mock.results[0]!.value, dispatcher === hero, asyncContext === context, Array.isArray(events));
    note(publishAll.mock.calls[0]!.length);
    await quiet();
    hero.autoCommit = true;
    hero.rename('bob');
    const call = publish.mock.calls[0] as unknown[];
    note(call.length, call[0], call[1] === hero, call[2] === context);
    const Merged = publisher.mergeClassContext(heroOf(cqrs));
    const other = new Merged();
    other.rename('cleo');
    void other.commit();
    const second = publishAll.mock.calls[1] as unknown as unknown[];
    note(second.length, second[1] === other, second[2]);
    await quiet();
  });

  sameAsIncumbent('a publisher without publishAll gets the events of a commit one by one', async stage => {
    const { cqrs, start, note } = stage;
    const publish = jest.fn();
    const { publisher } = await start([], { eventPublisher: { publish } });
    const hero = publisher.mergeObjectContext(new (heroOf(cqrs))());
    hero.rename('ada');
    hero.rename('bob');
    void hero.commit();
    await quiet();
    for (const call of publish.mock.calls) note(call.length, call[0], call[1] === hero, call[2]);
  });

  sameAsIncumbent('an event that the aggregate has no method for is kept and calls nothing', ({ cqrs, note }) => {
    class Hero extends cqrs.AggregateRoot<Renamed | Moved> {}
    const hero: AggregateRoot<Renamed | Moved> = new Hero();
    hero.apply(new Renamed('ada'));
    note(hero.getUncommittedEvents().length);
    return Promise.resolve();
  });

  sameAsIncumbent('what can be seen of an aggregate are its own properties', ({ cqrs, note }) => {
    const hero = new (heroOf(cqrs))();
    hero.rename('ada');
    note(JSON.stringify(hero), Object.keys(hero).toSorted());
    return Promise.resolve();
  });

  sameAsIncumbent('commit calls publishAll even where there is nothing to publish', async ({ cqrs, note }) => {
    const hero = new (heroOf(cqrs))();
    const publishAll = jest.spyOn(hero, 'publishAll');
    void hero.commit();
    note(publishAll.mock.calls);
    await quiet();
  });

  sameAsIncumbent('loadFromHistory applies each event as one from history', async ({ cqrs, note }) => {
    const hero = new (heroOf(cqrs))();
    const apply = jest.spyOn(hero, 'apply');
    hero.loadFromHistory([new Renamed('a'), new Moved('b')]);
    note(apply.mock.calls);
    await quiet();
  });

  sameAsIncumbent('a mock in the place of the handler of an event is called with the event', async ({ cqrs, note }) => {
    const hero = new (heroOf(cqrs))();
    hero.onRenamed = jest.fn() as never;
    hero.rename('ada');
    note((hero.onRenamed as unknown as jest.Mock).mock.calls);
    await quiet();
  });
});
