import { isObservable } from 'rxjs';
import type { MessageContext } from '../context/message-context.js';
import { isPromiseLike } from '../buses/failures.js';
import type { Running } from '../buses/in-flight.js';
import type { ShownEvent } from '../buses/observable-bus.js';
import { typeOfPrototype, prototypeOf } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import { CommandQueue, type SagaPorts } from './command-queue.js';
import type { SagaDefinition } from './saga-definition.js';
import { isAsyncIterable } from './saga-run.js';

/**
 * A saga that is called with each event of some classes, and returns commands. Calls do not wait for each other:
 * what an asynchronous one returns is sent when it has settled. A failure concerns one event, is reported with it,
 * and hurts no other.
 */
export class PlainSaga {
  private readonly commands: CommandQueue;

  constructor(
    private readonly saga: SagaDefinition,
    private readonly types: readonly MessageType[],
    private readonly ports: SagaPorts,
  ) {
    this.commands = new CommandQueue(saga.invoker.identity, ports);
  }

  /** Whether the saga is called with an event. */
  wants(event: object): boolean {
    return this.types.some(type => event instanceof type);
  }

  /** Receives an event. Never throws. */
  receive(shown: ShownEvent): void {
    const reaction = new Reaction(shown, this.saga, this.ports, this.commands);
    reaction.begin();
  }

  /** Ends the saga; it sends nothing more. */
  stop(): void {
    this.commands.close();
  }
}

/** One call of a plain saga. */
class Reaction {
  private readonly counted: Running;
  private known: MessageContext | undefined;

  constructor(
    private readonly shown: ShownEvent,
    private readonly saga: SagaDefinition,
    private readonly ports: SagaPorts,
    private readonly commands: CommandQueue,
  ) {
    const type = typeOfPrototype(prototypeOf(shown.event));
    this.counted = { type, invoker: saga.invoker, running: 0 };
  }

  begin(): void {
    try {
      const result = this.ports.propagate ? this.context.run(() => this.call()) : this.call();
      if (isPromiseLike(result)) void this.count(result.then(settled => this.take(settled)));
      else {
        const taking = this.take(result);
        if (taking) void this.count(taking);
      }
    } catch (error) {
      this.fail(error);
    }
  }

  /** Made when first asked for. */
  private get context(): MessageContext {
    return (this.known ??= this.shown.contextFor(this.saga.invoker.identity));
  }

  private call(): unknown {
    const { invoker } = this.saga;
    return invoker.invoke(this.shown.event, invoker.usesContext ? this.context : undefined);
  }

  /** Sends what the saga returned; the promise is of the end of a stream. */
  private take(result: unknown): Promise<void> | undefined {
    if (isObservable(result))
      return new Promise((resolve, reject) =>
        result.subscribe({ next: command => this.send(command), error: reject, complete: resolve }),
      );
    if (isAsyncIterable(result)) return this.takeAll(result);
    if (isIterable(result)) for (const command of result) this.send(command);
    else this.send(result);
    return undefined;
  }

  private async takeAll(commands: AsyncIterable<unknown>): Promise<void> {
    for await (const command of commands) this.send(command);
  }

  private send(command: unknown): void {
    if (command) this.commands.send(command, this.context);
  }

  private async count(running: PromiseLike<unknown>): Promise<void> {
    const { inFlight } = this.ports;
    inFlight.begin(this.counted);
    try {
      await running;
    } catch (error) {
      this.fail(error);
    } finally {
      inFlight.end(this.counted);
    }
  }

  private fail(error: unknown): void {
    const { reporter } = this.ports;
    reporter.report(error, this.shown.event, { handler: this.saga.invoker.identity, context: this.context });
  }
}

const isIterable = (value: unknown): value is Iterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.iterator in value;
