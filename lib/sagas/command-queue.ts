import { clearCause, setCause } from '../context/cause.js';
import { runWithout } from '../context/context-storage.js';
import type { HandlerIdentity, MessageContext } from '../context/message-context.js';
import type { FailureReporter } from '../buses/failures.js';
import type { InFlight, Running } from '../buses/in-flight.js';
import { describeValue } from '../errors/invalid-message.exception.js';
import type { MessageType } from '../messages/message.js';
import { Fifo } from './fifo.js';

/** What sagas need of the application. */
export interface SagaPorts {
  /** Runs commands. */
  readonly commands: { execute(command: object): unknown };
  /** Told what fails. */
  readonly reporter: FailureReporter;
  /** Told what runs and what waits to run. */
  readonly inFlight: InFlight;
  /** How many commands of one saga run at a time. */
  readonly concurrency: number;
  /** Whether a saga is run within the context of the event it is shown. */
  readonly propagate: boolean;
}

interface Waiting extends Running {
  readonly command: object;
  readonly context: MessageContext | undefined;
}

/**
 * The commands of one saga on their way to the command bus: so many at a time, in the order they were emitted.
 * What fails is reported and holds up nothing. The bus is given the command alone, as spies expect; its cause is
 * said beside it.
 */
export class CommandQueue {
  private running = 0;
  private waiting = new Fifo<Waiting>();
  private isClosed = false;

  constructor(
    private readonly identity: HandlerIdentity,
    private readonly ports: SagaPorts,
  ) {}

  /**
   * Sends a command, now or when those before it have settled. Never throws.
   * @param command what the saga emitted; nothing happens if it is falsy
   * @param context the delivery of the event that causes it, where it is known
   */
  send(command: unknown, context: MessageContext | undefined): void {
    if (!command || this.isClosed) return;
    const type = (command as object).constructor as MessageType;
    const invoker = { identity: this.identity };
    const waiting: Waiting = { command: command as object, context, type, invoker, running: 0 };
    this.ports.inFlight.begin(waiting);
    if (this.running < this.ports.concurrency) void this.run(waiting);
    else this.waiting.push(waiting);
  }

  /** Sends nothing more, not even what waits. */
  close(): void {
    this.isClosed = true;
    for (let left = this.waiting.shift(); left; left = this.waiting.shift()) this.ports.inFlight.end(left);
  }

  private async run(waiting: Waiting): Promise<void> {
    const { command, context } = waiting;
    this.running++;
    try {
      await this.execute(command, context);
    } catch (error) {
      const cause = typeof command === 'object' ? command : describeValue(command);
      this.ports.reporter.report(error, cause, { handler: this.identity, context });
    } finally {
      this.running--;
      this.ports.inFlight.end(waiting);
    }
    const next = this.waiting.shift();
    if (next) void this.run(next);
  }

  private async execute(command: object, context: MessageContext | undefined): Promise<void> {
    if (typeof command !== 'object' || !context) {
      await runWithout(() => this.ports.commands.execute(command));
      return;
    }
    setCause(command, context);
    try {
      await this.ports.commands.execute(command);
    } finally {
      clearCause(command, context);
    }
  }
}
