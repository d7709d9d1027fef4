import { isArrival } from '../context/arrival.js';
import type { Deadline } from '../context/deadline.js';
import type { MessageContext } from '../context/message-context.js';
import type { HandlerIdentity } from '../context/handler-identity.js';
import { DispatchTimeoutException } from '../errors/dispatch-timeout.exception.js';
import {
  CommandHandlerNotFoundException,
  QueryHandlerNotFoundException,
} from '../errors/handler-not-found.exception.js';
import { RemoteUnavailableException } from '../errors/remote-unavailable.exception.js';
import { TransportException } from '../errors/transport.exception.js';
import type { MessageCatalog } from '../envelope/message-catalog.js';
import { messageIdentity } from '../envelope/message.decorator.js';
import { isA } from '../envelope/typed.js';
import type { HandlerInvoker } from '../handlers/handler-invoker.js';
import { messageName, nameOf } from '../messages/inspect-message.js';
import { StreamQuery, type MessageKind, type MessageType } from '../messages/message.js';
import type { MiddlewareReference } from '../pipeline/middleware.js';
import { MAX_TIMER } from '../pipeline/time-limit.js';
import { FailureData } from './failure-data.js';
import type { DoneFrame, FailedFrame, RequestFrame } from './frame.js';
import { messagePattern } from './patterns.js';
import { callRemote, type OutgoingCall } from './remote-call.js';
import { RemoteRows, rowsWanted } from './remote-rows.js';
import type { RemoteTransport } from './remote-transport.js';
import { readResult } from './value-codec.js';

/** In place of a handler: sends the message to the process that handles it, and returns what that answers. */
export class RemoteInvoker implements HandlerInvoker {
  readonly identity: HandlerIdentity;
  readonly usesContext = true;
  readonly middleware: readonly MiddlewareReference[] = [];
  readonly place = 'send';
  private readonly pattern: string;
  private readonly failures: FailureData;

  /**
   * @param type the class that the route names, or of the message
   * @param timeout in milliseconds
   */
  constructor(
    private readonly transport: RemoteTransport,
    private readonly kind: MessageKind,
    type: MessageType,
    private readonly catalog: MessageCatalog,
    private readonly timeout: number,
  ) {
    this.identity = { name: transport.name, module: transport.engine };
    this.pattern = messagePattern(kind, messageIdentity(type).name);
    this.failures = new FailureData(catalog);
  }

  invoke(message: object, context: MessageContext): unknown {
    // The process that took a message in handles it, or nothing does: no loops.
    if (isArrival(context)) return this.refuseArrival(message);
    return message instanceof StreamQuery ? this.rows(message, context) : this.answer(message, context);
  }

  private refuseArrival(message: object): undefined {
    if (this.kind === 'event') return undefined;
    const NotFound = this.kind === 'command' ? CommandHandlerNotFoundException : QueryHandlerNotFoundException;
    throw new NotFound(
      messageName(message),
      'It came from another process and is not sent on: provide its handler here.',
    );
  }

  private async answer(message: object, context: MessageContext): Promise<unknown> {
    const call = this.callOf(message, context);
    let answer: DoneFrame | FailedFrame;
    try {
      answer = await callRemote(call);
    } catch (error) {
      throw isA(TransportException, error) ? this.unavailable(message, error) : error;
    }
    if (!answer.ok) {
      const failure = this.failure(message, answer);
      // Both processes have the same limit: whichever notices first, the caller gets one answer.
      throw isA(DispatchTimeoutException, failure) && failure.timeout === call.frame.timeout ? call.tooLate() : failure;
    }
    try {
      return readResult(this.catalog, answer.value);
    } catch (error) {
      // A handler has run: an exception of the envelope would say that none has.
      throw this.unavailable(message, new TransportException('unknown', 'sent a result that cannot be read', error));
    }
  }

  private rows(message: object, context: MessageContext): RemoteRows {
    const { limit: _limit, ...call } = this.callOf(message, context);
    const rows = rowsWanted(this.timeout);
    return new RemoteRows({
      ...call,
      frame: { ...call.frame, rows },
      silence: this.timeout,
      tooLate: () => this.silent(message),
      read: row => readResult(this.catalog, row),
      failure: failed => this.failure(message, failed),
      unavailable: error => this.unavailable(message, error),
    }).open();
  }

  private callOf(message: object, context: MessageContext): OutgoingCall {
    const { transport, pattern, timeout } = this;
    // A limit leaves the context when its time is up, and an answer may come after that.
    const ownLimit = context.limit;
    const remaining = ownLimit?.remaining ?? Infinity;
    const limit = Math.min(remaining, timeout, MAX_TIMER);
    return {
      transport,
      pattern,
      frame: this.frameOf(message, context, limit),
      limit,
      signal: context.bounds?.signal,
      tooLate: () =>
        ownLimit !== undefined && remaining <= timeout ? this.tooLate(message, ownLimit) : this.silent(message),
    };
  }

  private frameOf(message: object, context: MessageContext, limit: number): RequestFrame {
    const { kind } = this;
    const envelope = this.catalog.write(message, context);
    const timeout = Math.max(0, Math.ceil(limit));
    const expires = Date.now() + timeout;
    return this.transport.features.addressable
      ? { kind, envelope, timeout, expires, cancellable: true }
      : { kind, envelope, timeout, expires };
  }

  private failure(message: object, { error, refused }: FailedFrame): Error {
    const failure = this.failures.read(error, `${messageName(message)}, sent to ${this.identity.name}`);
    if (refused !== true) return failure;
    const { name } = this.identity;
    return new RemoteUnavailableException(messageName(message), name, 'not-handled', 'refused it', failure);
  }

  private unavailable(message: object, error: unknown): Error {
    const { outcome, why, advice } = isA(TransportException, error)
      ? error
      : ({ outcome: 'unknown', why: 'could not be asked', advice: undefined } as const);
    return new RemoteUnavailableException(messageName(message), this.identity.name, outcome, why, error, advice);
  }

  private silent(message: object): Error {
    const { name } = this.identity;
    const why = `did not answer within ${this.timeout} ms`;
    const advice = `For more time: route(…).to(${name}, { timeout }).`;
    return new RemoteUnavailableException(messageName(message), name, 'unknown', why, undefined, advice);
  }

  private tooLate(message: object, { timeout, limitedBy }: Deadline): Error {
    return new DispatchTimeoutException(nameOf(message.constructor), this.identity.name, timeout, limitedBy);
  }
}
