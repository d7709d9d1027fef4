import type { Type } from '@nestjs/common';
import type { ContextId, DiscoveryService, ModuleRef } from '@nestjs/core';
import type { DispatchScope } from '../context/said.js';
import type { MessageContext } from '../context/message-context.js';
import { AsyncContext, identityOf, noteApplication, requestOf } from './async-context.js';
import type { ContextIdentity } from './context-identity.js';
import { InstancePlan } from './plans/instance-plan.js';
import { InstanceWitness, isUntouched } from './plans/instance-witness.js';
import { PlannedInstances } from './plans/planned-instances.js';

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

/**
 * Where the instances of a request-scoped, durable or transient provider come from: of its own token in its own module.
 * The first is made by Nest, and shows whether the others can be made by a plan.
 */
export class ScopedProvider {
  private plan: InstancePlan | undefined;
  private isLearning = false;

  constructor(
    private readonly wrapper: Wrapper,
    private readonly moduleRef: ModuleRef,
  ) {}

  /**
   * The instance that serves a dispatch: the same for all dispatches of one `AsyncContext`, of transient providers too.
   * @returns a promise of it where Nest has to make it
   */
  instanceFor(context: MessageContext): object | Promise<object> {
    const scope = (context.scope ??= new AsyncContext(undefined, context.headers)) as AsyncContext;
    introduce(scope, this.moduleRef);
    const identity = identityOf(scope);
    if (!identity?.isFresh) return this.resolve(scope);
    if (this.plan) return madeBy(this.plan, identity);
    const resolving = this.resolve(scope);
    if (!this.isLearning) this.learn(scope, resolving);
    return resolving;
  }

  private resolve({ id }: DispatchScope): Promise<object> {
    return this.moduleRef.resolve<object>(this.wrapper.token as Type<object>, id as ContextId, { strict: true });
  }

  /** Looks, after Nest has made an instance, whether there is a plan; if Nest fails, the next one shows. */
  private learn(scope: AsyncContext, resolving: Promise<object>): void {
    this.isLearning = true;
    const startOver = () => void (this.isLearning = false);
    void resolving.then(instance => this.planLike(scope, instance).catch(startOver), startOver);
  }

  private async planLike(scope: AsyncContext, instance: object): Promise<void> {
    const plan = InstancePlan.of(this.wrapper, { id: scope.id, request: requestOf(scope), instance });
    if (plan && (await isUndecorated(this.moduleRef))) this.plan = plan;
  }
}

function madeBy(plan: InstancePlan, identity: ContextIdentity): object {
  const instances = new PlannedInstances(plan, identity.request);
  identity.hold(instances);
  return instances.make();
}

/**
 * Makes `REQUEST` injectable in what Nest makes for a context, unless Nest did it for an HTTP request. To be called
 * each time, since every application that is given the context has to be told.
 */
export function introduce(scope: DispatchScope, moduleRef: ModuleRef): void {
  if (!(scope instanceof AsyncContext) || noteApplication(scope, moduleRef)) return;
  const identity = identityOf(scope);
  if (identity) return identity.introduce(moduleRef);
  const request = requestOf(scope);
  if (request) moduleRef.registerRequestByContextId(request, scope.id);
}

/** Whether Nest hands out instances as they are made; taken for untrue where it cannot be known. */
const isUndecorated = (moduleRef: ModuleRef): Promise<boolean> =>
  moduleRef.resolve(InstanceWitness, undefined, { strict: false }).then(isUntouched, () => false);
