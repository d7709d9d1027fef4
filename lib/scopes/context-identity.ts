import type { ContextId, ModuleRef } from '@nestjs/core';

/** Unknown to Nest. */
export interface UntoldInstances {
  /** Registers them; Nest waits for unfinished ones. */
  tell(id: ContextId): void;
}

/** Until the identifier is read no code can ask Nest for its instances: Nest need not know `REQUEST` or make them. */
export class ContextIdentity {
  private moduleRefs: ModuleRef[] | undefined;
  private instances: UntoldInstances | undefined;

  /**
   * @param request injected by `REQUEST`; undefined if Nest knows it
   * @param isUnread no code knows the identifier yet
   */
  constructor(
    private readonly id: ContextId,
    readonly request: object | undefined,
    private isUnread: boolean,
  ) {}

  get isFresh(): boolean {
    return this.isUnread && this.instances === undefined;
  }

  /** Tells Nest everything. */
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

  /** Called each time: the application may differ. */
  introduce(moduleRef: ModuleRef): void {
    if (this.request === undefined) return;
    if (!this.isUnread) return moduleRef.registerRequestByContextId(this.request, this.id);
    if (this.moduleRefs === undefined) this.moduleRefs = [moduleRef];
    else if (!this.moduleRefs.includes(moduleRef)) this.moduleRefs.push(moduleRef);
  }

  /** Keeps instances until Nest must know them. */
  hold(instances: UntoldInstances): void {
    this.instances = instances;
  }
}
