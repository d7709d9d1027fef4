import type { Type } from '@nestjs/common';
import type { ContextId, ModuleRef } from '@nestjs/core';
import type { DispatchScope } from '../context/said.js';
import type { MessageContext } from '../context/message-context.js';
import { tellScopeRead } from '../context/reads.js';
import { AsyncContext, contextIdentityOf, noteApplication, requestOf } from './async-context.js';
import { PlannedProvider } from './plans/planned-provider.js';
import type { ProviderWrapper } from './provider-wrapper.js';

export { planProviders } from './plans/planned-provider.js';

/** Of a request-scoped, durable or transient provider, by a plan or Nest. */
export class ScopedProvider {
  private readonly planned: PlannedProvider;

  constructor(
    private readonly wrapper: ProviderWrapper,
    private readonly moduleRef: ModuleRef,
  ) {
    this.planned = new PlannedProvider(wrapper, moduleRef);
  }

  /**
   * One per `AsyncContext`, also of a transient provider.
   * @returns a promise if Nest makes it
   */
  instanceFor(context: MessageContext): object | Promise<object> {
    if (context.scope !== undefined) tellScopeRead(context.scope, context);
    const scope = (context.scope ??= new AsyncContext(undefined, context.headers)) as AsyncContext;
    introduce(scope, this.moduleRef);
    const identity = contextIdentityOf(scope);
    if (!identity?.isFresh) return this.resolve(scope);
    return this.planned.instanceIn(identity) ?? this.planned.learnFrom(this.resolve(scope));
  }

  private resolve({ id }: DispatchScope): Promise<object> {
    return this.moduleRef.resolve<object>(this.wrapper.token as Type<object>, id as ContextId, { strict: true });
  }
}

/** Makes `REQUEST` injectable, unless Nest has. Called each time: every application must know. */
export function introduce(scope: DispatchScope, moduleRef: ModuleRef): void {
  if (!(scope instanceof AsyncContext) || noteApplication(scope, moduleRef)) return;
  const identity = contextIdentityOf(scope);
  if (identity) return identity.introduce(moduleRef);
  const request = requestOf(scope);
  if (request) moduleRef.registerRequestByContextId(request, scope.id);
}
