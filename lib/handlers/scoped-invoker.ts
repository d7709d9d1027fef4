import type { ModuleRef } from '@nestjs/core';
import type { InjectionToken, Type } from '@nestjs/common';
import type { DispatchScope, HandlerIdentity, MessageContext } from '../context/message-context.js';
import { declaresParameter } from '../pipeline/declares-parameter.js';
import type { ReadyMiddleware } from '../pipeline/middleware.js';
import { AsyncContext, rememberMade, requestOf } from './async-context.js';
import { callMethod, type HandlerInvoker } from './handler-invoker.js';

/** Where a provider that has no single instance comes from: its own token in its own module. */
export interface ScopedProvider {
  readonly token: InjectionToken;
  readonly moduleRef: ModuleRef;
}

/**
 * The instance of a request-scoped, durable or transient provider that serves a dispatch.
 * @returns the same instance for all dispatches of one `AsyncContext`, of transient providers too
 */
export function resolveScoped(provider: ScopedProvider, context: MessageContext): Promise<object> {
  const scope = (context.scope ??= new AsyncContext(undefined, context.headers)) as AsyncContext;
  introduce(scope, provider.moduleRef);
  return provider.moduleRef.resolve<object>(provider.token as Type<object>, scope.id, { strict: true });
}

/**
 * Makes `REQUEST` injectable in what is resolved for a context, unless Nest did it for an HTTP request. To be called
 * each time, since every application that is given the context has to be told.
 */
export function introduce(scope: DispatchScope, moduleRef: ModuleRef): void {
  const request = scope instanceof AsyncContext ? requestOf(scope) : undefined;
  if (request) moduleRef.registerRequestByContextId(request, (scope as AsyncContext).id);
}

/** Calls a method of an instance that is resolved for each dispatch. */
export class ScopedInvoker implements HandlerInvoker {
  /** Always: the context holds what the instance is resolved by. */
  readonly usesContext = true;
  private readonly prepared = new WeakMap<MessageContext, object>();

  /**
   * @param provider where the instance comes from
   * @param key the method that handles
   * @param identity how texts name it
   * @param middleware what wraps this handler alone
   */
  constructor(
    private readonly provider: ScopedProvider,
    private readonly key: string | symbol,
    readonly identity: HandlerIdentity,
    readonly middleware: readonly ReadyMiddleware[] = [],
  ) {}

  async prepare(context: MessageContext): Promise<void> {
    this.prepared.set(context, await resolveScoped(this.provider, context));
  }

  invoke(message: object, context: MessageContext): unknown {
    const instance = this.prepared.get(context);
    if (instance) return this.call(instance, message, context);
    return resolveScoped(this.provider, context).then(resolved => this.call(resolved, message, context));
  }

  private call(instance: object, message: object, context: MessageContext): unknown {
    rememberMade(context.scope as AsyncContext, message);
    const asks = declaresParameter((instance as Record<string | symbol, unknown>)[this.key], 2);
    return callMethod(instance, this.key, message, asks ? context : undefined);
  }
}
