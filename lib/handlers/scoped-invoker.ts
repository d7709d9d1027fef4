import type { HandlerIdentity, HandlerTarget } from '../context/handler-identity.js';
import type { MessageContext } from '../context/message-context.js';
import { declaresParameter } from '../pipeline/declares-parameter.js';
import type { ReadyMiddleware } from '../pipeline/middleware.js';
import { rememberMade, type AsyncContext } from '../scopes/async-context.js';
import { callMethod, type HandlerInvoker } from './handler-invoker.js';
import type { ScopedProvider } from '../scopes/scoped-provider.js';

/** Resolves an instance for each dispatch. */
export class ScopedInvoker implements HandlerInvoker {
  readonly usesContext = true;
  /** Written by `prepare`, read by `invoke` of the same dispatch. */
  private readonly prepared = new WeakMap<MessageContext, object>();

  constructor(
    private readonly provider: ScopedProvider,
    private readonly key: string | symbol,
    readonly identity: HandlerIdentity,
    readonly middleware: readonly ReadyMiddleware[] = [],
    readonly target?: HandlerTarget,
  ) {}

  prepare(context: MessageContext): Promise<void> | undefined {
    const instance = this.provider.instanceFor(context);
    if (instance instanceof Promise) return instance.then(resolved => this.setPrepared(resolved, context));
    this.setPrepared(instance, context);
    return undefined;
  }

  invoke(message: object, context: MessageContext): unknown {
    const instance = this.prepared.get(context) ?? this.provider.instanceFor(context);
    if (!(instance instanceof Promise)) return this.call(instance, message, context);
    return instance.then(resolved => this.call(resolved, message, context));
  }

  private setPrepared(instance: object, context: MessageContext): void {
    this.prepared.set(context, instance);
  }

  private call(instance: object, message: object, context: MessageContext): unknown {
    rememberMade(context.scope as AsyncContext, message);
    const asks = declaresParameter((instance as Record<string | symbol, unknown>)[this.key], 2);
    return callMethod(instance, this.key, message, asks ? context : undefined);
  }
}
