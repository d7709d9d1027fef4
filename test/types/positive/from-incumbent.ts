// What users of @nestjs/cqrs write around its types: compiles with its versions 11 and 12, and here.
import { Injectable, Scope, type Type } from '@nestjs/common';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import { filter, map, type Observable } from 'rxjs';
import {
  AsyncContext,
  Command,
  CommandBus,
  CommandHandler,
  EventBus,
  EventsHandler,
  ofType,
  Query,
  QueryBus,
  QueryHandler,
  type CommandResult,
  type EventIdProvider,
  type ICommand,
  type ICommandHandler,
  type IEvent,
  type IEventHandler,
  type IQuery,
  type IQueryHandler,
  type ISaga,
  type QueryResult,
} from 'nestjs-cqrs';

abstract class DomainEvent implements IEvent {
  abstract readonly id: string;
}
class Paid extends DomainEvent {
  readonly id = 'paid';
}
class Pay extends Command<string> {
  constructor(readonly amount: number) {
    super();
  }
}
class Ship implements ICommand {
  constructor(readonly to: string) {}
}
class GetTotal extends Query<number> {}
class Find implements IQuery {
  constructor(readonly key: string) {}
}

// Decorators with classes that only run time knows: of factories, mixins, lists, modules of plugins.

export function handlersFor(command: Type<any>, query: Type<any>, event: Type<any>) {
  @CommandHandler(command)
  class OnCommand {
    async execute(given: any) {
      return given;
    }
  }
  @QueryHandler(query, { scope: Scope.REQUEST })
  class OnQuery {
    async execute(given: any): Promise<any> {
      return given.id;
    }
  }
  @EventsHandler(event)
  class OnEvent implements IEventHandler<any> {
    handle(given: any) {
      return given;
    }
  }
  @EventsHandler(event, Paid, { scope: Scope.REQUEST })
  class OnEither {
    handle(given: any) {
      return given;
    }
  }
  return [OnCommand, OnQuery, OnEvent, OnEither];
}
export function handlerOfAll(events: Type<any>[], domainEvents: Type<DomainEvent>[], types: Array<new () => any>) {
  @EventsHandler(...events)
  class Audit implements IEventHandler<any> {
    async handle(event: any) {
      await Promise.resolve(event);
    }
  }
  @EventsHandler(...domainEvents)
  class Ids implements IEventHandler<DomainEvent> {
    handle(event: DomainEvent) {
      return event.id;
    }
  }
  @EventsHandler(...types)
  class Untyped {
    handle() {}
  }
  return [Audit, Ids, Untyped];
}
export const decorators = (types: Record<string, Type<any>>): ClassDecorator[] =>
  Object.values(types).map(type => CommandHandler(type) as ClassDecorator);
export function createHandlerOf<T extends ICommand>(type: Type<T>, run: (command: T) => Promise<any>) {
  @CommandHandler(type)
  class Created {
    async execute(command: T): Promise<any> {
      return run(command);
    }
  }
  return Created;
}
class Entity {
  id = 0;
}
export function findHandlerOf<E extends Entity>(entity: Type<E>, query: Type<any>) {
  @QueryHandler(query)
  class FindOne {
    async execute(): Promise<E> {
      return new entity();
    }
  }
  return FindOne;
}

// Handlers that are called through their interfaces: their result is a promise.

export class OwnMediator {
  private readonly commandHandlers = new Map<Type<ICommand>, ICommandHandler>();
  private readonly queryHandlers = new Map<string, IQueryHandler<IQuery, any>>();
  private readonly eventHandlers: IEventHandler[] = [];

  send<T extends ICommand, R>(command: T): Promise<R> {
    const handler = this.commandHandlers.get(command.constructor as Type<ICommand>);
    if (!handler) return Promise.reject(new Error('no handler'));
    return handler.execute(command);
  }
  ask(query: Find): Promise<unknown> {
    return this.queryHandlers
      .get(query.key)!
      .execute(query)
      .catch(() => undefined)
      .finally(() => undefined);
  }
  tell(event: IEvent): Promise<unknown[]> {
    return Promise.all(this.eventHandlers.map(handler => handler.handle(event)));
  }
  add(handler: ICommandHandler<Pay> | ICommandHandler<Ship, number>): void {
    this.commandHandlers.set(Pay, handler);
  }
}
export async function call(
  pay: ICommandHandler<Pay>,
  ship: ICommandHandler<Ship, number>,
  total: IQueryHandler<GetTotal>,
  find: IQueryHandler<Find, string>,
  paid: IEventHandler<Paid>,
) {
  const receipt: string = await pay.execute(new Pay(1));
  const shipped: Promise<number> = ship.execute(new Ship('ada'));
  const sum: number = await total.execute(new GetTotal()).then(value => value + 1);
  const found: string = await find.execute(new Find('ada')).catch(() => '');
  await paid.handle(new Paid());
  const [first, second]: [string, number] = await Promise.all([pay.execute(new Pay(2)), shipped]);
  return [receipt.length, sum.toFixed(), found.trim(), first.length, second.toFixed()];
}
export type Executed = Awaited<ReturnType<ICommandHandler<Pay>['execute']>>;
export type Taken = Parameters<IQueryHandler<Find, string>['execute']>[0];
export const executed: Executed & CommandResult<Pay> = 'receipt';
export const taken: Taken = new Find('ada');
export const answered: QueryResult<GetTotal> = 1;

class Logged implements ICommandHandler<Ship, string> {
  constructor(private readonly inner: ICommandHandler<Ship, string>) {}
  execute(command: Ship): Promise<string> {
    return this.inner.execute(command).then(
      result => result,
      (error: unknown) => Promise.reject(error as Error),
    );
  }
}
export const logged = (inner: ICommandHandler<Ship, string>) => new Logged(inner).execute(new Ship('ada'));
export const double: ICommandHandler<Pay> = { execute: async command => String(command.amount) };
export const doubleOfEvents: IEventHandler<Paid> = { handle: event => event.id };
export const saga: ISaga<DomainEvent> = events$ =>
  events$.pipe(
    ofType(Paid),
    map(event => new Ship(event.id)),
  );

// Subclasses of buses: overrides that are async, return nothing, or anything; generic as those of the incumbent.

@Injectable()
export class AwaitingEventBus extends EventBus {
  override async publish<T extends IEvent>(event: T): Promise<void> {
    await super.publish(event);
  }
  override async publishAll<T extends IEvent>(events: T[]): Promise<void> {
    await super.publishAll(events);
  }
}
@Injectable()
export class SilentEventBus<E extends DomainEvent = DomainEvent> extends EventBus<E> {
  override publish<T extends E>(event: T): void {
    void super.publish(event);
  }
  override publishAll<T extends E>(events: T[]): void {
    for (const event of events) this.publish(event);
  }
}
@Injectable()
export class CountingEventBus extends EventBus<DomainEvent> {
  override publish<T extends DomainEvent, C = unknown>(event: T, dispatcherContext?: C, context?: AsyncContext): any {
    return context
      ? super.publish<T, C>(event, dispatcherContext as C, context)
      : super.publish<T, C>(event, dispatcherContext as C);
  }
  override publishAll<T extends DomainEvent, C = unknown>(events: T[], given?: C, context?: AsyncContext): any {
    return super.publishAll<T, C>(events, given as C, context as AsyncContext);
  }
  override register(handlers: InstanceWrapper<IEventHandler<DomainEvent>>[] = []): void {
    super.register(handlers);
  }
  override bind(handler: InstanceWrapper<IEventHandler<DomainEvent>>, id: string): void {
    super.bind(handler, id);
  }
}
@Injectable()
export class WatchingEventBus extends EventBus {
  protected override eventIdProvider: EventIdProvider = { getEventId: type => type.name };
  readonly registered: string[] = [];
  override onModuleDestroy(): void {
    this.subscriptions.forEach(subscription => subscription.unsubscribe());
    super.onModuleDestroy();
  }
  override registerSagas(wrappers: InstanceWrapper<object>[] = []): void {
    super.registerSagas(wrappers.filter(({ metatype }) => metatype !== null));
  }
  protected override registerSaga(given: ISaga<IEvent>): void {
    this.registered.push(given.name);
    super.registerSaga(events$ => given(events$));
  }
  protected override registerHandler(handler: InstanceWrapper<IEventHandler<IEvent>>): void {
    this.registered.push(handler.name as string);
    this.subscriptions.push(this.subject$.subscribe(event => this._subject$.observed && event));
    super.registerHandler(handler);
  }
}
@Injectable()
export class RetryingCommandBus extends CommandBus {
  override async execute<T extends ICommand, R = any>(command: T, context?: AsyncContext): Promise<R> {
    const run = (): Promise<R> => super.execute<T, R>(command, context);
    return run().catch(run);
  }
}
@Injectable()
export class LooseCommandBus<C extends ICommand = ICommand> extends CommandBus<C> {
  override execute(command: any, context?: any): Promise<any> {
    return super.execute(command, context);
  }
  override register(handlers: InstanceWrapper<ICommandHandler<C>>[] = []): void {
    super.register(handlers);
  }
  protected override registerHandler(handler: InstanceWrapper<ICommandHandler<C>>): void {
    super.registerHandler(handler);
  }
  override bind<T extends C>(handler: InstanceWrapper<ICommandHandler<T>>, id: string): void {
    super.bind(handler, id);
  }
}
@Injectable()
export class VoidCommandBus extends CommandBus {
  override execute<T extends ICommand>(command: T): Promise<any> {
    return super.execute<T, void>(command);
  }
}
@Injectable()
export class OverloadedCommandBus extends CommandBus<Pay | Ship> {
  override execute<R>(command: Command<R>, context?: AsyncContext): Promise<R>;
  override execute<T extends Pay | Ship, R = any>(command: T, context?: AsyncContext): Promise<R>;
  override execute(command: any, context?: AsyncContext): Promise<any> {
    return super.execute(command, context);
  }
}
@Injectable()
export class CachingQueryBus<Q extends IQuery = IQuery> extends QueryBus<Q> {
  private readonly answers = new Map<string, Promise<any>>();
  override execute<T extends Q, R = any>(query: T, context?: AsyncContext): Promise<R> {
    const key = JSON.stringify(query);
    const answer = this.answers.get(key) ?? super.execute<T, R>(query, context as AsyncContext);
    this.answers.set(key, answer);
    return answer;
  }
  override register(handlers: InstanceWrapper<IQueryHandler<Q, any>>[] = []): void {
    super.register(handlers);
  }
}

export async function useSubclasses(
  awaiting: AwaitingEventBus,
  silent: SilentEventBus<Paid>,
  counting: CountingEventBus,
  retrying: RetryingCommandBus,
  overloaded: OverloadedCommandBus,
  caching: CachingQueryBus,
) {
  const published: Promise<void> = awaiting.publish(new Paid());
  const nothing: void = silent.publish(new Paid());
  counting.publish(new Paid(), { aggregate: 'order' }, new AsyncContext());
  const plain: EventBus[] = [awaiting];
  plain.forEach(bus => bus.publish(new Paid()));
  const receipt: string = await retrying.execute(new Pay(1));
  const typed: string = await overloaded.execute(new Pay(1));
  const loose: number = await overloaded.execute<Ship, number>(new Ship('ada'));
  const answer: number = await caching.execute<GetTotal, number>(new GetTotal());
  return [published, nothing, receipt, typed, loose, answer];
}

// The generics of the incumbent, given by hand and inferred.

export async function generics(commands: CommandBus, queries: QueryBus, events: EventBus<DomainEvent>) {
  const byBoth = await commands.execute<Ship, string>(new Ship('ada'));
  const byOne: string = await commands.execute<string>(new Pay(1));
  const inferred: string = await commands.execute(new Pay(1));
  const untyped: boolean = await commands.execute(new Ship('ada'));
  const found = await queries.execute<Find, { name: string }>(new Find('ada'));
  const total: number = await queries.execute(new GetTotal());
  const totalByOne: number = await queries.execute<number>(new GetTotal());
  await events.publish<Paid>(new Paid());
  await events.publish<Paid, { aggregate: string }>(new Paid(), { aggregate: 'order' });
  await events.publishAll<DomainEvent>([new Paid()]);
  const paid$: Observable<Paid> = events.pipe(ofType(Paid));
  const commands$: Observable<Ship> = commands.pipe(filter((command): command is Ship => command instanceof Ship));
  return [byBoth.length, byOne, inferred, untyped, found.name, total, totalByOne, paid$, commands$];
}
