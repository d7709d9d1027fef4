import type { Type } from '@nestjs/common';
import { filter, type MonoTypeOperatorFunction, type Observable, type Subscription } from 'rxjs';
import { EventHandlerRegistry } from '../handlers/event-handler-registry.js';
import { declarationsOf } from '../handlers/handler-declaration.js';
import type { HandlerFunction } from '../handlers/handler.js';
import { messageTypeId } from '../handlers/handler.decorators.js';
import type { HandlerInvoker } from '../handlers/handler-invoker.js';
import type { Disposer } from '../handlers/handler-registry.js';
import type { ProviderWrapper } from '../handlers/provider-handlers.js';
import { InvalidSagaException } from '../errors/wiring.exception.js';
import type { ICommand, IEvent, MessageType } from '../messages/message.js';
import { CqrsLogger } from '../dispatch/cqrs-logger.js';
import { RegisteringBus } from '../buses/registering-bus.js';
import type { EventIdProvider } from '../buses/publishers.js';

const logger = new CqrsLogger('EventBus');

/** A saga that is given the stream of events. */
export type SagaFunction<EventBase extends IEvent = IEvent> = (events$: Observable<EventBase>) => Observable<ICommand>;

/** Runs sagas for an event bus; put in place by the module. */
export interface SagaHost {
  /** The sagas of a provider that are given the stream. */
  sagasOf(wrapper: ProviderWrapper): SagaFunction[];
  /**
   * Lets a saga listen.
   * @throws InvalidSagaException
   */
  start(saga: SagaFunction): void;
}

/** The identifiers that @nestjs/cqrs and the decorators give event classes; a class inherits that of what it extends. */
export const DECORATED_IDS: EventIdProvider = {
  getEventId: type => {
    for (let one: object | null = type; one !== null; one = Object.getPrototypeOf(one) as object | null) {
      const id = messageTypeId('event', one);
      if (id !== undefined) return id;
    }
    return null;
  },
};

/**
 * How an event bus comes to its handlers and sagas: the module registers them, and so may an application. Subclasses written
 * for @nestjs/cqrs override these members and call them.
 */
export abstract class EventRegistration<EventBase extends IEvent = IEvent> extends RegisteringBus<EventBase> {
  /** Which handlers react to which type. */
  readonly registry: EventHandlerRegistry;
  /** Names event types; a subclass may put another one in place. */
  protected eventIdProvider: EventIdProvider;
  /** Subscriptions that end with the bus. */
  protected readonly subscriptions: Subscription[] = [];
  private sagas: SagaHost | undefined;
  /** Sagas that were registered before the module was there. */
  private early: SagaFunction<EventBase>[] = [];

  protected constructor(registry: EventHandlerRegistry | undefined, ids: EventIdProvider | undefined) {
    super('event');
    this.registry = registry ?? new EventHandlerRegistry();
    this.eventIdProvider = ids ?? DECORATED_IDS;
  }

  /**
   * Registers a handler at run time.
   * @param type class of the event; its subclasses are handled too
   * @param handler a function, sync or async
   * @returns takes the registration back
   * @throws InvalidHandlerException
   * @typeParam C not to be given, as R: they let subclasses override what @nestjs/cqrs has, the other overload
   */
  register<T extends EventBase, C = unknown, R = Disposer>(
    type: C & MessageType<T>,
    handler: HandlerFunction<T>,
  ): NoInfer<R>;
  /** Registers decorated providers, as @nestjs/cqrs does; here the module does it by itself. */
  register(handlers?: ProviderWrapper[]): void;
  register(typeOrHandlers: MessageType | ProviderWrapper[] = [], handler?: HandlerFunction): Disposer | void {
    if (!Array.isArray(typeOrHandlers)) return this.registry.register(typeOrHandlers, handler as HandlerFunction);
    this.warnUnused();
    for (const wrapper of typeOrHandlers) this.registerHandler(wrapper);
  }

  protected override isIdentified(type: MessageType, id: string): boolean {
    return super.isIdentified(type, id) || this.eventIdProvider.getEventId(type) === id;
  }

  protected registerInvoker(types: readonly MessageType[], invoker: HandlerInvoker): void {
    this.registry.registerInvoker(types, invoker);
  }

  /** The event classes that a decorator gives to a handler class. */
  protected reflectEvents(handler: Type | object): MessageType[] {
    const declared = declarationsOf(handler as Type).filter(({ kind, on }) => kind === 'event' && on === 'class');
    return declared.flatMap(({ types }) => types as MessageType[]);
  }

  /**
   * Lets events pass whose class has an identifier, as version 12 of @nestjs/cqrs has it. To be called by a subclass that
   * subscribes by itself: the bus finds the handlers of an event in its `registry`.
   * @param id of the class, or of a class it extends; null lets all events pass
   */
  protected filterEventWithId(id: string | null): MonoTypeOperatorFunction<EventBase> {
    return filter(event => {
      const type: unknown = (Object.getPrototypeOf(event) as object | null)?.constructor;
      return !id || (typeof type === 'function' && this.eventIdProvider.getEventId(type as MessageType) === id);
    });
  }

  /** The events whose class has an identifier, as version 11 of @nestjs/cqrs has it; else as `filterEventWithId`. */
  protected ofEventId(id: string): Observable<EventBase> {
    return this.subject$.pipe(this.filterEventWithId(id));
  }

  /**
   * Lets the sagas of decorated providers listen, those that are given the stream of events. The module calls it where a
   * subclass overrides it or `registerSaga`.
   */
  registerSagas(wrappers: ProviderWrapper[] = []): void {
    for (const wrapper of wrappers)
      for (const saga of this.sagas?.sagasOf(wrapper) ?? []) this.registerSaga(saga as SagaFunction<EventBase>);
  }

  /**
   * Lets a saga listen. Before the application has been wired it is kept until then; a bus without the module runs none.
   * @throws InvalidSagaException if it is not a function, throws, or returns no stream
   */
  protected registerSaga(saga: SagaFunction<EventBase>): void {
    if (typeof saga !== 'function')
      throw new InvalidSagaException([
        {
          code: 'CQRS_INVALID_SAGA',
          what: 'registerSaga() was given something that is not a function.',
          where: this.constructor.name,
          remedy: 'Give it a function of the stream of events that returns a stream of commands.',
        },
      ]);
    if (this.sagas === undefined) this.early.push(saga);
    else this.sagas.start(saga as SagaFunction);
  }

  /**
   * Whether a subclass wants the sagas of the application to pass through it.
   * @internal
   */
  get takesSagas(): boolean {
    const { registerSagas, registerSaga } = EventRegistration.prototype;
    return this.registerSagas !== registerSagas || this.registerSaga !== registerSaga;
  }

  /**
   * Sets what runs sagas.
   * @internal
   */
  runSagasBy(host: SagaHost): void {
    if (this.sagas !== undefined) return;
    this.sagas = host;
    for (const saga of this.early.splice(0)) host.start(saga as SagaFunction);
  }

  /** Does nothing; subclasses written for @nestjs/cqrs call it. */
  onModuleDestroy(): void {}

  /** What a subclass overrides in vain. */
  private warnUnused(): void {
    const { filterEventWithId, ofEventId } = EventRegistration.prototype;
    if (this.isWarned || (this.filterEventWithId === filterEventWithId && this.ofEventId === ofEventId)) return;
    this.isWarned = true;
    logger.warn(
      `${this.constructor.name} overrides ${this.ofEventId === ofEventId ? 'filterEventWithId' : 'ofEventId'}, which does not decide here which handlers get an event. Override bind(), or give CqrsModule.forRoot() an eventIdProvider.`,
    );
  }

  private isWarned = false;
}
