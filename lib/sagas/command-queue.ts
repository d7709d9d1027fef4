import { causeOf, clearCause, setCause } from '../context/cause.js';
import { captureContext, runInNone, runWithout, type AsyncRunner } from '../context/context-storage.js';
import { ContextOrigin } from '../context/context-origin.js';
import type { HandlerIdentity } from '../context/said.js';
import type { MessageContext } from '../context/message-context.js';
import { CommandBus } from '../buses/command-bus.js';
import type { FailureReporter } from '../dispatch/failures.js';
import { Fifo } from '../events/fifo.js';
import type { RunCounter } from '../dispatch/run-counter.js';
import type { RunningWork } from '../dispatch/running-work.js';
import { describeValue } from '../errors/invalid-message.exception.js';
import { SagaRuns } from './saga-runs.js';

/** In which asynchronous context the commands of sagas run: that of the publisher of their event, or none. */
export type SagaStorage = 'publisher' | 'none';

/** What sagas need of the application. */
export interface SagaPorts {
  /** Runs commands. */
  readonly commands: {
    execute(command: object, options?: { readonly context: MessageContext | ContextOrigin }): unknown;
  };
  /** Told what fails. */
  readonly reporter: FailureReporter;
  /** Told what runs and what waits to run. */
  readonly runningWork: RunningWork;
  /** How many commands of one saga run at a time. */
  readonly concurrency: number;
  /** Whether a saga is run within the context of the event it is shown. */
  readonly propagate: boolean;
  /** In which asynchronous context commands run. */
  readonly storage: SagaStorage;
  /** Runs in the asynchronous context in which the sagas were started, where those that read the stream live. */
  readonly home: AsyncRunner;
}

/** A command on its way. */
interface SagaCommand {
  readonly command: object;
  readonly context: MessageContext | undefined;
  /** One for all commands of a type. */
  readonly runs: RunCounter;
}

/** A command that waits under the limit, and the asynchronous context in which the saga emitted it. */
interface WaitingCommand extends SagaCommand {
  readonly run: AsyncRunner;
}

/**
 * The commands of one saga on their way to the command bus: so many at a time, in the order they were emitted, each in
 * the asynchronous context in which it was emitted. What fails is reported and holds up nothing. The bus is given the
 * command alone, as spies expect; its cause is said beside it.
 */
export class CommandQueue {
  private running = 0;
  private readonly waiting = new Fifo<WaitingCommand>();
  private readonly runs: SagaRuns;
  private isClosed = false;

  constructor(
    private readonly identity: HandlerIdentity,
    private readonly ports: SagaPorts,
  ) {
    this.runs = new SagaRuns(identity);
  }

  /**
   * Sends a command, now or when those before it have settled. Never throws.
   * @param command what the saga emitted; nothing happens if it is falsy
   * @param context the delivery of the event that causes it, where it is known
   */
  send(command: unknown, context: MessageContext | undefined): void {
    if (!command || this.isClosed) return;
    const { runningWork, concurrency } = this.ports;
    const runs = this.runs.of(command);
    const sent = { command: command as object, context, runs };
    if (this.running < concurrency) return this.begin(sent);
    this.waiting.push({ ...sent, run: captureContext() });
    runningWork.begin(runs);
  }

  /** Sends nothing more, not even what waits. */
  close(): void {
    this.isClosed = true;
    for (let left = this.waiting.shift(); left; left = this.waiting.shift()) this.ports.runningWork.end(left.runs);
  }

  private begin(sent: SagaCommand): void {
    const { runningWork } = this.ports;
    runningWork.begin(sent.runs);
    this.running++;
    try {
      void this.run(sent);
    } catch (error) {
      this.running--;
      runningWork.end(sent.runs);
      throw error;
    }
  }

  private async run({ command, context, runs }: SagaCommand): Promise<void> {
    const execute = () => this.execute(command, context);
    try {
      await (this.ports.storage === 'none' ? runInNone(execute) : execute());
    } catch (error) {
      await undefined; // What has thrown at once may have come to the end of the stack: go on with an empty one.
      const cause = typeof command === 'object' ? command : describeValue(command);
      this.ports.reporter.report(error, cause, this.identity, () => context);
    } finally {
      this.running--;
      this.ports.runningWork.end(runs);
    }
    const next = this.waiting.shift();
    if (next === undefined) return;
    this.running++;
    next.run(() => void this.run(next));
  }

  private async execute(command: object, context: MessageContext | undefined): Promise<void> {
    const { commands } = this.ports;
    if (typeof command !== 'object') {
      await runWithout(() => commands.execute(command));
      return;
    }
    if (context) return this.executeFor(command, context);
    // Where no event is known the command begins a chain; what its code runs in does not matter.
    const origin = new ContextOrigin({ sentBy: this.identity });
    return runWithout(() => this.executeFor(command, origin));
  }

  private async executeFor(command: object, context: MessageContext | ContextOrigin): Promise<void> {
    const { commands } = this.ports;
    const other = causeOf(command);
    // The same instance is under way for another event: what is said beside it can be only one thing.
    if (other !== undefined && other !== context) {
      await commands.execute(command, { context });
      return;
    }
    setCause(command, context);
    try {
      const result = commands.execute(command);
      // The bus of this library has asked by now; another one may first do something else.
      if (asksAtOnce(commands)) clearCause(command, context);
      await result;
    } finally {
      clearCause(command, context);
    }
  }
}

const asksAtOnce = (commands: object): boolean =>
  commands instanceof CommandBus &&
  commands.execute === CommandBus.prototype.execute &&
  commands.dispatcher.gate === undefined;
