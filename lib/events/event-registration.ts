import type { Type } from '@nestjs/common';
import { filter, type MonoTypeOperatorFunction, type Observable, type Subscription } from 'rxjs';
import { EventHandlerRegistry } from '../handlers/event-handler-registry.js';
import { declarationsOf } from '../handlers/handler-declaration.js';
import type { HandlerFunction } from '../handlers/handler.js';
import { messageTypeId } from '../handlers/handler.decorators.js';
import type { HandlerInvoker } from '../handlers/handler-invoker.js';
import type { Disposer } from '../handlers/changes.js';
import { InvalidSagaException } from '../errors/wiring.exception.js';
import type { ICommand, IEvent, MessageType } from '../messages/message.js';
import { CqrsLogger } from '../dispatch/cqrs-logger.js';
import { RegisteringBus } from '../buses/registering-bus.js';
import type { EventIdProvider } from '../buses/publishers.js';
import type { ProviderWrapper } from '../scopes/provider-wrapper.js';

const logger = new CqrsLogger('EventBus');

export type SagaFunction<EventBase extends IEvent = IEvent> = (events$: Observable<EventBase>) => Observable<ICommand>;

export interface SagaHost {
  /** Only sagas that are given the stream. */
  sagasOf(wrapper: ProviderWrapper): SagaFunction[];
  start(saga: SagaFunction): void;
}

/** From decorators and @nestjs/cqrs; subclasses inherit them. */
export const DECORATED_IDS: EventIdProvider = {
  getEventId: type => {
    for (let one: object | null = type; one !== null; one = Object.getPrototypeOf(one) as object | null) {
      const id = messageTypeId('event', one);
      if (id !== undefined) return id;
    }
    return null;
  },
};

export abstract class EventRegistration<EventBase extends IEvent = IEvent> extends RegisteringBus<EventBase> {
  readonly registry: EventHandlerRegistry;
  /** A subclass may replace it. */
  protected eventIdProvider: EventIdProvider;
  protected readonly subscriptions: Subscription[] = [];
  private sagas: SagaHost | undefined;
  /** Registered before `runSagasBy`. */
  private early: SagaFunction<EventBase>[] = [];

  protected constructor(registry: EventHandlerRegistry | undefined, ids: EventIdProvider | undefined) {
    super('event');
    this.registry = registry ?? new EventHandlerRegistry();
    this.eventIdProvider = ids ?? DECORATED_IDS;
  }

  /**
   * Registers a handler at run time, for subclasses of the event too.
   * @returns removes the registration
   * @throws InvalidHandlerException
   * @typeParam C leave it out, as R: for overriding subclasses
   */
  register<T extends EventBase, C = unknown, R = Disposer>(
    type: C & MessageType<T>,
    handler: HandlerFunction<T>,
  ): NoInfer<R>;
  /** For decorated providers; the module registers them itself. */
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

  protected reflectEvents(handler: Type | object): MessageType[] {
    const declared = declarationsOf(handler as Type).filter(({ kind, on }) => kind === 'event' && on === 'class');
    return declared.flatMap(({ types }) => types as MessageType[]);
  }

  /**
   * Passes events whose class has or inherits an identifier (null: all), as in @nestjs/cqrs 12. For subclasses that
   * subscribe themselves: the bus uses its `registry`.
   */
  protected filterEventWithId(id: string | null): MonoTypeOperatorFunction<EventBase> {
    return filter(event => {
      const type: unknown = (Object.getPrototypeOf(event) as object | null)?.constructor;
      return !id || (typeof type === 'function' && this.eventIdProvider.getEventId(type as MessageType) === id);
    });
  }

  /** The same as a stream, as in @nestjs/cqrs 11. */
  protected ofEventId(id: string): Observable<EventBase> {
    return this.subject$.pipe(this.filterEventWithId(id));
  }

  /** Starts sagas given the stream. The module calls it if a subclass overrides it or `registerSaga`. */
  registerSagas(wrappers: ProviderWrapper[] = []): void {
    for (const wrapper of wrappers)
      for (const saga of this.sagas?.sagasOf(wrapper) ?? []) this.registerSaga(saga as SagaFunction<EventBase>);
  }

  /**
   * Starts a saga once the application is wired; a bus without the module runs none.
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

  /** @internal */
  get takesSagas(): boolean {
    const { registerSagas, registerSaga } = EventRegistration.prototype;
    return this.registerSagas !== registerSagas || this.registerSaga !== registerSaga;
  }

  /** @internal */
  runSagasBy(host: SagaHost): void {
    if (this.sagas !== undefined) return;
    this.sagas = host;
    for (const saga of this.early.splice(0)) host.start(saga as SagaFunction);
  }

  /** Does nothing; subclasses written for @nestjs/cqrs call it. */
  onModuleDestroy(): void {}

  /** Overrides that have no effect here. */
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
