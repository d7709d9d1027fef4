import type { HandlerIdentity } from '../context/said.js';
import type { MessageContext } from '../context/message-context.js';
import { declaresParameter } from '../pipeline/declares-parameter.js';
import type { MiddlewareReference } from '../pipeline/middleware.js';

type Callable = (message: object, context?: MessageContext) => unknown;
type Host = Record<string | symbol, Callable>;

/**
 * The last of the three files a message passes: calls one handler. Every handler, whatever it came from, is
 * one of these, so that a dispatch is a lookup and a call.
 */
export interface HandlerInvoker {
  readonly identity: HandlerIdentity;
  /** Whether the handler asks for the context. */
  readonly usesContext: boolean;
  /** What `@UseMiddleware` put on the handler, outermost first. */
  readonly middleware: readonly MiddlewareReference[];
  /**
   * Gets ready what `invoke` would have to wait for, so that it then calls the handler at once.
   * @returns a promise where it takes time
   */
  prepare?(context: MessageContext): Promise<void> | undefined;
  /** Calls the handler; returns what it returns and throws what it throws. */
  invoke(message: object, context?: MessageContext): unknown;
}

/**
 * Calls a method of one instance. The method is looked up at every call, so that a spy put on the instance or its
 * class later is seen.
 */
export class InstanceInvoker implements HandlerInvoker {
  /** As it was at first: what is put in its place later is given what this one asks for. */
  private readonly method: unknown;
  private asks: boolean | undefined;

  /**
   * @param instance the provider
   * @param key its method
   * @param identity how texts name it
   * @param middleware what wraps this handler alone
   */
  constructor(
    private readonly instance: object,
    private readonly key: string | symbol,
    readonly identity: HandlerIdentity,
    readonly middleware: readonly MiddlewareReference[] = [],
  ) {
    this.method = (instance as Host)[key];
  }

  /** Found out when first asked, not at the start, since it may take reading the text of the method. */
  get usesContext(): boolean {
    return (this.asks ??= declaresParameter(this.method, 2));
  }

  invoke(message: object, context?: MessageContext): unknown {
    const { key } = this;
    const instance = this.instance as Host;
    if (context !== undefined && this.usesContext) return instance[key]!(message, context);
    // The engine finds a method that is spelled out faster than one named by a variable.
    if (key === 'execute') return instance.execute!(message);
    if (key === 'handle') return instance.handle!(message);
    return instance[key]!(message);
  }
}

/** Calls a function that was registered as it is. */
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

/** Calls a method, with the context only where there is one: a handler that did not ask sees the message alone. */
export const callMethod = (
  instance: object,
  key: string | symbol,
  message: object,
  context: MessageContext | undefined,
): unknown => {
  const host = instance as Host;
  return context === undefined ? host[key]!(message) : host[key]!(message, context);
};
