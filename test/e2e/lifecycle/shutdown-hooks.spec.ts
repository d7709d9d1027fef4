import {
  Injectable,
  Module,
  type BeforeApplicationShutdown,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { CqrsModule, Event, EventBus, EventsHandler, Query, QueryBus, QueryHandler } from '../../../lib/index.js';
import { start } from '../../support/application.js';
import { soon } from '../../support/waiting.js';

class Ask extends Query<string> {}
class Worked extends Event {
  constructor(readonly by: string) {
    super();
  }
}

describe('Shutdown hooks', () => {
  it('may still dispatch, and what they send is handled, in all three phases', async () => {
    class Handlers {
      readonly seen: string[] = [];
      @EventsHandler(Worked)
      async note({ by }: Worked) {
        await soon();
        this.seen.push(by);
      }
      @QueryHandler(Ask)
      answer() {
        return 'answer';
      }
    }
    @Injectable()
    class Hooks implements OnModuleDestroy, BeforeApplicationShutdown, OnApplicationShutdown {
      constructor(
        readonly events: EventBus,
        readonly queries: QueryBus,
      ) {}
      onModuleDestroy() {
        void this.events.publish(new Worked('onModuleDestroy'));
      }
      async beforeApplicationShutdown() {
        await this.events.publish(new Worked('beforeApplicationShutdown'));
      }
      async onApplicationShutdown() {
        await this.events.publish(new Worked(`onApplicationShutdown ${await this.queries.ask(new Ask())}`));
        void this.events.publish(new Worked('left behind'));
      }
    }
    @Module({ imports: [CqrsModule], providers: [Hooks, Handlers], exports: [Handlers] })
    class HooksModule {}
    const { app } = await start({ imports: [CqrsModule.forRoot(), HooksModule] });
    await app.close();
    expect(app.get(Handlers, { strict: false }).seen).toEqual([
      'onModuleDestroy',
      'beforeApplicationShutdown',
      'onApplicationShutdown answer',
      'left behind',
    ]);
  });

  it.each(['onModuleDestroy', 'beforeApplicationShutdown', 'onApplicationShutdown'])(
    'let handlers end before a database closes in %s, wherever its module stands among the imports',
    async hook => {
      const log: string[] = [];
      class Database {}
      Object.assign(Database.prototype, { [hook]: () => log.push('database closes') });
      @Module({ providers: [Database], exports: [Database] })
      class DatabaseModule {}
      @Injectable()
      class Store {
        constructor(readonly database: Database) {}
        @EventsHandler(Worked)
        async store() {
          await soon();
          log.push('stored');
        }
      }
      @Module({ imports: [DatabaseModule, CqrsModule], providers: [Store] })
      class StoreModule {}
      for (const imports of [
        [StoreModule, CqrsModule.forRoot()],
        [CqrsModule.forRoot(), StoreModule],
        [DatabaseModule, StoreModule, CqrsModule.forRoot()],
      ]) {
        const { app, events } = await start({ imports });
        void events.publish(new Worked('test'));
        await app.close();
        expect(log.splice(0)).toEqual(['stored', 'database closes']);
      }
    },
  );
});
