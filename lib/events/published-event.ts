import type { OnEventError } from '../buses/bus-options.js';
import type { HandlerIdentity } from '../context/handler-identity.js';
import type { MessageContext } from '../context/message-context.js';
import type { Pipeline } from '../dispatch/pipeline.js';
import { CqrsException } from '../errors/cqrs.exception.js';
import type { Published } from '../pipeline/probe.js';

/** What probes are told of an event that is published. Its context is made only if one asks for it. */
export class PublishedEvent implements Published {
  private readonly describe: () => MessageContext | undefined;
  private known: { readonly context: MessageContext | undefined } | undefined;

  /** @param describe makes the context; may throw */
  constructor(
    readonly event: object,
    describe: () => MessageContext | undefined,
    readonly handlers: readonly HandlerIdentity[] = [],
    readonly publisher?: string,
    readonly onError: OnEventError = 'report',
  ) {
    this.describe = describe;
  }

  get context(): MessageContext | undefined {
    return (this.known ??= { context: madeBy(this.describe) }).context;
  }
}

function madeBy(describe: () => MessageContext | undefined): MessageContext | undefined {
  try {
    return describe();
  } catch {
    return undefined;
  }
}

export const identitiesOf = (pipelines: readonly Pipeline[]): HandlerIdentity[] =>
  pipelines.map(({ invoker }) => invoker.identity);

/** The handler of a context that is made for the event bus itself. */
export const BUS: HandlerIdentity = { name: 'EventBus' };

/** Why an event that waits for a commit ends without its handlers. */
export const rolledBack = (event: string): CqrsException =>
  new CqrsException({
    code: 'CQRS_ROLLED_BACK',
    what: `${event} reached no handler that waits for the commit: its unit of work was rolled back.`,
    remedy: 'Look for the failure of the command that was rolled back.',
  });
