import { causeOf, clearCause, setCause } from '../context/cause.js';
import { captureContext, runInNone, runWithout, type AsyncRunner } from '../context/context-storage.js';
import { ContextOrigin } from '../context/context-origin.js';
import type { HandlerIdentity } from '../context/handler-identity.js';
import type { MessageContext } from '../context/message-context.js';
import { CommandBus } from '../buses/command-bus.js';
import type { FailureReporter } from '../dispatch/failures.js';
import type { ProbeWatch } from '../dispatch/probe-watch.js';
import type { Probes } from '../dispatch/probes.js';
import { Fifo } from '../events/fifo.js';
import type { RunCounter } from '../dispatch/run-counter.js';
import type { RunningWork } from '../dispatch/running-work.js';
import { describeValue } from '../errors/describe-value.js';
import { holdingNone } from '../policies/held-keys.js';
import { notDurable } from '../transport/durable/durable-desk.js';
import type { EnqueueOptions } from '../transport/durable/enqueue-options.js';
import { Later } from '../transport/durable/later.js';
import { SagaRunCounters } from './saga-run-counters.js';

/** Asynchronous context of commands. */
export type SagaStorage = 'publisher' | 'none';

export interface SagaPorts {
  readonly commands: {
    execute(command: object, options?: { readonly context: MessageContext | ContextOrigin }): unknown;
    enqueue?(command: object, options: EnqueueOptions): unknown;
  };
  readonly reporter: FailureReporter;
  readonly runningWork: RunningWork;
  readonly concurrency: number;
  readonly propagate: boolean;
  readonly storage: SagaStorage;
  /** Runs where the sagas were started. */
  readonly home: AsyncRunner;
  readonly probes: Probes;
}

interface SentCommand {
  readonly command: object;
  readonly context: MessageContext | undefined;
  /** One for all commands of a type. */
  readonly runs: RunCounter;
  /** What probes have begun. */
  readonly watch: ProbeWatch | undefined;
}

/** `inContext` enters the asynchronous context of the emission. */
interface WaitingCommand extends SentCommand {
  readonly inContext: AsyncRunner;
}

/**
 * Sends the commands of one saga in order, within the limit. A failure is reported and stops nothing. The bus gets the
 * command alone, as spies expect: the cause is beside it.
 */
export class CommandQueue {
  private running = 0;
  private readonly waiting = new Fifo<WaitingCommand>();
  private readonly runs: SagaRunCounters;
  private isClosed = false;

  constructor(
    private readonly identity: HandlerIdentity,
    private readonly ports: SagaPorts,
  ) {
    this.runs = new SagaRunCounters(identity);
  }

  /**
   * Never throws.
   * @param context that of the causing event, if known
   */
  send(command: unknown, context: MessageContext | undefined): void {
    if (!command || this.isClosed) return;
    const { runningWork, concurrency } = this.ports;
    const runs = this.runs.of(command);
    const watch = this.begun(command, context);
    const sent = { command: command as object, context, runs, watch };
    if (this.running < concurrency) return this.begin(sent);
    this.waiting.push({ ...sent, inContext: captureContext() });
    runningWork.begin(runs);
  }

  /** Drops what waits. */
  close(): void {
    this.isClosed = true;
    for (let left = this.waiting.shift(); left; left = this.waiting.shift()) {
      left.watch?.end();
      this.ports.runningWork.end(left.runs);
    }
  }

  private begun(command: unknown, context: MessageContext | undefined): ProbeWatch | undefined {
    const { probes } = this.ports;
    if (probes.isEmpty) return undefined;
    return probes.begin('sagaEmits', { saga: this.identity, command: messageOf(command), context });
  }

  private begin(sent: SentCommand): void {
    const { runningWork } = this.ports;
    runningWork.begin(sent.runs);
    this.running++;
    try {
      void this.run(sent);
    } catch (error) {
      this.running--;
      sent.watch?.end({ error });
      runningWork.end(sent.runs);
      throw error;
    }
  }

  private async run({ command, context, runs, watch }: SentCommand): Promise<void> {
    const send = () => holdingNone(() => this.execute(command, context));
    const execute = watch === undefined ? send : () => watch.run(send);
    let failure: { readonly error: unknown } | undefined;
    try {
      await (this.ports.storage === 'none' ? runInNone(execute) : execute());
    } catch (error) {
      failure = { error };
      await undefined; // After a stack overflow: an empty stack.
      const cause = typeof command === 'object' ? command : describeValue(command);
      this.ports.reporter.report(error, cause, this.identity, () => context);
    } finally {
      this.running--;
      watch?.end(failure);
      this.ports.runningWork.end(runs);
    }
    const next = this.waiting.shift();
    if (next === undefined) return;
    this.running++;
    next.inContext(() => void this.run(next));
  }

  private async execute(command: object, context: MessageContext | undefined): Promise<void> {
    const { commands } = this.ports;
    if (typeof command !== 'object') {
      await runWithout(() => commands.execute(command));
      return;
    }
    if (context) return this.executeFor(command, context);
    // Without a known event the command begins a chain.
    const origin = new ContextOrigin({ sentBy: this.identity });
    return runWithout(() => this.executeFor(command, origin));
  }

  private async executeFor(command: object, context: MessageContext | ContextOrigin): Promise<void> {
    const { commands } = this.ports;
    if (command instanceof Later) {
      if (commands.enqueue === undefined) throw notDurable('A saga cannot store commands on this bus', 'later()');
      await commands.enqueue(command.command, { ...command.options, context });
      return;
    }
    const other = causeOf(command);
    // The same instance runs for another event: it has one cause beside it.
    if (other !== undefined && other !== context) {
      await commands.execute(command, { context });
      return;
    }
    setCause(command, context);
    try {
      const result = commands.execute(command);
      // This library's bus has asked by now; another may not have.
      if (asksAtOnce(commands)) clearCause(command, context);
      await result;
    } finally {
      clearCause(command, context);
    }
  }
}

/** What is stored for later, or sent. */
const messageOf = (command: unknown): unknown => (command instanceof Later ? command.command : command);

const asksAtOnce = (commands: object): boolean =>
  commands instanceof CommandBus &&
  commands.execute === CommandBus.prototype.execute &&
  commands.dispatcher.gate === undefined;
