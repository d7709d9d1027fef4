import type { HandlerIdentity } from '../../context/handler-identity.js';
import type { MessageContext } from '../../context/message-context.js';
import { callSafely } from '../../dispatch/failures.js';
import { IDENTIFIER, isIdentifier } from '../../envelope/identifier.js';
import type { MessageCatalog } from '../../envelope/message-catalog.js';
import { typeOf } from '../../envelope/payload-tags.js';
import { CqrsLogger } from '../../dispatch/cqrs-logger.js';
import { CqrsException } from '../../errors/cqrs.exception.js';
import { describeValue } from '../../errors/describe-value.js';
import type { HandlerInvoker } from '../../handlers/handler-invoker.js';
import { messageName } from '../../messages/inspect-message.js';
import type { MiddlewareReference } from '../../pipeline/middleware.js';
import type { DurableOptions } from './durable.decorator.js';
import type { Job } from './durable-transport.js';
import { ENQUEUING, type EnqueueOptions } from './enqueue-options.js';
import type { JobStore } from './job-store.js';
import { policyOf, type RetryPolicy } from './retry-policy.js';

const logger = new CqrsLogger('CqrsDurables');

/** A queue, and how its messages are delivered. */
export interface StoredQueue {
  readonly name: string;
  readonly kind: 'command' | 'event';
  readonly options: DurableOptions;
  /** Of the queue: options of the decorator over those of the module. */
  readonly retry: RetryPolicy;
}

/** In place of a handler: stores the message, to be handled later. */
export class StoredInvoker implements HandlerInvoker {
  readonly usesContext = true;
  readonly place = 'store';
  private readonly warned = new WeakSet<object>();

  /** @param middleware of the handler, of which only that at `store` runs */
  constructor(
    readonly queue: StoredQueue,
    readonly identity: HandlerIdentity,
    private readonly store: JobStore,
    private readonly catalog: MessageCatalog,
    readonly middleware: readonly MiddlewareReference[] = [],
  ) {}

  async invoke(message: object, context: MessageContext): Promise<unknown> {
    // An event has it only from a copy of all headers of a command.
    const enqueuing = this.queue.kind === 'command' ? context.header(ENQUEUING) : undefined;
    const job = this.jobOf(message, context, enqueuing?.options ?? {});
    if (enqueuing !== undefined) return enqueuing.batch.add(enqueuing.index, job);
    if (this.store.isOutsideOfUnits) this.warnOfDualWrite(message);
    await this.store.store([job]);
    return undefined;
  }

  /**
   * What is stored for a message.
   * @throws CqrsException (CQRS_NOT_READABLE, CQRS_INVALID_KEY), EnvelopeException, the reason of an aborted signal
   */
  jobOf(message: object, context: MessageContext, { delay, at, key, retry }: EnqueueOptions): Job {
    const { name, kind, options } = this.queue;
    const type = typeOf(message);
    if (type === undefined || !this.catalog.knows(type)) throw notReadable(messageName(message));
    context.bounds?.signal?.throwIfAborted();
    const found = this.keyOf(message, key);
    return {
      id: context.messageId,
      queue: name,
      data: { kind, envelope: this.catalog.write(message, context), enqueuedAt: Date.now() },
      retry: retry === undefined ? this.queue.retry : policyOf(retry, options.retry, this.queue.retry),
      ...(delay !== undefined && { delay }),
      ...(at !== undefined && { at }),
      ...(found !== undefined && { key: found }),
    };
  }

  /** Once a type. */
  private warnOfDualWrite(event: object): void {
    const type = typeOf(event)!;
    if (this.warned.has(type)) return;
    this.warned.add(type);
    logger.warn(
      `"${messageName(event)}" is stored for ${this.queue.name} outside of a unit of work: a process that dies between a commit and this publish loses it. Publish it in a handler with @Transactional().`,
    );
  }

  private keyOf(message: object, given: string | undefined): string | undefined {
    const { key } = this.queue.options;
    if (key === undefined) {
      if (given === undefined) return undefined;
      throw withoutKey(messageName(message));
    }
    const found: unknown = given ?? key(message);
    if (isIdentifier(found)) return found;
    // A promise that rejects must not end the process.
    callSafely(() => found);
    throw invalidKey(messageName(message), found);
  }
}

const notReadable = (message: string): CqrsException =>
  new CqrsException({
    code: 'CQRS_NOT_READABLE',
    what: `"${message}" cannot be stored: the catalog does not know its class, so it could not be read back.`,
    where: message,
    remedy: 'List the class in the messages option of CqrsModule.forRoot().',
  });

const withoutKey = (message: string): CqrsException =>
  new CqrsException({
    code: 'CQRS_INVALID_KEY',
    what: `"${message}" was given a key, and its queue has no order by key.`,
    where: message,
    remedy:
      'Leave it out; or, on pg-boss 12, say on its class what it is: @Durable({ key: message => message.accountId }).',
  });

const describeText = (text: string): string => (text === '' ? 'an empty text' : 'such a text as it got');

const invalidKey = (message: string, given: unknown): CqrsException =>
  new CqrsException({
    code: 'CQRS_INVALID_KEY',
    what: `The key of "${message}" must be ${IDENTIFIER}, not ${typeof given === 'string' ? describeText(given) : describeValue(given)}.`,
    where: message,
    remedy: 'Return such a text from the key of @Durable().',
  });
