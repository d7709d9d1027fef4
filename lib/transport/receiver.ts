import { randomUUID } from 'node:crypto';
import { Observable, of, EMPTY } from 'rxjs';
import type { Headers } from '../context/header.js';
import { BusClosedException } from '../errors/bus-closed.exception.js';
import { EnvelopeException } from '../errors/envelope.exception.js';
import { StaleMessageException } from '../errors/stale-message.exception.js';
import type { MessageCatalog } from '../envelope/message-catalog.js';
import { messageIdentity } from '../envelope/message.decorator.js';
import type { Envelope } from '../envelope/envelope.js';
import { typeOf } from '../envelope/payload-tags.js';
import { CqrsLogger } from '../dispatch/cqrs-logger.js';
import { callSafely, stackOf, textOf } from '../dispatch/failures.js';
import { RunCounter } from '../dispatch/run-counter.js';
import type { RunningWork } from '../dispatch/running-work.js';
import { lineage, nameOf } from '../messages/inspect-message.js';
import { StreamQuery, type MessageKind, type MessageType } from '../messages/message.js';
import { CallRegister } from './call-register.js';
import { Connections } from './connections.js';
import type { ExposeOptions } from './expose.js';
import { FailureData } from './failure-data.js';
import { readControl, readRequest, type ControlFrame, type FailedFrame, type ReplyFrame } from './frame.js';
import { cancelPattern, messagePattern, morePattern } from './patterns.js';
import { ReceivedCall, type CallReceiver, type ReceivingBuses } from './received-call.js';
import type { Endpoint } from './remote-transport.js';

/** A message type that is exposed, and the kind of its handler. */
export interface ExposedType {
  readonly type: MessageType;
  readonly kind: MessageKind;
}

const ROWS = 'A StreamQuery must be asked for rows, and nothing else.';

const logger = new CqrsLogger('CqrsReceiver');

/** Clocks of two machines differ. */
const CLOCK_TOLERANCE = 2000;

/** Takes in what one exposure lists: reads frames, dispatches messages, answers. */
export class Receiver implements CallReceiver {
  readonly id = randomUUID();
  readonly calls = new CallRegister();
  readonly connections = new Connections();
  private readonly failures: FailureData;
  private isClosing = false;

  /** @param service name of the server, for reports of unfinished calls */
  constructor(
    private readonly service: string,
    private readonly exposed: readonly ExposedType[],
    private readonly options: ExposeOptions,
    readonly catalog: MessageCatalog,
    readonly buses: ReceivingBuses,
    private readonly runningWork: RunningWork,
  ) {
    this.failures = new FailureData(catalog);
  }

  endpoints(): Endpoint[] {
    return [
      ...this.exposed.flatMap(exposed => this.endpointsOf(exposed)),
      this.control(cancelPattern(this.id), frame => this.calls.cancel(frame)),
      this.control(morePattern(this.id), frame => this.calls.more(frame)),
    ];
  }

  /** From now on messages are refused; calls that run go on. */
  stopIntake(): void {
    this.isClosing = true;
  }

  believed(headers: Headers): Headers {
    const { headers: allowed } = this.options;
    if (allowed === undefined) return headers;
    const names = allowed.map(each => (typeof each === 'string' ? each : each.name));
    return Object.fromEntries(Object.entries(headers).filter(([name]) => names.includes(name)));
  }

  failed(error: unknown, refused: boolean): FailedFrame {
    const { failures } = this.options;
    const told = this.failures.write(error, failures);
    // The caller does not get the stack. Getters of the error may throw.
    callSafely(() => {
      if (refused || this.failures.isTold(error, failures)) return;
      logger.error(`A message of another process failed: ${textOf(error)}`, stackOf(error));
    });
    return refused ? { ok: false, refused, error: told } : { ok: false, error: told };
  }

  private endpointsOf({ type, kind }: ExposedType): Endpoint[] {
    const { name, aliases } = messageIdentity(type);
    const runs = new RunCounter(type, { name: this.service });
    return [name, ...aliases].map(each => ({
      pattern: messagePattern(kind, each),
      to: 'one',
      handle: (frame, disconnected) => this.handle(frame, { type, kind }, runs, disconnected),
    }));
  }

  private control(pattern: string, run: (frame: ControlFrame) => void): Endpoint {
    const handle = (frame: unknown) => {
      const control = readControl(frame);
      if (control !== undefined) run(control);
      return EMPTY;
    };
    return { pattern, to: 'each', handle };
  }

  private handle(
    given: unknown,
    exposed: ExposedType,
    runs: RunCounter,
    disconnected: AbortSignal | undefined,
  ): Observable<ReplyFrame> {
    let call: (caller: ConstructorParameters<typeof ReceivedCall>[3]) => ReceivedCall;
    try {
      const frame = readRequest(given);
      const envelope = this.read(frame.envelope, frame.kind, exposed);
      const isStream = envelope.payload instanceof StreamQuery;
      if (isStream !== (frame.rows !== undefined)) throw EnvelopeException.malformed(ROWS, 'frame.rows');
      if (this.isClosing) throw new BusClosedException(envelope.meta.name);
      if (frame.expires !== undefined && frame.expires + CLOCK_TOLERANCE < Date.now())
        throw new StaleMessageException(envelope.meta.name, new Date(frame.expires));
      call = caller => new ReceivedCall(this, frame, envelope, caller);
    } catch (error) {
      return of(this.failed(error, true));
    }
    return new Observable(caller => {
      const end = this.runningWork.begin(runs);
      void call(caller).run(disconnected).then(end);
    });
  }

  /** The name in the envelope must be of the exposed class or of a subclass. */
  private read(json: unknown, kind: MessageKind, exposed: ExposedType): Envelope<object> {
    if (kind !== exposed.kind) throw EnvelopeException.malformed(`It is not a ${exposed.kind}.`, 'frame.kind');
    const envelope = this.catalog.fromJSON(json);
    const type = typeOf(envelope.payload)!;
    if (!lineage(type).includes(exposed.type))
      throw EnvelopeException.malformed(
        `It must hold a ${nameOf(exposed.type)}, not a ${nameOf(type)}.`,
        'frame.envelope',
      );
    return envelope;
  }
}
