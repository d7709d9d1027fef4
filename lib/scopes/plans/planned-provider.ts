import type { ModuleRef } from '@nestjs/core';
import type { ContextIdentity } from '../context-identity.js';
import type { InstancePlan } from './instance-plan.js';
import type { Wrapper } from './nest-internals.js';
import { PlanPermission } from './plan-permission.js';
import { PlannedInstances } from './planned-instances.js';

export { planProviders } from './plan-permission.js';

/**
 * Makes the instances of one provider by a plan, if there is one. This file is the door of the folder: nothing else of it
 * is used outside. See docs/instance-plans.md.
 */
export class PlannedProvider {
  private plan: InstancePlan | undefined;
  /** While Nest makes the first instance, and for good where there is no plan after it either. */
  private isLeftToNest = false;

  constructor(
    private readonly wrapper: Wrapper,
    private readonly moduleRef: ModuleRef,
  ) {}

  /**
   * The instance for a context in which nothing has been made.
   * @returns undefined where Nest has to make it
   * @throws what a constructor throws
   */
  instanceIn(identity: ContextIdentity): object | undefined {
    if (this.plan === undefined && !this.isLeftToNest) this.plan = this.draw();
    if (this.plan === undefined) return undefined;
    const instances = new PlannedInstances(this.plan, identity.request);
    identity.hold(instances);
    return instances.make();
  }

  /** Draws the plan after Nest has made an instance: Nest 11 knows the dependencies only then. If Nest fails, the next one. */
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
