import type { Provider, Type } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import { InstancePlan } from './instance-plan.js';
import { InstanceWitness, isUntouched } from './instance-witness.js';
import { missingInternals, type Wrapper } from './nest-internals.js';

/** Whether the instances of one application may be made by plans. */
export class PlanPermission {
  private hasWarned = false;

  /**
   * @param isGiven whether there may be plans
   * @param tell gets the warning that there are none, since Nest is other than expected
   */
  constructor(
    private readonly isGiven: boolean,
    private readonly tell: (warning: string) => void,
  ) {}

  /** That of the application of a module; undefined where `CqrsModule` is not imported, which leaves all to Nest. */
  static of(moduleRef: ModuleRef): PlanPermission | undefined {
    try {
      const found: unknown = moduleRef.get(PlanPermission, { strict: false });
      return found instanceof PlanPermission ? found : undefined;
    } catch {
      return undefined;
    }
  }

  /**
   * The plan of a provider. Never throws: a Nest that is other than expected makes the instances itself.
   * @returns undefined where there is none
   */
  planOf(wrapper: Wrapper, moduleRef: ModuleRef): InstancePlan | undefined {
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

/** What plans need to know of an application. */
export interface PlanSettings<T> {
  /** A provider that says whether plans are on. */
  readonly options: Type<T>;
  areOn(options: T): boolean;
  /** Logs a warning; must not throw. */
  warn(warning: string): void;
}

/** What the module provides for plans. */
export const planProviders = <T>({ options, areOn, warn }: PlanSettings<T>): Provider[] => [
  InstanceWitness,
  {
    provide: PlanPermission,
    inject: [InstanceWitness, options],
    // The witness is looked at here, before anything but Nest and its decorator can have touched it.
    useFactory: (witness: object, given: T) => new PlanPermission(areOn(given) && isUntouched(witness), warn),
  },
];
