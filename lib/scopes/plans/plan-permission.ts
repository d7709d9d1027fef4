import type { Provider, Type } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import { InstancePlan } from './instance-plan.js';
import { InstanceWitness, isUntouched } from './instance-witness.js';
import { missingInternals } from './nest-internals.js';
import type { ProviderWrapper } from '../provider-wrapper.js';

/** Whether plans may make the instances of an application. */
export class PlanPermission {
  private hasWarned = false;

  /** @param tell warns if Nest is not as expected */
  constructor(
    private readonly isGiven: boolean,
    private readonly tell: (warning: string) => void,
  ) {}

  /** Undefined without `CqrsModule`; then Nest makes all instances. */
  static of(moduleRef: ModuleRef): PlanPermission | undefined {
    try {
      const found: unknown = moduleRef.get(PlanPermission, { strict: false });
      return found instanceof PlanPermission ? found : undefined;
    } catch {
      return undefined;
    }
  }

  /** Never throws: an unexpected Nest makes the instances itself. */
  planOf(wrapper: ProviderWrapper, moduleRef: ModuleRef): InstancePlan | undefined {
    if (!this.isGiven) return undefined;
    try {
      const missing = missingInternals(wrapper);
      if (missing.length === 0) return InstancePlan.of(wrapper, moduleRef);
      this.warn(`it has no ${missing.join(', ')} as expected`);
    } catch (error) {
      this.warn(String(error));
    }
    return undefined;
  }

  private warn(reason: string): void {
    if (this.hasWarned) return;
    this.hasWarned = true;
    this.tell(
      `This version of Nest is not known: ${reason}. Nest makes all request-scoped instances itself, which is slower. ` +
        `To silence this warning, use CqrsModule.forRoot({ instancePlans: false }).`,
    );
  }
}

export interface PlanSettings<T> {
  /** A provider of the options. */
  readonly options: Type<T>;
  areOn(options: T): boolean;
  /** Must not throw. */
  warn(warning: string): void;
}

export const planProviders = <T>({ options, areOn, warn }: PlanSettings<T>): Provider[] => [
  InstanceWitness,
  {
    provide: PlanPermission,
    inject: [InstanceWitness, options],
    // Before other code than Nest and its decorator can touch it.
    useFactory: (witness: object, given: T) => new PlanPermission(areOn(given) && isUntouched(witness), warn),
  },
];
