import type { DispatchOptions } from '../../context/message-context.js';
import { Dispatcher } from '../../dispatch/dispatcher.js';
import { CqrsException } from '../../errors/cqrs.exception.js';
import { messageName } from '../../messages/inspect-message.js';
import type { MessageType } from '../../messages/message.js';
import { ENQUEUING, toEnqueueOptions, type EnqueueOptions } from './enqueue-options.js';
import type { Job } from './durable-transport.js';
import type { JobStore } from './job-store.js';
import type { Receipt } from './receipt.js';
import { notPassedOn, StoreBatch } from './store-batch.js';
import type { StoredInvoker } from './stored-invoker.js';

/** Stores commands: behind `CommandBus.enqueue`. */
export class DurableCommands {
  /** Its middleware is that of the command bus, at the place `store`. */
  readonly dispatcher: Dispatcher;

  /** @param invokerOf throws for a type that cannot be stored */
  constructor(
    private readonly store: JobStore,
    invokerOf: (type: MessageType) => StoredInvoker,
  ) {
    this.dispatcher = new Dispatcher('command', type => [invokerOf(type)]);
  }

  async enqueue(command: object, given: unknown): Promise<Receipt> {
    const [receipt] = await this.enqueueAll([command], given);
    return receipt!;
  }

  /** Stores all in one step, or none. */
  async enqueueAll(commands: readonly object[], given: unknown): Promise<Receipt[]> {
    const options = toEnqueueOptions(given);
    if (commands.length === 0) return [];
    if (commands.length > 1 && options.messageId !== undefined) throw oneIdForSeveral();
    const storing = this.storeAll(commands, options);
    return options.signal === undefined ? storing : untilAborted(storing, options.signal);
  }

  private async storeAll(commands: readonly object[], options: EnqueueOptions): Promise<Receipt[]> {
    const { transaction } = options;
    if (options.fromOutside !== true && commands.every(command => this.dispatcher.isPlain(command)))
      return this.store.store(this.jobsOf(commands, options), transaction);
    const batch = new StoreBatch(commands.length, jobs => this.store.store(jobs, transaction));
    const receipts = commands.map((command, index) => this.dispatchOne(command, index, batch, options));
    await Promise.allSettled(receipts);
    return Promise.all(receipts);
  }

  /** perf: without middleware no pipeline runs; a promise and headers for each command would take 15 µs. */
  private jobsOf(commands: readonly object[], options: EnqueueOptions): Job[] {
    options.signal?.throwIfAborted();
    return commands.map(command => {
      const { invoker, type } = this.dispatcher.pipelinesOf(command).first!;
      const context = this.dispatcher.describe(command, type, invoker.identity, options);
      return (invoker as StoredInvoker).jobOf(command, context, options);
    });
  }

  private async dispatchOne(
    command: object,
    index: number,
    batch: StoreBatch,
    options: EnqueueOptions,
  ): Promise<Receipt> {
    try {
      const told = dispatchOptions(options, ENQUEUING.of({ options, batch, index }));
      const result = await this.dispatcher.execute(command, told);
      if (isReceipt(result)) return result;
      // A middleware has called next(), and returned something else.
      const receipt = await batch.receiptOf(index);
      if (receipt !== undefined) return receipt;
      throw notPassedOn(messageName(command));
    } catch (error) {
      batch.refuse(index, error);
      throw error;
    }
  }
}

/** An engine may take long to answer. What it was sent may be stored all the same. */
function untilAborted<T>(storing: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) return storing;
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(signal.reason as Error);
    signal.addEventListener('abort', giveUp, { once: true });
    void storing.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}

function dispatchOptions(
  { context, signal, messageId, correlationId, causationId, fromOutside, headers }: EnqueueOptions,
  enqueuing: NonNullable<DispatchOptions['headers']>,
): DispatchOptions {
  const said = { context, signal, messageId, correlationId, causationId, fromOutside };
  return { ...said, headers: { ...headers, ...enqueuing } };
}

const isReceipt = (result: unknown): result is Receipt =>
  typeof result === 'object' && result !== null && 'isDuplicate' in result && 'transport' in result;

const oneIdForSeveral = (): CqrsException =>
  new CqrsException({
    code: 'CQRS_INVALID_OPTIONS',
    what: 'enqueueAll() was given one messageId for several commands: all but the first would be duplicates.',
    where: 'the options of enqueueAll()',
    remedy: 'Leave it out, or enqueue each command with a messageId of its own.',
  });
