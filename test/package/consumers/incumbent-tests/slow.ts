import { Module, type OnModuleInit } from '@nestjs/common';
import { lastValueFrom, merge, of } from 'rxjs';
import {
  CqrsModule,
  EventBus,
  EventsHandler,
  type EventOperator,
  type IEvent,
  type IEventHandler,
  type IEventPublisher,
} from 'nestjs-cqrs';
import { HeroFoundItemEvent, HeroKilledDragonEvent } from './heroes.js';

abstract class Slow<T extends IEvent> implements IEventHandler<T> {
  async handle(_event: T) {
    await new Promise(resolve => setTimeout(resolve, 100));
    this.end();
  }
  end() {}
}
@EventsHandler(HeroFoundItemEvent)
export class HeroFoundItemSlowHandler extends Slow<HeroFoundItemEvent> {}
@EventsHandler(HeroKilledDragonEvent)
export class HeroKilledDragonSlowHandler extends Slow<HeroKilledDragonEvent> {}
@EventsHandler(HeroKilledDragonEvent)
export class HeroKilledDragon2SlowHandler extends Slow<HeroKilledDragonEvent> {}

const handlers = [HeroFoundItemSlowHandler, HeroKilledDragonSlowHandler, HeroKilledDragon2SlowHandler];

/** A publisher that awaits the handlers by running the operators of the bus, which version 12 of the incumbent shows. */
class AwaitingPublisher implements IEventPublisher {
  operators: readonly EventOperator[] = [];
  async publish(event: IEvent) {
    await lastValueFrom(merge(of(undefined), ...this.operators.map(operator => of(event).pipe(operator))));
  }
}

@Module({ imports: [CqrsModule.forRoot()], providers: handlers })
export class AsyncHandlersAppModule {}

@Module({ imports: [CqrsModule.forRoot({ eventPublisher: new AwaitingPublisher() })], providers: handlers })
export class SyncHandlersAppModule implements OnModuleInit {
  constructor(private readonly events: EventBus) {}
  onModuleInit() {
    (this.events.publisher as AwaitingPublisher).operators = this.events.eventOperators;
  }
}
