import { isObservable, Subscription, type Observable } from 'rxjs';
import { captureContext } from '../context/context-storage.js';
import type { MessageContext } from '../context/message-context.js';
import { callSafely } from '../dispatch/failures.js';
import type { ProbeWatch } from '../dispatch/probe-watch.js';
import type { ShownEvent } from '../events/event-subject.js';
import type { MessageType } from '../messages/message.js';
import { genuine, isPromiseLike } from '../pipeline/settled.js';
import { CommandQueue, type SagaPorts } from './command-queue.js';
import type { SagaDefinition } from './saga-definition.js';
import { isAsyncIterable } from './saga-run.js';
import { workingOn } from './saga-work.js';
import { SagaRunCounters } from './saga-run-counters.js';

/**
 * Called with each event of its classes, without waiting for earlier calls. An asynchronous result is sent when it has
 * settled, in the asynchronous context of the caller of `publish`. A failure is reported and affects no other event.
 */
export class PlainSaga {
  readonly commands: CommandQueue;
  readonly runs: SagaRunCounters;
  /** Returned streams that are not complete. */
  readonly streams = new Set<Subscription>();
  isStopped = false;

  constructor(
    readonly definition: SagaDefinition,
    private readonly types: readonly MessageType[],
    readonly ports: SagaPorts,
  ) {
    const { identity } = definition.invoker;
    this.commands = new CommandQueue(identity, ports);
    this.runs = new SagaRunCounters(identity);
  }

  /** @throws what `instanceof` throws */
  wants(event: object): boolean {
    return this.types.some(type => event instanceof type);
  }

  /** Never throws. */
  receive(shown: ShownEvent): void {
    const reaction = new Reaction(shown, this);
    reaction.begin();
  }

  /** Sends nothing more. */
  stop(): void {
    this.isStopped = true;
    this.commands.close();
    for (const stream of this.streams) callSafely(() => stream.unsubscribe(), 'teardown of a saga');
  }
}

class Reaction {
  private known: MessageContext | undefined;
  private readonly working: ProbeWatch | undefined;

  constructor(
    private readonly shown: ShownEvent,
    private readonly saga: PlainSaga,
  ) {
    this.working = workingOn(shown, saga.definition.invoker.identity, saga.ports.probes);
  }

  begin(): void {
    try {
      const { working } = this;
      const taking = working === undefined ? this.react() : working.run(() => this.react());
      if (taking === undefined) working?.end();
      else void this.count(taking);
    } catch (error) {
      this.fail(error);
    }
  }

  private react(): Promise<unknown> | undefined {
    return this.take(this.saga.ports.propagate ? this.context.run(() => this.call()) : this.call());
  }

  private get context(): MessageContext {
    return (this.known ??= this.shown.contextFor(this.saga.definition.invoker.identity));
  }

  private call(): unknown {
    const { invoker } = this.saga.definition;
    return invoker.invoke(this.shown.event, invoker.usesContext ? this.context : undefined);
  }

  /** @returns settles at the end; undefined if nothing is left */
  private take(result: unknown): Promise<unknown> | undefined {
    if (isObservable(result)) return this.takeAsEmitted(result);
    if (isPromiseLike(result)) return genuine(result).then(settled => this.take(settled));
    if (isAsyncIterable(result)) return this.takeAll(result);
    if (isIterable(result)) for (const command of result) this.send(command);
    else this.send(result);
    return undefined;
  }

  /** A stream may emit anywhere: commands run in the event's asynchronous context. */
  private takeAsEmitted(commands: Observable<unknown>): Promise<void> {
    const run = captureContext();
    const { streams } = this.saga;
    return new Promise((resolve, reject) => {
      const stream = new Subscription(resolve);
      streams.add(stream);
      stream.add(() => streams.delete(stream));
      const ended = () => callSafely(() => stream.unsubscribe(), 'teardown of a saga');
      stream.add(
        commands.subscribe({
          next: command => run(() => this.send(command)),
          error: (error: unknown) => {
            reject(error);
            ended();
          },
          complete: ended,
        }),
      );
    });
  }

  private async takeAll(commands: AsyncIterable<unknown>): Promise<void> {
    for await (const command of commands) {
      if (this.saga.isStopped) return;
      this.send(command);
    }
  }

  private send(command: unknown): void {
    if (command) this.saga.commands.send(command, this.context);
  }

  private async count(taking: Promise<unknown>): Promise<void> {
    const { runningWork } = this.saga.ports;
    const runs = this.saga.runs.of(this.shown.event);
    runningWork.begin(runs);
    try {
      await taking;
      this.working?.end();
    } catch (error) {
      this.fail(error);
    } finally {
      runningWork.end(runs);
    }
  }

  private fail(error: unknown): void {
    const { ports, definition } = this.saga;
    this.working?.end({ error });
    ports.reporter.report(error, this.shown.event, definition.invoker.identity, () => this.context);
  }
}

const isIterable = (value: unknown): value is Iterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.iterator in value;
