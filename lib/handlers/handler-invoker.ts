import type { HandlerIdentity, HandlerTarget } from '../context/handler-identity.js';
import type { MessageContext } from '../context/message-context.js';
import { declaresParameter } from '../pipeline/declares-parameter.js';
import type { MiddlewareReference, Place } from '../pipeline/middleware.js';

type Callable = (message: object, context?: MessageContext) => unknown;
type Host = Record<string | symbol, Callable>;

/** Calls one handler, or takes the message away in its place. The last function of a pipeline calls it. */
export interface HandlerInvoker {
  readonly identity: HandlerIdentity;
  /** What is called, where it is a method of a class. */
  readonly target?: HandlerTarget | undefined;
  /** Whether the handler declares the context. */
  readonly usesContext: boolean;
  /** Of `@UseMiddleware`, outermost first. */
  readonly middleware: readonly MiddlewareReference[];
  /**
   * Undefined: `invoke` calls a handler of this process. `send`: it sends the message to another process. `store`: it
   * stores the message. The pipeline has the middleware that runs there, and no other.
   */
  readonly place?: Exclude<Place, 'handle'>;
  /** An event handler with `@InTransaction()`: a unit of work does not make it wait for the commit. */
  readonly isInTransaction?: true;
  /** Resolves what `invoke` would wait for. */
  prepare?(context: MessageContext): Promise<void> | undefined;
  /** Returns and throws as the handler does. */
  invoke(message: object, context?: MessageContext): unknown;
}

/** Looks the method up at every call: later spies are seen. */
export class InstanceInvoker implements HandlerInvoker {
  /** A replacement gets the arguments of the original. */
  private readonly method: unknown;
  private asks: boolean | undefined;

  constructor(
    private readonly instance: object,
    private readonly key: string | symbol,
    readonly identity: HandlerIdentity,
    readonly middleware: readonly MiddlewareReference[] = [],
    readonly target?: HandlerTarget,
  ) {
    this.method = (instance as Host)[key];
  }

  /** Not at startup: it may read the method's source text. */
  get usesContext(): boolean {
    return (this.asks ??= declaresParameter(this.method, 2));
  }

  invoke(message: object, context?: MessageContext): unknown {
    const instance = this.instance as Host;
    if (context !== undefined && this.usesContext) return instance[this.key]!(message, context);
    return instance[this.key]!(message);
  }
}

export class FunctionInvoker implements HandlerInvoker {
  readonly usesContext: boolean;

  constructor(
    private readonly handler: Callable,
    readonly identity: HandlerIdentity,
    readonly middleware: readonly MiddlewareReference[] = [],
  ) {
    this.usesContext = declaresParameter(handler, 2);
  }

  invoke(message: object, context?: MessageContext): unknown {
    return this.usesContext ? this.handler(message, context) : this.handler(message);
  }
}

/** A handler not declaring the context sees the message alone. */
export const callMethod = (
  instance: object,
  key: string | symbol,
  message: object,
  context: MessageContext | undefined,
): unknown => {
  const host = instance as Host;
  return context === undefined ? host[key]!(message) : host[key]!(message, context);
};
