import type { Subscriber } from 'rxjs';
import { asArrival } from '../context/arrival.js';
import { ContextOrigin } from '../context/context-origin.js';
import { runWithout } from '../context/context-storage.js';
import { Ending } from '../context/ending.js';
import { messageId } from '../context/message-id.js';
import type { Headers } from '../context/header.js';
import type { DispatchOptions } from '../context/message-context.js';
import type { Envelope } from '../envelope/envelope.js';
import type { MessageCatalog } from '../envelope/message-catalog.js';
import { HandlerNotFoundException } from '../errors/handler-not-found.exception.js';
import { TransportException } from '../errors/transport.exception.js';
import { isA } from '../envelope/typed.js';
import { messageName } from '../messages/inspect-message.js';
import type { MessageKind } from '../messages/message.js';
import type { CallRegister, ReachableCall } from './call-register.js';
import type { ConnectedCall, Connections } from './connections.js';
import type { DoneFrame, FailedFrame, ReplyFrame, RequestFrame } from './frame.js';
import { RowSender } from './row-sender.js';
import { writeResult } from './value-codec.js';

/** What arrives is given to the buses of the application. */
export interface ReceivingBuses {
  /** @returns the result of a command or query */
  dispatch(kind: MessageKind, message: object, options: DispatchOptions): Promise<unknown>;
  stream(query: object, options: DispatchOptions): AsyncIterable<unknown>;
}

/** What takes calls in. */
export interface CallReceiver {
  /** Names the process, for control frames. */
  readonly id: string;
  readonly calls: CallRegister;
  readonly connections: Connections;
  readonly catalog: MessageCatalog;
  readonly buses: ReceivingBuses;
  /** Headers that the exposure believes. */
  believed(headers: Headers): Headers;
  /** @param refused no handler has run */
  failed(error: unknown, refused: boolean): FailedFrame;
}

/** Milliseconds after which a call is worth a reply that says where it can be cancelled. */
const SLOW = 20;

/** One message that another process sent, from its frame to the last reply. */
export class ReceivedCall implements ReachableCall, ConnectedCall {
  private readonly ending = new Ending();
  private name: string | undefined;
  private timer: NodeJS.Timeout | undefined;
  private rows: RowSender | undefined;

  constructor(
    private readonly receiver: CallReceiver,
    private readonly frame: RequestFrame,
    private readonly envelope: Envelope<object>,
    private readonly caller: Subscriber<ReplyFrame>,
  ) {}

  /** Never rejects. */
  async run(disconnected: AbortSignal | undefined): Promise<void> {
    const { connections } = this.receiver;
    try {
      disconnected?.throwIfAborted();
      if (disconnected !== undefined) connections.add(this, disconnected);
      const { rows, cancellable } = this.frame;
      if (rows !== undefined) await this.sendRows(rows);
      else {
        if (cancellable === true) this.timer = setTimeout(() => this.accept(), SLOW);
        await this.sendAnswer();
      }
    } catch (error) {
      if (!this.isWithoutReader) this.reply(this.receiver.failed(error, this.isUnhandled(error)));
    } finally {
      clearTimeout(this.timer);
      if (disconnected !== undefined) connections.remove(this, disconnected);
      if (this.name !== undefined) this.receiver.calls.remove(this.name);
      this.caller.complete();
    }
  }

  cancel(): void {
    this.abandon(new TransportException('unknown', 'stopped waiting for the answer', undefined, 'Stop the work.'));
  }

  abandon(reason: unknown): void {
    this.ending.abort(reason);
  }

  more(rows: number): void {
    this.rows?.more(rows);
  }

  private async sendAnswer(): Promise<void> {
    const { receiver, frame, envelope } = this;
    const { payload } = envelope;
    const value = await runWithout(() => receiver.buses.dispatch(frame.kind, payload, this.options()));
    this.reply(frame.kind === 'event' ? DONE : doneWith(receiver.catalog, value, envelope.meta.name));
  }

  private async sendRows(wanted: NonNullable<RequestFrame['rows']>): Promise<void> {
    const { receiver, envelope } = this;
    this.rows = new RowSender(
      wanted,
      { send: (rows, from) => this.reply({ rows, from }), alive: from => this.reply({ alive: true, from }) },
      () => this.cancel(),
    );
    this.accept();
    const rows = runWithout(() => receiver.buses.stream(envelope.payload, this.options()));
    const write = (row: unknown) =>
      row === undefined
        ? receiver.catalog.valueToJSON(row, 'a row')
        : writeResult(receiver.catalog, row, envelope.meta.name);
    await this.rows.send(rows, write, this.ending.signal);
    if (!this.isWithoutReader) this.reply({ ok: true, from: this.rows.sent });
  }

  /** Rows that are cut off must not look complete: without a last reply the reader fails. */
  private get isWithoutReader(): boolean {
    return this.rows !== undefined && this.ending.signal.aborted;
  }

  /** Its handler comes with a module that is loaded later. */
  private isUnhandled(error: unknown): boolean {
    return isA(HandlerNotFoundException, error) && error.messageName === messageName(this.envelope.payload);
  }

  private accept(): void {
    this.name = this.receiver.calls.add(this);
    this.reply({ accepted: this.receiver.id, call: this.name });
  }

  private reply(frame: ReplyFrame): void {
    this.caller.next(frame);
  }

  private options(): DispatchOptions {
    const { id = messageId(), correlationId = id, causationId, headers } = this.envelope.meta;
    const { timeout } = this.frame;
    return {
      context: new ContextOrigin({ correlationId, causationId }, this.ending),
      messageId: id,
      headers: asArrival(this.receiver.believed(headers), id),
      fromOutside: true,
      timeout: timeout === undefined ? undefined : Math.max(1, timeout),
    };
  }
}

const DONE: DoneFrame = Object.freeze({ ok: true });

function doneWith(catalog: MessageCatalog, result: unknown, message: string): DoneFrame {
  const value = writeResult(catalog, result, message);
  return value === undefined ? DONE : { ok: true, value };
}
