import { setImmediate as nextTurn } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { captureContext } from '../context/context-storage.js';
import { CqrsLogger } from '../dispatch/cqrs-logger.js';
import { Dispatcher } from '../dispatch/dispatcher.js';
import { harmless, stackOf, textOf } from '../dispatch/failures.js';
import { MessageCatalog } from '../envelope/message-catalog.js';
import { typeOf } from '../envelope/payload-tags.js';
import { CommandHandlerNotFoundException } from '../errors/handler-not-found.exception.js';
import type { HandlerInvoker } from '../handlers/handler-invoker.js';
import type { ReadyHandler } from '../handlers/provider-handlers.js';
import { nameOf } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import { DeliveryRunner, type DeliveryTarget } from '../transport/durable/delivery-runner.js';
import { durableClass } from '../transport/durable/durable.decorator.js';
import { DurableCommands } from '../transport/durable/durable-commands.js';
import { notDurable, unknownQueue } from '../transport/durable/durable-desk.js';
import type { DurableTransport, QueueSpec } from '../transport/durable/durable-transport.js';
import { JobStore } from '../transport/durable/job-store.js';
import { RelayInvoker } from '../transport/durable/relay-invoker.js';
import { policyOf } from '../transport/durable/retry-policy.js';
import { Schedules, type SchedulesDesk } from '../transport/durable/schedules.js';
import { StoredInvoker, type StoredQueue } from '../transport/durable/stored-invoker.js';
import { UnitsOfWork } from '../units/units-of-work.js';
import { ApplicationBuses, type BusSettings } from './application-buses.js';
import { ApplicationOptions } from './application-options.js';
import { ApplicationTransports } from './application-transports.js';
import { commandTarget, eventTarget, RelayedEvent } from './delivery-targets.js';
import { durableProblems, notDurableClass } from './durable-checks.js';
import {
  DurableCommandTypes,
  durabilityOfHandler,
  RELAY,
  relayName,
  withoutQueue,
  type QueueOfCommand,
} from './durable-queues.js';
import type { CheckedHandler } from './handler-checks.js';
import type { CompleteDurableOptions } from './module-options.js';
import type { KindOfProblem } from './wiring-exception.js';

const logger = new CqrsLogger('CqrsModule');

/** A queue of this process. */
interface ProcessQueue {
  readonly spec: QueueSpec;
  readonly invoker: StoredInvoker;
  /** Undefined if another process handles it. */
  readonly target: DeliveryTarget | undefined;
}

/** Stored messages of the application: checks what is declared, stores, hands out, and ends. */
@Injectable()
export class ApplicationDurables implements SchedulesDesk {
  readonly schedules: Schedules;
  private readonly queues = new Map<string, ProcessQueue>();
  private readonly specs: QueueSpec[] = [];
  private readonly ofCommands = new Map<MessageType, ProcessQueue>();
  private readonly dispatchers: Dispatcher[] = [];
  private readonly working = new Set<string>();
  private readonly types: DurableCommandTypes;
  private readonly store: JobStore | undefined;
  private readonly commands: DurableCommands | undefined;
  private readonly runner: DeliveryRunner;
  private isClosed = false;
  /** Of startup: a request that loads a module, or stores first, must not live on in connections and workers. */
  private readonly home = captureContext();

  constructor(
    @Inject(ApplicationBuses) private readonly buses: ApplicationBuses,
    @Inject(MessageCatalog) private readonly catalog: MessageCatalog,
    @Inject(ApplicationOptions) private readonly options: ApplicationOptions,
    @Inject(ApplicationTransports) transports: ApplicationTransports,
    @Inject(UnitsOfWork) units: UnitsOfWork | undefined,
  ) {
    const { runningWork, probes } = buses;
    this.runner = new DeliveryRunner({
      catalog,
      runningWork,
      probes,
      reporter: () => buses.reporter,
      hasUnitsOfWork: units !== undefined,
    });
    this.schedules = new Schedules(this, catalog);
    this.types = new DurableCommandTypes(this.given?.elsewhere ?? [], type => transports.isRouted(type));
    const transport = this.given?.transport;
    if (transport === undefined) return;
    const report = (problem: string, error: unknown) =>
      logger.error(`${transport.engine}: ${problem}: ${textOf(error)}`, stackOf(error));
    this.store = new JobStore(transport, () => this.specs, report, this.home, units);
    this.commands = new DurableCommands(this.store, type => this.invokerOf(type));
    transports.relayBy((service, remoteOf) => this.relay(service, remoteOf));
  }

  /** Commands that may be stored. */
  commandQueues(handlers: readonly CheckedHandler[]): readonly QueueOfCommand[] {
    return this.store === undefined ? [] : this.types.of(handlers);
  }

  /**
   * @param handlers all of the application
   * @returns makes the queues of commands
   */
  prepare(handlers: readonly CheckedHandler[], problems: KindOfProblem[]): () => void {
    const commands = this.types.of(handlers);
    problems.push(...durableProblems(this.options.complete, handlers, commands, type => this.types.isHandled(type)));
    return () => {
      if (this.store === undefined) return;
      for (const command of commands) if (!this.ofCommands.has(command.type)) this.addCommand(command);
    };
  }

  /** @returns the handler as the event bus calls it: one that stores, if it is durable */
  storing(handler: CheckedHandler, ready: ReadyHandler): ReadyHandler {
    const durability = durabilityOfHandler(handler);
    if (durability?.name === undefined || ready.kind !== 'event') return ready;
    const { name, options } = durability;
    const dispatcher = new Dispatcher('event', () => [ready.invoker]);
    this.dispatchers.push(dispatcher);
    const queue = { name, kind: 'event', options, retry: policyOf(options.retry, this.given?.retry) } as const;
    const target = eventTarget(dispatcher, handler.types[0]!, handler.identity, options);
    return { ...ready, invoker: this.add(queue, target, ready.invoker).invoker };
  }

  /** After `storing`. */
  connect(settings: BusSettings): void {
    if (this.commands === undefined) return;
    for (const bus of this.buses.commandBuses) bus.durable = this.commands;
    for (const dispatcher of [this.commands.dispatcher, ...this.dispatchers]) this.buses.equip(dispatcher, settings);
  }

  /** Call after startup, and after a module was loaded: a message may come at once. */
  async start(): Promise<void> {
    const { store } = this;
    if (store === undefined) return;
    const { work, schedules } = this.given!;
    await store.ready();
    if (!work || this.isClosed) return;
    for (const [name, { spec, target }] of this.queues) {
      if (target === undefined || this.working.has(name)) continue;
      this.working.add(name);
      const working = this.home(() => store.transport.work(spec, delivery => this.runner.run(delivery, target)));
      await working.catch(error => {
        this.working.delete(name);
        throw error;
      });
    }
    if (store.transport.schedules !== undefined) await this.schedules.reconcile(schedules, this.working);
  }

  /** Running deliveries go on. */
  stopIntake(): void {
    this.isClosed = true;
    const stopping = this.store?.transport.stopIntake();
    if (stopping !== undefined) harmless(stopping);
  }

  /** Call when everything has ended. */
  async close(): Promise<void> {
    for (const dispatcher of this.dispatchers) dispatcher.close();
    this.commands?.dispatcher.close();
    try {
      // What the last handlers came to reaches the transport first.
      await nextTurn();
      await this.store?.close();
    } catch (error) {
      logger.error(`Durable messages do not close: ${textOf(error)}`, stackOf(error));
    }
  }

  /** The application does not start: nothing of it may keep the process alive. */
  async closeAfter(error: unknown): Promise<never> {
    await this.close();
    throw error;
  }

  async transport(): Promise<DurableTransport> {
    if (this.store === undefined) throw notDurable('There is nothing to look at', 'DeadLetters, Queues or Schedules');
    await this.store.ready();
    return this.store.transport;
  }

  queueNames(): readonly string[] {
    return [...this.queues.keys()];
  }

  known(queue: string): string {
    if (!this.queues.has(queue)) throw unknownQueue(queue, this.queueNames());
    return queue;
  }

  queueOf(command: object): StoredQueue {
    return this.invokerOf(typeOf(command)!).queue;
  }

  /** A hint for a command that was dispatched, and can only be stored here. */
  nearMiss(type: MessageType): string | undefined {
    return this.types.isElsewhere(type)
      ? `Another process handles it: store it, with enqueue(new ${nameOf(type)}(…)).`
      : undefined;
  }

  /** Where messages of a handler wait, as `bookkeeping (pg-boss)`. */
  waitingFor(handler: CheckedHandler, type: MessageType): string | undefined {
    const name =
      handler.declaration.kind === 'event'
        ? durabilityOfHandler(handler)?.name
        : this.ofCommands.get(durableClass(type) ?? type)?.spec.name;
    return name === undefined || this.store === undefined ? undefined : `${name} (${this.store.transport.engine})`;
  }

  private get given(): CompleteDurableOptions | undefined {
    return this.options.complete.durable;
  }

  private invokerOf(type: MessageType): StoredInvoker {
    const durable = durableClass(type);
    if (durable === undefined) throw notDurableClass(type);
    const queue = this.ofCommands.get(durable);
    if (queue === undefined || !this.types.isHandled(type))
      throw new CommandHandlerNotFoundException(nameOf(type), withoutQueue(type, this.types.isHandled(type)));
    return queue.invoker;
  }

  private addCommand({ type, name, aliases, options, isHandledHere }: QueueOfCommand): void {
    const retry = policyOf(options.retry, this.given?.retry);
    const identity = { name, module: this.store?.transport.engine };
    const worked = isHandledHere ? commandTarget(this.buses, type, { name }, options) : undefined;
    this.ofCommands.set(type, this.add({ name, kind: 'command', options, retry }, worked, { identity }));
    if (worked === undefined) return;
    for (const alias of aliases) this.add({ name: alias, kind: 'command', options, retry }, worked, { identity });
  }

  private add(
    queue: StoredQueue,
    target: DeliveryTarget | undefined,
    { identity, middleware }: Pick<HandlerInvoker, 'identity'> & Partial<Pick<HandlerInvoker, 'middleware'>>,
    Invoker: typeof StoredInvoker = StoredInvoker,
  ): ProcessQueue {
    const { name, options } = queue;
    const concurrency = options.concurrency ?? this.given!.concurrency;
    const invoker = new Invoker(queue, identity, this.store!, this.catalog, middleware);
    const added = { spec: { name, concurrency, isKeyed: options.key !== undefined }, invoker, target };
    this.queues.set(name, added);
    this.specs.push(added.spec);
    return added;
  }

  /** Events of a durable route: one queue for each process. */
  private relay(service: string, remoteOf: (type: MessageType) => HandlerInvoker): StoredInvoker {
    const name = relayName(service);
    const present = this.queues.get(name);
    if (present !== undefined) return present.invoker;
    const dispatcher = new Dispatcher('event', type => [remoteOf(type)]);
    this.dispatchers.push(dispatcher);
    const identity = { name: service, module: 'relay' };
    const target = eventTarget(dispatcher, RelayedEvent, identity);
    return this.add({ name, kind: 'event', options: {}, retry: RELAY }, target, { identity }, RelayInvoker).invoker;
  }
}
