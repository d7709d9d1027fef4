import { EnvelopeException } from '../errors/envelope.exception.js';
import type { EnvelopeJSON } from '../envelope/envelope.js';
import { isRecord, ownFields } from '../envelope/message-meta.js';
import { MESSAGE_KINDS, type MessageKind } from '../messages/message.js';
import { MAX_TIMER } from '../pipeline/time-limit.js';

/** A message on its way to the process that handles it. */
export interface RequestFrame {
  readonly kind: MessageKind;
  readonly envelope: EnvelopeJSON;
  /** Milliseconds left for it. */
  readonly timeout?: number;
  /** When the caller stops waiting, in milliseconds since 1970: brokers may keep requests for a late server. */
  readonly expires?: number;
  /** The caller wants to know whom to tell that it gives up. */
  readonly cancellable?: true;
  /** Rows are asked for. */
  readonly rows?: RowsWanted;
}

/** How rows are asked for. */
export interface RowsWanted {
  /** How many rows may be sent before the reader asks for more. */
  readonly credit: number;
  /** Both sides say at least so often, in milliseconds, that they are there. */
  readonly alive: number;
}

/** One of the replies to a request. */
export type ReplyFrame = AcceptedFrame | RowsFrame | AliveFrame | DoneFrame | FailedFrame;

/** The request runs: where to cancel it or to ask for more rows. */
export interface AcceptedFrame {
  readonly accepted: string;
  readonly call: string;
}

/** Of the replies with rows. A broker that is restarted loses replies, and what asks for more. */
interface Counted {
  /** How many rows were sent before. */
  readonly from: number;
}

/** Rows that came together. */
export interface RowsFrame extends Counted {
  readonly rows: readonly unknown[];
}

/** The source has no row yet, and is there. */
export interface AliveFrame extends Counted {
  readonly alive: true;
}

/** The last reply: a result, or the end of the rows. */
export interface DoneFrame extends Partial<Counted> {
  readonly ok: true;
  /** As an envelope writes it; left out for `undefined` and after rows. */
  readonly value?: unknown;
}

/** The last reply: an error. */
export interface FailedFrame {
  readonly ok: false;
  readonly error: FailureJSON;
  /** No handler has run. */
  readonly refused?: true;
}

/** An error that travels. Stack and cause do not. */
export interface FailureJSON {
  /** Name of its class, as `@Message` gives it. */
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  /** Its other own fields, as an envelope writes them. */
  readonly fields?: unknown;
}

/** Sent to one server: cancels a call, or asks it for more rows. */
export interface ControlFrame {
  readonly call: string;
  /** How many rows the reader has asked for since the beginning. */
  readonly rows?: number;
}

/** @throws EnvelopeException for anything but a request */
export function readRequest(frame: unknown): RequestFrame {
  if (!isRecord(frame)) throw malformed('A request must be an object.');
  const { kind, envelope, timeout, expires, cancellable, rows } = ownFields(frame);
  if (!MESSAGE_KINDS.includes(kind as MessageKind)) throw malformed('A request must say its kind.');
  if (!isRecord(envelope)) throw malformed('A request must hold an envelope.');
  if (timeout !== undefined && !isMilliseconds(timeout)) throw malformed('The timeout of a request must be a time.');
  if (expires !== undefined && !isMilliseconds(expires)) throw malformed('The end of a request must be a time.');
  return {
    kind: kind as MessageKind,
    envelope: envelope as unknown as EnvelopeJSON,
    ...(timeout !== undefined && { timeout: timeout as number }),
    ...(expires !== undefined && { expires: expires as number }),
    ...(cancellable === true && { cancellable }),
    ...(rows !== undefined && { rows: readRowsWanted(rows) }),
  };
}

/** Rows that a reader may be ahead of the source. */
export const MAX_CREDIT = 1024;

function readRowsWanted(rows: unknown): RowsWanted {
  if (!isRecord(rows)) throw malformed('The rows of a request must be an object.');
  const { credit, alive } = ownFields(rows);
  if (!isCount(credit) || credit > MAX_CREDIT || !isMilliseconds(alive) || alive < 1 || alive > MAX_TIMER)
    throw malformed('The rows of a request must say credit and time.');
  return { credit, alive };
}

/** Undefined for anything but a control frame. */
export function readControl(frame: unknown): ControlFrame | undefined {
  if (!isRecord(frame)) return undefined;
  const { call, rows } = ownFields(frame);
  if (typeof call !== 'string' || !(rows === undefined || isCount(rows))) return undefined;
  return { call, ...(rows !== undefined && { rows }) };
}

/** @throws EnvelopeException for anything but a reply */
export function readReply(frame: unknown): ReplyFrame {
  if (!isRecord(frame)) throw malformed('A reply must be an object.');
  const { ok, accepted, call, rows, alive, error } = ownFields(frame);
  const isReply =
    ok === true ||
    (ok === false && isFailure(error)) ||
    (isPatternPart(accepted) && isPatternPart(call)) ||
    Array.isArray(rows) ||
    alive === true;
  if (!isReply) throw malformed('A reply must hold a result, a failure or rows.');
  return frame as unknown as ReplyFrame;
}

function isFailure(error: unknown): boolean {
  if (!isRecord(error)) return false;
  const { name, message, code } = ownFields(error);
  return typeof name === 'string' && typeof message === 'string' && (code === undefined || typeof code === 'string');
}

/** It becomes part of a pattern, and brokers give a meaning to some characters. */
const isPatternPart = (value: unknown): boolean => typeof value === 'string' && /^[\w-]{1,64}$/.test(value);

const isMilliseconds = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value < Infinity;

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const malformed = (what: string): EnvelopeException => EnvelopeException.malformed(what, 'frame');
