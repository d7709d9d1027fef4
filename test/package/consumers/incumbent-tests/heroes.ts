import { Module } from '@nestjs/common';
import { delay, filter, map, type Observable } from 'rxjs';
import {
  AggregateRoot,
  CommandHandler,
  CqrsModule,
  EventBus,
  EventPublisher,
  EventsHandler,
  ofType,
  Query,
  QueryHandler,
  Saga,
  type ICommand,
  type ICommandHandler,
  type IEventHandler,
  type IQueryHandler,
} from 'nestjs-cqrs';

/** Names and fields are those that the tests of the incumbent import and read; what happens within is for us to say. */
export const HERO_ID = 'hero';
export const DRAGON_ID = 'dragon';
export const ANCIENT_ITEM_ID = 'item';

/** Sagas answer late: the tests put their spies on what a saga reaches only after the event. */
export const LATE = 500;

export class KillDragonCommand {
  constructor(
    readonly heroId: string,
    readonly dragonId: string,
  ) {}
}
export class DropAncientItemCommand {
  constructor(
    readonly heroId: string,
    readonly itemId: string,
  ) {}
}
export class HeroKilledDragonEvent {
  constructor(
    readonly heroId: string,
    readonly dragonId: string,
  ) {}
}
export class HeroFoundItemEvent {
  constructor(
    readonly heroId: string,
    readonly itemId: string,
  ) {}
}
export class DragonDiedEvent {
  constructor(readonly dragonId: string) {}
}
export class GetHeroesQuery extends Query<Hero[]> {}
export class GetHeroQuery extends Query<Hero> {
  constructor(readonly heroId: number) {
    super();
  }
}
class NothingHappened {}

export class Hero extends AggregateRoot {
  constructor(readonly id: string) {
    super();
  }
  kill(dragonId: string) {
    this.apply(new HeroKilledDragonEvent(this.id, dragonId));
  }
  find(itemId: string) {
    this.apply(new HeroFoundItemEvent(this.id, itemId));
  }
}
class Dragon extends AggregateRoot {
  constructor(readonly id: string) {
    super();
    this.autoCommit = true;
  }
  die() {
    this.apply(new DragonDiedEvent(this.id));
  }
}

@CommandHandler(KillDragonCommand)
export class KillDragonHandler implements ICommandHandler<KillDragonCommand> {
  constructor(private readonly publisher: EventPublisher) {}
  async execute({ heroId, dragonId }: KillDragonCommand) {
    const hero = this.publisher.mergeObjectContext(new Hero(heroId));
    hero.kill(dragonId);
    hero.commit();
    const MergedDragon = this.publisher.mergeClassContext(Dragon);
    new MergedDragon(dragonId).die();
  }
}
@CommandHandler(DropAncientItemCommand)
export class DropAncientItemHandler implements ICommandHandler<DropAncientItemCommand> {
  constructor(private readonly publisher: EventPublisher) {}
  async execute({ heroId, itemId }: DropAncientItemCommand) {
    const hero = this.publisher.mergeObjectContext(new Hero(heroId));
    hero.find(itemId);
    hero.commit();
  }
}
@QueryHandler(GetHeroesQuery)
class GetHeroesHandler implements IQueryHandler<GetHeroesQuery> {
  async execute() {
    return [new Hero(HERO_ID)];
  }
}
@QueryHandler(GetHeroQuery)
class GetHeroHandler implements IQueryHandler<GetHeroQuery> {
  async execute() {
    return new Hero(HERO_ID);
  }
}
@EventsHandler(HeroKilledDragonEvent)
export class HeroKilledDragonHandler implements IEventHandler<HeroKilledDragonEvent> {
  handle(_event: HeroKilledDragonEvent) {}
}
@EventsHandler(HeroFoundItemEvent)
export class HeroFoundItemHandler implements IEventHandler<HeroFoundItemEvent> {
  async handle(_event: HeroFoundItemEvent) {}
}
@EventsHandler(DragonDiedEvent)
export class DragonDiedHandler implements IEventHandler<DragonDiedEvent> {
  handle(_event: DragonDiedEvent) {}
}
@EventsHandler(NothingHappened)
export class NoopHandler implements IEventHandler<NothingHappened> {
  handle(_event: NothingHappened) {}
}
class HeroSagas {
  @Saga()
  dragonKilled = (events$: Observable<any>): Observable<ICommand> =>
    events$.pipe(
      ofType(HeroKilledDragonEvent),
      delay(LATE),
      map(({ heroId }) => new DropAncientItemCommand(heroId, ANCIENT_ITEM_ID)),
    );
}

// Failures: of a command handler, of an event handler, of a saga.

type Part = 'command' | 'event' | 'saga';
const failureIn = (part: Part) => new Error(`Unhandled exception in ${part}`);

export class UnhandledExceptionCommand {
  constructor(readonly failAt: Part) {}
}
export class UnhandledExceptionEvent {
  constructor(readonly failAt: Part) {}
}
@CommandHandler(UnhandledExceptionCommand)
class UnhandledExceptionCommandHandler implements ICommandHandler<UnhandledExceptionCommand> {
  constructor(private readonly events: EventBus) {}
  async execute({ failAt }: UnhandledExceptionCommand) {
    if (failAt === 'command') throw failureIn(failAt);
    this.events.publish(new UnhandledExceptionEvent(failAt));
  }
}
@EventsHandler(UnhandledExceptionEvent)
class UnhandledExceptionEventHandler implements IEventHandler<UnhandledExceptionEvent> {
  handle({ failAt }: UnhandledExceptionEvent) {
    if (failAt === 'event') throw failureIn(failAt);
  }
}
class ErrorSagas {
  @Saga()
  onError(events$: Observable<any>): Observable<ICommand> {
    return events$.pipe(
      ofType(UnhandledExceptionEvent),
      filter(({ failAt }) => failAt === 'saga'),
      map(({ failAt }) => {
        throw failureIn(failAt);
      }),
    );
  }
}

@Module({
  imports: [CqrsModule.forRoot()],
  providers: [
    KillDragonHandler,
    DropAncientItemHandler,
    GetHeroesHandler,
    GetHeroHandler,
    HeroKilledDragonHandler,
    HeroFoundItemHandler,
    DragonDiedHandler,
    NoopHandler,
    HeroSagas,
    UnhandledExceptionCommandHandler,
    UnhandledExceptionEventHandler,
    ErrorSagas,
  ],
})
export class HeroesModule {}
