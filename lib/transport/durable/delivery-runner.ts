import { ContextOrigin } from '../../context/context-origin.js';
import type { Headers } from '../../context/header.js';
import { captureContext, runWithout } from '../../context/context-storage.js';
import type { DispatchOptions } from '../../context/message-context.js';
import type { Bounds } from '../../context/restriction.js';
import { CqrsLogger } from '../../dispatch/cqrs-logger.js';
import { callSafely, stackOf, textOf, type FailureReporter } from '../../dispatch/failures.js';
import type { Probes } from '../../dispatch/probes.js';
import type { RunCounter } from '../../dispatch/run-counter.js';
import type { RunningWork } from '../../dispatch/running-work.js';
import type { Envelope } from '../../envelope/envelope.js';
import type { MessageCatalog } from '../../envelope/message-catalog.js';
import { isRecord, ownField } from '../../envelope/message-meta.js';
import { isA } from '../../envelope/typed.js';
import { EnvelopeException } from '../../errors/envelope.exception.js';
import { MessageValidationException } from '../../errors/message-validation.exception.js';
import { MessageVersionException } from '../../errors/message-version.exception.js';
import { UnrecoverableException } from '../../errors/unrecoverable.exception.js';
import { messageName } from '../../messages/inspect-message.js';
import { isPromiseLike } from '../../pipeline/settled.js';
import { SETTLING } from '../../units/settling.js';
import { FailureData } from '../failure-data.js';
import type { FailureJSON } from '../frame.js';
import { delivery as deliveryHeader } from './delivery-info.js';
import type { Delivery, Outcome } from './durable-transport.js';

const logger = new CqrsLogger('CqrsDeliveries');

/** What a queue of this process does with its messages. */
export interface DeliveryTarget {
  /** Queue and handler, for logs and shutdown. */
  readonly runs: RunCounter;
  readonly kind: 'command' | 'event';
  readonly retryIf: ((error: unknown) => boolean) | undefined;
  deliver(message: object, options: DispatchOptions): Promise<unknown>;
}

/** Of the application. */
export interface DeliveryPorts {
  readonly catalog: MessageCatalog;
  readonly runningWork: RunningWork;
  readonly probes: Probes;
  readonly reporter: () => FailureReporter;
  /** Whether handlers may settle their delivery in a unit of work. */
  readonly hasUnitsOfWork: boolean;
}

/** Handles stored messages: reads each, gives it to its handler, and says what came of it. */
export class DeliveryRunner {
  private readonly failures: FailureData;

  constructor(private readonly ports: DeliveryPorts) {
    this.failures = new FailureData(ports.catalog);
  }

  /** Never rejects. What a handler enters with `AsyncLocalStorage.enterWith()` ends with its delivery. */
  run(delivery: Delivery, target: DeliveryTarget): Promise<Outcome> {
    return captureContext()(() => this.handle(delivery, target));
  }

  private async handle(delivery: Delivery, target: DeliveryTarget): Promise<Outcome> {
    const end = this.ports.runningWork.begin(target.runs);
    let message: object | undefined;
    try {
      const { envelope, enqueuedAt } = this.read(delivery, target);
      message = envelope.payload;
      const options = optionsOf(delivery, envelope, enqueuedAt, this.ports.hasUnitsOfWork);
      const deliver = () => target.deliver(envelope.payload, options);
      const received = { from: 'store', message, headers: options.headers! } as const;
      await runWithout(() => this.ports.probes.during('receives', received, deliver));
      return { isDone: true };
    } catch (error) {
      return this.failed(error, delivery, target, message);
    } finally {
      end();
    }
  }

  private read({ data }: Delivery, { kind }: DeliveryTarget): { envelope: Envelope<object>; enqueuedAt: Date } {
    if (!isRecord(data)) throw EnvelopeException.malformed('A job must be an object.', 'job');
    if (ownField(data, 'kind') !== kind)
      throw EnvelopeException.malformed(`A job of this queue must hold a ${kind}.`, 'job.kind');
    const enqueuedAt = ownField(data, 'enqueuedAt');
    const time = new Date(typeof enqueuedAt === 'number' ? enqueuedAt : Number.NaN);
    if (Number.isNaN(time.getTime()))
      throw EnvelopeException.malformed('A job must say when it was stored.', 'job.enqueuedAt');
    return { envelope: this.ports.catalog.fromJSON(ownField(data, 'envelope')), enqueuedAt: time };
  }

  private failed(error: unknown, delivery: Delivery, target: DeliveryTarget, message: object | undefined): Outcome {
    const isHopeless = cannotEndWell(error) || !this.isWorthTrying(error, target);
    const isLast = delivery.attempt >= delivery.attempts;
    const cause = message ?? delivery.queue;
    if (isHopeless || isLast) this.ports.reporter().report(error, cause, target.runs.handler);
    const why = isHopeless ? 'another attempt would not help' : `it has failed ${delivery.attempt} times`;
    callSafely(() => tell(error, delivery, cause, isHopeless || isLast ? why : undefined));
    return { isDone: false, error: shortened(this.failures.write(error)), isDead: isHopeless };
  }

  private isWorthTrying(error: unknown, { retryIf, runs }: DeliveryTarget): boolean {
    if (retryIf === undefined) return true;
    try {
      const answer: unknown = retryIf(error);
      if (!isPromiseLike(answer)) return answer !== false;
      callSafely(() => answer);
      throw new TypeError('it returned a promise, not true or false');
    } catch (failure) {
      callSafely(() =>
        logger.error(`retryIf of ${runs.handler.name} failed, so the message is tried again: ${textOf(failure)}`),
      );
      return true;
    }
  }
}

/** @param whyDead why the message is a dead letter; undefined if it is tried again */
function tell(error: unknown, delivery: Delivery, cause: object | string, whyDead: string | undefined): void {
  const { queue, id, attempt, attempts } = delivery;
  const name = typeof cause === 'object' ? messageName(cause) : 'A message';
  const which = `${name} of the queue ${queue} (${id})`;
  if (whyDead !== undefined) logger.error(`${which} is a dead letter now: ${whyDead}.`);
  else logger.warn(`${which} failed, attempt ${attempt} of ${attempts}: ${textOf(error)}`, stackOf(error));
}

/** Characters of the text of an error that are stored. */
const LONGEST = 10_000;

const shortened = ({ name, message, code, ...rest }: FailureJSON): FailureJSON => ({
  name: beginning(name),
  message: beginning(message),
  ...(code !== undefined && { code: beginning(code) }),
  ...rest,
});

const beginning = (text: string): string => (text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`);

/** A message from the future is not among these: a rolling deployment brings its class. */
const cannotEndWell = (error: unknown): boolean =>
  isA(UnrecoverableException, error) ||
  isA(MessageValidationException, error) ||
  (isA(EnvelopeException, error) && !isA(MessageVersionException, error));

function optionsOf(
  delivery: Delivery,
  { meta }: Envelope<object>,
  enqueuedAt: Date,
  mayBeSettled: boolean,
): DispatchOptions {
  const { id, queue, attempt, attempts, lastFailure } = delivery;
  // A schedule stores the same envelope again and again: the job names the message.
  const known = meta.id ?? id;
  const info = {
    id: known,
    queue,
    attempt,
    attempts,
    enqueuedAt: meta.id === undefined ? new Date() : enqueuedAt,
    lastFailure,
  };
  return {
    context: new ContextOrigin(
      { correlationId: meta.correlationId ?? known, causationId: meta.causationId },
      new DeliveryBounds(delivery),
    ),
    messageId: known,
    headers: { ...meta.headers, ...deliveryHeader.of(info), ...(mayBeSettled && settlingOf(delivery, known)) },
    fromOutside: true,
  };
}

function settlingOf(delivery: Delivery, messageId: string): Headers | undefined {
  if (delivery.settleIn === undefined) return undefined;
  return SETTLING.of({ messageId, settleIn: transaction => delivery.settleIn!(transaction) });
}

/**
 * Read late, as adapters make the signal late.
 * perf: a getter of an object literal is a function of its own, 1 µs.
 */
class DeliveryBounds implements Bounds {
  readonly deadline = undefined;
  readonly #delivery: Delivery;

  constructor(delivery: Delivery) {
    this.#delivery = delivery;
  }

  get signal(): AbortSignal {
    return this.#delivery.signal;
  }
}
