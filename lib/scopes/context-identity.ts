import type { ContextId, ModuleRef } from '@nestjs/core';

/** Instances of a context that Nest does not know of. */
export interface UntoldInstances {
  /** Puts them where Nest looks for them; for those that are still being made it waits. */
  tell(id: ContextId): void;
}

/**
 * The identifier of a context, and what there is in the context before it is read: until then no code can ask Nest
 * for an instance by it, so Nest need not be told what `REQUEST` is there, nor be the one who makes the instances.
 */
export class ContextIdentity {
  private moduleRefs: ModuleRef[] | undefined;
  private instances: UntoldInstances | undefined;

  /**
   * @param id what Nest resolves by
   * @param request what `REQUEST` injects; undefined where Nest has said so itself
   * @param isUnread whether no code knows the identifier yet
   */
  constructor(
    private readonly id: ContextId,
    readonly request: object | undefined,
    private isUnread: boolean,
  ) {}

  /** Whether the identifier has not been read, and nothing has been made for it. */
  get isFresh(): boolean {
    return this.isUnread && this.instances === undefined;
  }

  /** Hands out the identifier: from now on Nest knows everything. */
  read(): ContextId {
    if (!this.isUnread) return this.id;
    this.isUnread = false;
    try {
      for (const moduleRef of this.moduleRefs ?? []) this.introduce(moduleRef);
    } finally {
      this.instances?.tell(this.id);
    }
    return this.id;
  }

  /** Makes `REQUEST` injectable in an application. To be called each time: it may be another one. */
  introduce(moduleRef: ModuleRef): void {
    if (this.request === undefined) return;
    if (!this.isUnread) return moduleRef.registerRequestByContextId(this.request, this.id);
    if (this.moduleRefs === undefined) this.moduleRefs = [moduleRef];
    else if (!this.moduleRefs.includes(moduleRef)) this.moduleRefs.push(moduleRef);
  }

  /** Keeps instances that are made without Nest until it has to know them. */
  hold(instances: UntoldInstances): void {
    this.instances = instances;
  }
}
