import { ModuleRef } from '@nestjs/core';
import type { HandlerNotFoundException } from '../errors/handler-not-found.exception.js';
import type { FunctionResult, HandlerFunction } from '../handlers/handler.js';
import type { HandlerInvoker } from '../handlers/handler-invoker.js';
import type { ProviderWrapper } from '../handlers/provider-handlers.js';
import { HandlerRegistry, type Disposer } from '../handlers/handler-registry.js';
import { isRoot, lineage, nameOf } from '../messages/inspect-message.js';
import type { MessageKind, MessageType } from '../messages/message.js';
import type { StandaloneBusOptions } from './bus-options.js';
import { Dispatcher, type StartGate } from '../dispatch/dispatcher.js';
import { callSafely } from '../dispatch/failures.js';
import { ObservableBus } from './observable-bus.js';
import { RegisteringBus } from './registering-bus.js';
import { forgetOnChange } from './registry-watch.js';
import { injectStartGate } from './start-gate.js';

/** Says of a type that has no handler on a bus what was found nearby; undefined if nothing was. */
export type NearMiss = (type: MessageType, kind: MessageKind) => string | undefined;

interface MessagePublisher<T> {
  publish(message: T): unknown;
}

/** What the command bus and the query bus have in common: one handler a type, a registry, an audience. */
export abstract class RequestBus<TBase> extends RegisteringBus<TBase> {
  /** Which handler serves which type. */
  readonly registry: HandlerRegistry;
  /**
   * The way of messages through this bus.
   * @internal
   */
  readonly dispatcher: Dispatcher;
  /**
   * Looks for what a missing handler may be mistaken for; set by the module.
   * @internal
   */
  nearMiss: NearMiss | undefined;
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

  /** Makes handlers available before the first message; set by Nest, apart from the constructor that subclasses call. */
  protected set startGate(gate: StartGate | undefined) {
    this.dispatcher.gate = gate;
  }

  /** Who sees every message; the subscribers of the bus by default. */
  get publisher(): MessagePublisher<TBase> {
    return (this._publisher ??= { publish: message => this._subject$.next(message) });
  }

  set publisher(publisher: MessagePublisher<TBase>) {
    this._publisher = publisher;
  }

  /**
   * Registers the handler of a message type, at run time.
   * @param type class of the message; its subclasses are handled too unless they have a handler of their own
   * @param handler a function, sync or async
   * @returns takes the registration back
   * @throws HandlerAlreadyRegisteredException, InvalidHandlerException
   * @typeParam C not to be given, as R: they let subclasses override what @nestjs/cqrs has, the other overload
   */
  register<T extends TBase, C = unknown, R = Disposer>(
    type: C & MessageType<T>,
    handler: HandlerFunction<T, FunctionResult<T>>,
  ): NoInfer<R>;
  /** Registers decorated providers, as @nestjs/cqrs does; here the module does it by itself. */
  register(handlers?: ProviderWrapper[]): void;
  register(typeOrHandlers: MessageType | ProviderWrapper[] = [], handler?: HandlerFunction): Disposer | void {
    if (!Array.isArray(typeOrHandlers)) return this.registry.register(typeOrHandlers, handler as HandlerFunction);
    for (const wrapper of typeOrHandlers) this.registerHandler(wrapper);
  }

  protected registerInvoker(types: readonly MessageType[], invoker: HandlerInvoker): void {
    for (const type of types) this.registry.registerInvoker(type, invoker);
  }

  /**
   * Lets messages pass, now that the handlers of the application are there.
   * @internal
   */
  open(): void {
    this.dispatcher.gate = undefined;
  }

  /** Ends the bus: its subscribers are told that nothing more comes, and messages are refused. */
  close(): void {
    this.dispatcher.close();
    this._subject$.complete();
  }

  /** The exception for a type without a handler. */
  protected abstract missing(name: string, hint: string | undefined): HandlerNotFoundException;

  private handlerOf(type: MessageType): HandlerInvoker {
    for (const ancestor of [...lineage(type), Object]) {
      const invoker = this.registry.find(ancestor);
      if (invoker) return invoker;
    }
    if (isRoot(type)) throw this.missing(nameOf(type), PLAIN_OBJECT);
    throw this.missing(nameOf(type), this.nearMiss?.(type, this.dispatcher.kind) ?? this.namesake(type));
  }

  private namesake(type: MessageType): string | undefined {
    for (const [registered] of this.registry)
      if (registered !== type && nameOf(registered) === nameOf(type))
        return 'Another class of the same name has a handler: is the package or file that declares it loaded twice?';
    return undefined;
  }

  /**
   * Whether a publisher or a subscriber sees the messages.
   * @internal
   */
  get observed(): boolean {
    return this._publisher !== undefined || this._subject$.observed;
  }

  /**
   * Shows a message to the publisher, else to the subscribers.
   * @internal
   */
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

/** The options of a bus without Nest; undefined where the container constructs the bus. */
export const standaloneOptions = <T = StandaloneBusOptions>(given: object | undefined): T | undefined =>
  given instanceof ModuleRef || given instanceof ObservableBus ? undefined : (given as T | undefined);
