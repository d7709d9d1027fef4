import type { ModuleRef } from '@nestjs/core';
import type { ContextIdentity } from '../context-identity.js';
import type { InstancePlan } from './instance-plan.js';
import { PlanPermission } from './plan-permission.js';
import { PlannedInstances } from './planned-instances.js';
import type { ProviderWrapper } from '../provider-wrapper.js';

export { planProviders } from './plan-permission.js';

/** Makes one provider's instances by a plan, if any. The folder's only file for others; see docs/instance-plans.md. */
export class PlannedProvider {
  private plan: InstancePlan | undefined;
  /** While Nest makes the first instance, and always without a plan. */
  private isLeftToNest = false;

  constructor(
    private readonly wrapper: ProviderWrapper,
    private readonly moduleRef: ModuleRef,
  ) {}

  /** @returns undefined if Nest must make it */
  instanceIn(identity: ContextIdentity): object | undefined {
    if (this.plan === undefined && !this.isLeftToNest) this.plan = this.draw();
    if (this.plan === undefined) return undefined;
    const instances = new PlannedInstances(this.plan, identity.request);
    identity.hold(instances);
    return instances.make();
  }

  /** Tries again after a failure. */
  learnFrom(resolving: Promise<object>): Promise<object> {
    if (this.isLeftToNest) return resolving;
    this.isLeftToNest = true;
    void resolving.then(
      () => void (this.plan = this.draw()),
      () => void (this.isLeftToNest = false),
    );
    return resolving;
  }

  private draw(): InstancePlan | undefined {
    return PlanPermission.of(this.moduleRef)?.planOf(this.wrapper, this.moduleRef);
  }
}
