import type { ContextId } from '@nestjs/core';
import type { UntoldInstances } from '../context-identity.js';
import type { InstancePlan } from './instance-plan.js';
import type { InstanceHost } from './nest-internals.js';

/**
 * Made by a plan for one context. Nest learns of them when the identifier is read; if by one of their constructors, it
 * waits for unfinished ones.
 */
export class PlannedInstances implements UntoldInstances {
  private readonly made: object[] = [];
  private isOver = false;
  private readonly announced: ((error: unknown) => void)[] = [];

  constructor(
    private readonly plan: InstancePlan,
    private readonly request: object | undefined,
  ) {}

  /** @throws errors of constructors; keeps earlier instances, as Nest */
  make(): object {
    const { made, request } = this;
    const { steps } = this.plan;
    try {
      for (let i = 0; i < steps.length; i++) made.push(steps[i]!.make(made, request));
    } catch (error) {
      this.end(error);
      throw error;
    }
    this.end();
    return made.at(-1)!;
  }

  tell(id: ContextId): void {
    this.plan.steps.forEach(({ wrapper, consumer }, i) => {
      const instance = this.made[i];
      if (instance) return wrapper.setInstanceByContextId(id, { instance, isResolved: true }, consumer);
      if (!this.isOver) this.announce(i, id);
    });
  }

  /** As Nest does. */
  private announce(i: number, id: ContextId): void {
    const { wrapper, consumer } = this.plan.steps[i]!;
    const host: InstanceHost = wrapper.getInstanceByContextId(id, consumer);
    host.isPending = true;
    host.donePromise = new Promise(resolve => {
      this.announced.push(error => {
        const instance = this.made[i];
        if (!instance) {
          wrapper.removeInstanceByContextId(id, consumer);
          return resolve(error);
        }
        host.instance = instance;
        host.isResolved = true;
        host.isPending = false;
        resolve(undefined);
      });
    });
  }

  private end(error?: unknown): void {
    this.isOver = true;
    for (const settle of this.announced) settle(error);
  }
}
