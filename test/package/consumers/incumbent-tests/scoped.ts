import { Inject, Module, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { delay, map, type Observable } from 'rxjs';
import {
  AsyncContext,
  CommandHandler,
  EventPublisher,
  EventsHandler,
  ofType,
  Query,
  QueryHandler,
  AggregateRoot,
  Saga,
  type ICommand,
  type ICommandHandler,
  type IEventHandler,
  type IQueryHandler,
} from 'nestjs-cqrs';
import { ANCIENT_ITEM_ID, HERO_ID, HeroesModule, LATE } from './heroes.js';

export class ScopedKillDragonCommand {
  constructor(
    readonly heroId: string,
    readonly dragonId: string,
  ) {}
}
export class ScopedDropAncientItemCommand {
  constructor(
    readonly heroId: string,
    readonly itemId: string,
  ) {}
}
export class ScopedHeroKilledDragonEvent {
  constructor(
    readonly heroId: string,
    readonly dragonId: string,
  ) {}
}
export class ScopedHeroFoundItemEvent {
  constructor(
    readonly heroId: string,
    readonly itemId: string,
  ) {}
}
export class ScopedGetHeroesQuery extends Query<{ id: string }[]> {}

class ScopedHero extends AggregateRoot {
  constructor(readonly id: string) {
    super();
  }
}

@CommandHandler(ScopedKillDragonCommand, { scope: Scope.REQUEST })
export class ScopedKillDragonHandler implements ICommandHandler<ScopedKillDragonCommand> {
  constructor(
    private readonly publisher: EventPublisher,
    @Inject(REQUEST) private readonly request: AsyncContext,
  ) {}
  async execute({ heroId, dragonId }: ScopedKillDragonCommand) {
    const hero = this.publisher.mergeObjectContext(new ScopedHero(heroId), this.request);
    hero.apply(new ScopedHeroKilledDragonEvent(heroId, dragonId));
    hero.commit();
    return { heroId, dragonId };
  }
}
@CommandHandler(ScopedDropAncientItemCommand, { scope: Scope.REQUEST })
export class ScopedDropAncientItemHandler implements ICommandHandler<ScopedDropAncientItemCommand> {
  constructor(
    private readonly publisher: EventPublisher,
    @Inject(REQUEST) private readonly request: AsyncContext,
  ) {}
  async execute({ heroId, itemId }: ScopedDropAncientItemCommand) {
    const hero = this.publisher.mergeObjectContext(new ScopedHero(heroId), this.request);
    hero.apply(new ScopedHeroFoundItemEvent(heroId, itemId));
    hero.commit();
  }
}
@QueryHandler(ScopedGetHeroesQuery, { scope: Scope.REQUEST })
class ScopedGetHeroesHandler implements IQueryHandler<ScopedGetHeroesQuery> {
  constructor(@Inject(REQUEST) private readonly request: AsyncContext) {}
  async execute() {
    return this.request instanceof AsyncContext ? [{ id: HERO_ID }] : [];
  }
}
@EventsHandler(ScopedHeroKilledDragonEvent, { scope: Scope.REQUEST })
export class ScopedHeroKilledDragonHandler implements IEventHandler<ScopedHeroKilledDragonEvent> {
  handle(_event: ScopedHeroKilledDragonEvent) {}
}
@EventsHandler(ScopedHeroFoundItemEvent, { scope: Scope.REQUEST })
export class ScopedHeroFoundItemHandler implements IEventHandler<ScopedHeroFoundItemEvent> {
  handle(_event: ScopedHeroFoundItemEvent) {}
}
class ScopedHeroSagas {
  @Saga()
  dragonKilled = (events$: Observable<any>): Observable<ICommand> =>
    events$.pipe(
      ofType(ScopedHeroKilledDragonEvent),
      delay(LATE),
      map(event => {
        const command = new ScopedDropAncientItemCommand(event.heroId, ANCIENT_ITEM_ID);
        AsyncContext.merge(event, command);
        return command;
      }),
    );
}

@Module({
  imports: [HeroesModule],
  providers: [
    ScopedKillDragonHandler,
    ScopedDropAncientItemHandler,
    ScopedGetHeroesHandler,
    ScopedHeroKilledDragonHandler,
    ScopedHeroFoundItemHandler,
    ScopedHeroSagas,
  ],
})
export class AppModule {}
