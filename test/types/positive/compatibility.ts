// What compiles with @nestjs/cqrs 12 compiles here: this file does with either of the two.
import { Inject, Injectable, Module, Optional, Scope, type DynamicModule, type Type } from '@nestjs/common';
import { ModuleRef, REQUEST } from '@nestjs/core';
import { delay, map, mergeMap, of, Subject, takeUntil, type Observable } from 'rxjs';
import {
  AggregateRoot,
  AsyncContext,
  Command,
  CommandBus,
  CommandHandler,
  CommandHandlerNotFoundException,
  CqrsModule,
  EventBus,
  EventPublisher,
  EventsHandler,
  ofType,
  Publishable,
  Query,
  QueryBus,
  QueryHandler,
  Saga,
  UnhandledExceptionBus,
  WithAggregateRoot,
  type AbstractConstructor,
  type CommandHandlerType,
  type CommandResult,
  type Constructor,
  type CqrsModuleAsyncOptions,
  type CqrsModuleOptions,
  type CqrsModuleOptionsFactory,
  type EventHandlerType,
  type EventIdProvider,
  type IAggregateRoot,
  type ICommand,
  type ICommandBus,
  type ICommandHandler,
  type ICommandPublisher,
  type IEvent,
  type IEventBus,
  type IEventHandler,
  type IEventPublisher,
  type IMessageSource,
  type IQuery,
  type IQueryBus,
  type IQueryHandler,
  type IQueryPublisher,
  type IQueryResult,
  type ISaga,
  type IUnhandledExceptionPublisher,
  type QueryHandlerType,
  type QueryResult,
  type UnhandledExceptionInfo,
} from 'nestjs-cqrs';

// Messages: with and without bases, with and without results.

abstract class DomainEvent implements IEvent {
  constructor(readonly at: number) {}
}
class Opened extends DomainEvent {
  constructor(readonly id: string) {
    super(0);
  }
}
class Closed extends DomainEvent {}
class Plain implements IEvent {
  constructor(readonly id: string) {}
}
class Open implements ICommand {
  constructor(readonly id: string) {}
}
class OpenWithResult extends Command<{ id: string }> {
  constructor(readonly id: string) {
    super();
  }
}
class Close extends Command<void> {}
class Find implements IQuery {
  constructor(readonly id: string) {}
}
class FindName extends Query<string> {}
interface Found extends IQueryResult {
  name: string;
}

export type Results = [CommandResult<OpenWithResult>, QueryResult<FindName>];
export const results: Results = [{ id: '1' }, 'name'];

// Handlers.

@CommandHandler(Open)
export class OpenHandler implements ICommandHandler<Open, string> {
  constructor(
    private readonly publisher: EventPublisher,
    private readonly events: EventBus<DomainEvent>,
  ) {}
  async execute(command: Open): Promise<string> {
    const account = this.publisher.mergeObjectContext(new Account());
    account.open(command.id);
    account.commit();
    this.events.publish(new Opened(command.id));
    return command.id;
  }
}

@CommandHandler(Open)
export class UntypedHandler {
  async execute(command: Open) {
    return command.id;
  }
}

@CommandHandler(OpenWithResult, { scope: Scope.REQUEST })
export class OpenWithResultHandler implements ICommandHandler<OpenWithResult> {
  constructor(@Inject(REQUEST) private readonly request: MyRequest) {}
  async execute(command: OpenWithResult) {
    return { id: `${command.id} for ${this.request.user}` };
  }
}

@CommandHandler(Close, { scope: Scope.TRANSIENT, durable: false })
export class CloseHandler implements ICommandHandler<Close> {
  execute = async (): Promise<void> => undefined;
}

@QueryHandler(Find)
export class FindHandler implements IQueryHandler<Find, Found> {
  async execute(query: Find): Promise<Found> {
    return { name: query.id };
  }
}

@QueryHandler(FindName, { durable: true, scope: Scope.REQUEST })
export class FindNameHandler implements IQueryHandler<FindName> {
  async execute() {
    return 'name';
  }
}

@EventsHandler(Opened)
export class OpenedHandler implements IEventHandler<Opened> {
  handle(event: Opened) {
    return event.id;
  }
}

@EventsHandler(Opened, Closed, { scope: Scope.REQUEST })
export class BothHandler implements IEventHandler<Opened | Closed> {
  async handle(event: Opened | Closed): Promise<void> {
    await Promise.resolve(event.at);
  }
}

@EventsHandler(Plain, { scope: Scope.REQUEST, durable: true })
export class PlainHandler implements IEventHandler {
  handle(event: Plain): void {
    void event.id;
  }
}

export const handlers: [CommandHandlerType, QueryHandlerType, EventHandlerType] = [
  UntypedHandler,
  FindHandler,
  PlainHandler,
];
export const typedHandler: Type<ICommandHandler<Open>> = UntypedHandler;

// Aggregates.

class Account extends AggregateRoot {
  constructor(readonly owner = 'nobody') {
    super();
    this.autoCommit = false;
  }
  open(id: string) {
    this.apply(new Opened(id));
    this.apply(new Opened(id), true);
    this.apply(new Opened(id), { fromHistory: true, skipHandler: false });
  }
  onOpened(event: Opened) {
    void event.id;
  }
}

export class TypedAccount extends AggregateRoot<DomainEvent> {
  override publish<T extends DomainEvent>(event: T): void {
    void event.at;
  }
  override publishAll<T extends DomainEvent>(events: T[]): void {
    void events.length;
  }
  override commit(): void {
    this.publishAll(this.getUncommittedEvents());
    this.uncommit();
  }
  override uncommit(): void {
    super.uncommit();
  }
  override getUncommittedEvents(): DomainEvent[] {
    return super.getUncommittedEvents();
  }
  override loadFromHistory(history: DomainEvent[]): void {
    super.loadFromHistory(history);
  }
  protected override getEventName(event: any): string {
    return super.getEventName(event);
  }
  protected override getEventHandler<T extends DomainEvent>(event: T): Type<IEventHandler> | undefined {
    return super.getEventHandler(event);
  }
}

export class AsyncAccount extends AggregateRoot {
  override async publish<T extends IEvent>(event: T): Promise<void> {
    await Promise.resolve(event);
  }
  override async commit(): Promise<void> {
    await Promise.resolve(super.commit());
  }
}

abstract class Entity {
  constructor(readonly key: number) {}
}
export class MixedAccount extends WithAggregateRoot(Entity) {
  rename() {
    this.apply(new Plain(String(this.key)));
  }
}
@Publishable()
export class PublishableAccount extends AggregateRoot<Plain> {}

export const implemented: IAggregateRoot = new Account();
export const construct: Constructor<IAggregateRoot> = Account;
export const constructAbstract: AbstractConstructor<Entity> = Entity;

// Contexts.

export class MyRequest extends AsyncContext {
  constructor(
    readonly user: string,
    readonly request: string = '',
    readonly headers: string[] = [],
  ) {
    super();
  }
}

// Buses.

@Injectable()
export class Service {
  private readonly destroy$ = new Subject<void>();

  constructor(
    private readonly commandBus: CommandBus,
    private readonly queryBus: QueryBus,
    private readonly eventBus: EventBus,
    private readonly publisher: EventPublisher,
    private readonly unhandled: UnhandledExceptionBus,
    private readonly typedEvents: EventBus<DomainEvent>,
    private readonly typedCommands: CommandBus<Open | Close>,
    private readonly typedQueries: QueryBus<Find>,
    @Inject(CommandBus) private readonly commandInterface: ICommandBus,
    @Inject(QueryBus) private readonly queryInterface: IQueryBus,
    @Inject(EventBus) private readonly eventInterface: IEventBus<DomainEvent>,
  ) {}

  async commands() {
    const context = new MyRequest('ada');
    const inferred: { id: string } = await this.commandBus.execute(new OpenWithResult('1'));
    const withContext: { id: string } = await this.commandBus.execute(new OpenWithResult('1'), context);
    const nothing: void = await this.commandBus.execute(new Close());
    const anything: string = await this.commandBus.execute(new Open('1'));
    const named = await this.commandBus.execute<Open, string>(new Open('1'));
    const namedWithContext: number = await this.commandBus.execute<Open, number>(new Open('1'), context);
    const byResult: { id: string } = await this.commandBus.execute<{ id: string }>(new OpenWithResult('1'));
    await this.typedCommands.execute(new Open('1'));
    const fromInterface: string = await this.commandInterface.execute<Open, string>(new Open('1'));
    return [inferred, withContext, nothing, anything, named.length, namedWithContext, byResult, fromInterface];
  }

  async queries() {
    const context = new AsyncContext();
    const name: string = await this.queryBus.execute(new FindName());
    const found = await this.queryBus.execute<Find, Found>(new Find('1'));
    const anything: number = await this.queryBus.execute(new Find('1'));
    const inContext: string = await this.queryBus.execute(new FindName(), context);
    const foundInContext: Found = await this.queryBus.execute<Find, Found>(new Find('1'), context);
    const byResult: string = await this.queryBus.execute<string>(new FindName());
    const fromTyped: Found = await this.typedQueries.execute(new Find('1'));
    const fromInterface: string = await this.queryInterface.execute(new FindName(), context);
    return [name, found.name, anything, inContext, foundInContext, byResult, fromTyped, fromInterface];
  }

  async events() {
    const context = new MyRequest('ada');
    const dispatcher = { aggregate: 'account' };
    this.eventBus.publish(new Plain('1'));
    this.eventBus.publish(new Plain('1'), context);
    this.eventBus.publish(new Plain('1'), dispatcher);
    this.eventBus.publish<Plain, { aggregate: string }>(new Plain('1'), dispatcher);
    this.eventBus.publish(new Plain('1'), dispatcher, context);
    this.eventBus.publish(new Plain('1'), 'context');
    this.eventBus.publish(new Plain('1'), undefined, context);
    await this.eventBus.publish(new Opened('1'));
    this.eventBus.publishAll([new Plain('1'), new Opened('2')]);
    this.eventBus.publishAll([new Plain('1')], context);
    this.eventBus.publishAll([new Plain('1')], dispatcher);
    this.eventBus.publishAll<Plain, typeof dispatcher>([new Plain('1')], dispatcher, context);
    this.eventBus.publishAll([]);
    this.typedEvents.publish(new Opened('1'));
    this.typedEvents.publishAll([new Opened('1'), new Closed(1)]);
    this.eventInterface.publish(new Opened('1'), dispatcher, context);
    this.eventInterface.publishAll([new Opened('1')], context);
  }

  streams() {
    this.eventBus.pipe(takeUntil(this.destroy$), ofType(Opened)).subscribe(event => event.id.length);
    this.eventBus.pipe(ofType(Opened, Closed)).subscribe(event => event.at.toFixed());
    this.eventBus.subscribe(event => void event);
    this.commandBus.pipe(map(command => command.constructor.name)).subscribe();
    this.queryBus.subscribe(query => void query);
    this.unhandled
      .pipe(takeUntil(this.destroy$), UnhandledExceptionBus.ofType(CommandHandlerNotFoundException))
      .subscribe((info: UnhandledExceptionInfo) => [info.exception, info.cause]);
    this.unhandled.subscribe(({ exception, cause }) => [exception as Error, cause]);
    this.eventBus.subject$.next(new Plain('1'));
    const source: IMessageSource = new Broker();
    source.bridgeEventsTo(this.eventBus.subject$);
    return [this.eventBus.eventOperators.length, this.eventBus.publisher, this.commandBus.publisher];
  }

  replace(broker: Broker) {
    this.eventBus.publisher = broker;
    this.commandBus.publisher = { publish: <T extends ICommand>(command: T) => command };
    this.queryBus.publisher = { publish: query => void query };
    this.unhandled.publisher = { publish: (info: UnhandledExceptionInfo) => info.cause };
    this.commandBus.register();
    this.queryBus.register([]);
    this.eventBus.register([]);
  }

  aggregates(request: MyRequest) {
    const Merged = this.publisher.mergeClassContext(Account);
    const account: Account = new Merged('ada');
    const inContext: Account = new (this.publisher.mergeClassContext(Account, request))('ada');
    const merged: Account = this.publisher.mergeObjectContext(new Account(), request);
    account.commit();
    return [inContext, merged, account.getUncommittedEvents().length];
  }

  contexts(request: MyRequest, event: Opened, command: Open) {
    const found = AsyncContext.of(event);
    if (found) AsyncContext.merge(found, command);
    AsyncContext.merge(event, command);
    request.attachTo(command);
    return [AsyncContext.isAttached(command), request.id];
  }
}

// Sagas.

@Injectable()
export class Sagas {
  @Saga()
  opened = (events$: Observable<any>): Observable<ICommand> =>
    events$.pipe(
      ofType(Opened),
      delay(10),
      map(event => new Open(event.id)),
    );

  @Saga()
  typed = (events$: Observable<DomainEvent>): Observable<Open> =>
    events$.pipe(
      ofType(Opened, Closed),
      mergeMap(event => of(new Open(String(event.at)))),
    );

  @Saga()
  method(events$: Observable<IEvent>): Observable<ICommand> {
    return events$.pipe(
      ofType(Plain),
      map(event => new Open(event.id)),
    );
  }

  @Saga()
  named: ISaga<DomainEvent, Open> = events$ => events$.pipe(map(event => new Open(String(event.at))));

  @Saga()
  nothing = (events$: Observable<any>): Observable<void> => events$.pipe(map(() => undefined));
}

// Publishers and options.

export class Broker implements IEventPublisher<IEvent>, IMessageSource<IEvent> {
  private subject: Subject<any> | undefined;
  publish<T extends IEvent>(event: T, context?: unknown, asyncContext?: AsyncContext) {
    void [context, asyncContext];
    this.subject?.next(event);
  }
  async publishAll<T extends IEvent>(events: T[]): Promise<void> {
    for (const event of events) this.publish(event);
  }
  bridgeEventsTo<T extends IEvent>(subject: Subject<T>): void {
    this.subject = subject;
  }
}
export class CommandPublisher implements ICommandPublisher {
  publish<T extends ICommand = ICommand>(command: T) {
    return command;
  }
}
export class QueryPublisher implements IQueryPublisher {
  async publish<T extends IQuery = IQuery>(query: T) {
    await Promise.resolve(query);
  }
}
export class FailurePublisher implements IUnhandledExceptionPublisher {
  publish(info: UnhandledExceptionInfo) {
    return info.exception as Error;
  }
}
export class Ids implements EventIdProvider {
  getEventId(event: Type<IEvent>): string | null {
    return event.name || null;
  }
}

export const options: CqrsModuleOptions = {
  commandPublisher: new CommandPublisher(),
  eventPublisher: new Broker(),
  queryPublisher: new QueryPublisher(),
  unhandledExceptionPublisher: new FailurePublisher(),
  eventIdProvider: new Ids(),
  rethrowUnhandled: true,
};

@Injectable()
export class OptionsFactory implements CqrsModuleOptionsFactory {
  async createCqrsOptions(): Promise<CqrsModuleOptions> {
    return Promise.resolve(options);
  }
}

const asyncOptions: CqrsModuleAsyncOptions[] = [
  { useClass: OptionsFactory },
  { useExisting: OptionsFactory, imports: [CqrsModule] },
  { useFactory: (factory: OptionsFactory) => factory.createCqrsOptions(), inject: [OptionsFactory] },
  { useFactory: () => options, extraProviders: [OptionsFactory] },
  { useValue: options },
];

@Module({
  imports: [CqrsModule, CqrsModule.forRoot(), CqrsModule.forRoot(options)],
  providers: [...handlers, Sagas, Service, CommandBus, QueryBus, EventBus, EventPublisher, UnhandledExceptionBus],
})
export class AppModule {
  static create(): DynamicModule {
    return { module: AppModule, imports: asyncOptions.map(given => CqrsModule.forRootAsync(given)) };
  }
}

// Subclasses in the place of the buses.

@Injectable()
export class OwnEventBus extends EventBus<DomainEvent> {
  constructor(
    commandBus: CommandBus,
    moduleRef: ModuleRef,
    unhandledExceptionBus: UnhandledExceptionBus,
    @Optional() @Inject('CQRS_MODULE_OPTIONS') options?: CqrsModuleOptions,
  ) {
    super(commandBus, moduleRef, unhandledExceptionBus, options);
    this.publisher = new Broker();
    this.subscriptions.push(this.subject$.subscribe());
  }
  override publish<TEvent extends DomainEvent, TContext = unknown>(event: TEvent, context?: TContext): any {
    return super.publish(event, context);
  }
  override publishAll<TEvent extends DomainEvent, TContext = unknown>(events: TEvent[], context?: TContext): any {
    return super.publishAll(events, context);
  }
  override onModuleDestroy() {
    super.onModuleDestroy();
  }
}

@Injectable()
export class OwnCommandBus extends CommandBus {
  constructor(moduleRef: ModuleRef, @Optional() @Inject('CQRS_MODULE_OPTIONS') options?: CqrsModuleOptions) {
    super(moduleRef, options);
  }
  override execute<T extends ICommand, R = any>(command: T, context?: AsyncContext): Promise<R> {
    return super.execute<T, R>(command, context);
  }
}

@Injectable()
export class OwnQueryBus extends QueryBus {
  constructor(
    moduleRef: ModuleRef,
    readonly name: string,
  ) {
    super(moduleRef);
  }
  override async execute<T extends IQuery, TResult = any>(query: T, context?: AsyncContext): Promise<TResult> {
    return super.execute<T, TResult>(query, context as AsyncContext);
  }
}

// Generic code between an application and the buses.

export class Gateway<TCommand extends ICommand, TEvent extends IEvent> {
  constructor(
    private readonly commands: CommandBus<TCommand>,
    private readonly events: EventBus<TEvent>,
  ) {}
  async send(command: TCommand, event: TEvent): Promise<unknown> {
    this.events.publish(event);
    this.events.publishAll([event]);
    return this.commands.execute(command);
  }
}

// Doubles of tests.

export class FakeEventBus implements IEventBus {
  readonly published: IEvent[] = [];
  publish<TEvent extends IEvent>(event: TEvent): void {
    this.published.push(event);
  }
  publishAll<TEvent extends IEvent>(events: TEvent[]): void {
    this.published.push(...events);
  }
}
export class FakeCommandBus implements ICommandBus {
  async execute<T extends ICommand, R = any>(command: T): Promise<R> {
    return Promise.resolve(command as unknown as R);
  }
}
export class FakeQueryBus implements IQueryBus {
  async execute<T extends IQuery, R = any>(query: T): Promise<R> {
    return Promise.resolve(query as unknown as R);
  }
}
export const commandDouble: Pick<CommandBus, 'execute'> = { execute: () => Promise.resolve(undefined as any) };
export const queryDouble: Partial<QueryBus> = { execute: () => Promise.resolve(undefined as any) };
export const eventDouble = { publish: () => undefined, publishAll: () => undefined } as unknown as EventBus;
export const publisherDouble: Partial<EventPublisher> = {
  mergeObjectContext: object => object,
  mergeClassContext: type => type,
};
