import type { Subscriber } from 'rxjs';
import { asArrival } from '../context/arrival.js';
import { runWithout } from '../context/context-storage.js';
import { follow } from '../context/signal-chain.js';
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
import type { FailedFrame, ReplyFrame, RequestFrame } from './frame.js';
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
  readonly catalog: MessageCatalog;
  readonly buses: ReceivingBuses;
  /** Headers that the exposure believes. */
  believed(headers: Headers): Headers;
  /** @param refused no handler has run */
  failed(error: unknown, refused?: boolean): FailedFrame;
}

/** Milliseconds after which a call is worth a reply that says where it can be cancelled. */
const SLOW = 20;

/** One message that another process sent, from its frame to the last reply. */
export class ReceivedCall implements ReachableCall {
  private readonly ending = new AbortController();
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
    const unfollow = disconnected && follow(disconnected, this.ending);
    try {
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
      unfollow?.();
      if (this.name !== undefined) this.receiver.calls.remove(this.name);
      this.caller.complete();
    }
  }

  cancel(): void {
    this.ending.abort(new TransportException('unknown', 'stopped waiting for the answer'));
  }

  more(rows: number): void {
    this.rows?.more(rows);
  }

  private async sendAnswer(): Promise<void> {
    const { receiver, frame, envelope } = this;
    const { payload } = envelope;
    const value = await runWithout(() => receiver.buses.dispatch(frame.kind, payload, this.options()));
    this.reply({ ok: true, ...(frame.kind !== 'event' && writeResult(receiver.catalog, value, resultOf(envelope))) });
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
    const write = (row: unknown) => writeResult(receiver.catalog, row, resultOf(envelope)).value ?? null;
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
    const { dispatchOptions } = this.envelope;
    const { timeout } = this.frame;
    const headers = asArrival(this.receiver.believed(dispatchOptions.headers ?? NO_HEADERS));
    const said = { ...dispatchOptions, headers, signal: this.ending.signal };
    return timeout === undefined ? said : { ...said, timeout: Math.max(1, timeout) };
  }
}

const NO_HEADERS: Headers = {};

const resultOf = ({ meta }: Envelope<object>): string => `the result of ${meta.name}`;
