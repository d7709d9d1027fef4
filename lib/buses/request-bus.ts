import { LOADED_TWICE, type HandlerNotFoundException } from '../errors/handler-not-found.exception.js';
import type { FunctionResult, HandlerFunction } from '../handlers/handler.js';
import type { HandlerInvoker } from '../handlers/handler-invoker.js';
import type { Disposer } from '../handlers/changes.js';
import { HandlerRegistry } from '../handlers/handler-registry.js';
import { isRoot, lineage, nameOf } from '../messages/inspect-message.js';
import type { MessageKind, MessageType } from '../messages/message.js';
import type { StandaloneBusOptions } from './bus-options.js';
import { Dispatcher, type StartGate } from '../dispatch/dispatcher.js';
import { callSafely } from '../dispatch/failures.js';
import { RegisteringBus } from './registering-bus.js';
import { forgetOnChange } from './registry-watch.js';
import type { Routes } from './routes.js';
import { injectStartGate } from './start-gate.js';
import type { ProviderWrapper } from '../scopes/provider-wrapper.js';

/** A hint about a type without handler. */
export type NearMiss = (type: MessageType, kind: MessageKind) => string | undefined;

interface MessagePublisher<T> {
  publish(message: T): unknown;
}

/** One handler per type. */
export abstract class RequestBus<TBase> extends RegisteringBus<TBase> {
  readonly registry: HandlerRegistry;
  /** @internal */
  readonly dispatcher: Dispatcher;
  /** @internal */
  nearMiss: NearMiss | undefined;
  /**
   * Routes to other processes; set by the module.
   * @internal
   */
  messageRoutes: Routes | undefined;
  private _publisher: MessagePublisher<TBase> | undefined;

  protected constructor(
    kind: MessageKind,
    options: StandaloneBusOptions | undefined,
    publisher: MessagePublisher<TBase> | undefined,
  ) {
    super(kind);
    this._publisher = publisher;
    this.registry = options?.registry ?? new HandlerRegistry();
    this.dispatcher = new Dispatcher(kind, type => [this.handlerOf(type)], this);
    this.dispatcher.setOwnMiddleware(options?.middleware ?? []);
    forgetOnChange(this.registry, this.dispatcher);
  }

  /** Nest sets a property, since subclasses call the constructor with own arguments. */
  protected set startGate(gate: StartGate | undefined) {
    this.dispatcher.gate = gate;
  }

  /** Sees every message; the subscribers of the bus by default. */
  get publisher(): MessagePublisher<TBase> {
    return (this._publisher ??= { publish: message => this._subject$.next(message) });
  }

  set publisher(publisher: MessagePublisher<TBase>) {
    this._publisher = publisher;
  }

  /**
   * Registers a handler at run time, also for subclasses without a handler of their own.
   * @returns removes the registration
   * @throws HandlerAlreadyRegisteredException, InvalidHandlerException
   * @typeParam C leave it out, as R: for overriding subclasses
   */
  register<T extends TBase, C = unknown, R = Disposer>(
    type: C & MessageType<T>,
    handler: HandlerFunction<T, FunctionResult<T>>,
  ): NoInfer<R>;
  /** For decorated providers; the module registers them itself. */
  register(handlers?: ProviderWrapper[]): void;
  register(typeOrHandlers: MessageType | ProviderWrapper[] = [], handler?: HandlerFunction): Disposer | void {
    if (!Array.isArray(typeOrHandlers)) return this.registry.register(typeOrHandlers, handler as HandlerFunction);
    for (const wrapper of typeOrHandlers) this.registerHandler(wrapper);
  }

  protected registerInvoker(types: readonly MessageType[], invoker: HandlerInvoker): void {
    for (const type of types) this.registry.registerInvoker(type, invoker);
  }

  /** @internal */
  open(): void {
    this.dispatcher.gate = undefined;
  }

  /** Completes its stream and refuses later messages. */
  close(): void {
    this.dispatcher.close();
    this._subject$.complete();
  }

  protected abstract missing(name: string, hint: string | undefined): HandlerNotFoundException;

  private handlerOf(type: MessageType): HandlerInvoker {
    const { messageRoutes } = this;
    const { kind } = this.dispatcher;
    for (const ancestor of [...lineage(type), Object]) {
      const invoker = this.registry.find(ancestor) ?? messageRoutes?.ofClass(ancestor, kind);
      if (invoker) return invoker;
    }
    const named = messageRoutes?.ofName(type, kind);
    if (named) return named;
    if (isRoot(type)) throw this.missing(nameOf(type), PLAIN_OBJECT);
    throw this.missing(nameOf(type), this.nearMiss?.(type, kind) ?? this.namesake(type));
  }

  private namesake(type: MessageType): string | undefined {
    for (const [registered] of this.registry)
      if (registered !== type && nameOf(registered) === nameOf(type))
        return `Another class of the same name has a handler: ${LOADED_TWICE}`;
    return undefined;
  }

  /** @internal */
  get observed(): boolean {
    return this._publisher !== undefined || this._subject$.observed;
  }

  /** @internal */
  show(message: object): void {
    const publisher = this._publisher;
    if (publisher)
      callSafely(() => publisher.publish(message as TBase), `publisher of the ${this.dispatcher.kind} bus`);
    else this._subject$.next(message as TBase);
  }
}

injectStartGate(RequestBus.prototype);

const PLAIN_OBJECT =
  'It is a plain object: send an instance of a message class. Of a @Body(), ValidationPipe({ transform: true }) makes one.';
