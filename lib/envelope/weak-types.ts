import type { MessageType } from '../messages/message.js';

/** Held weakly: a collected class is forgotten with its name. */
export class WeakTypes {
  private readonly byName = new Map<string, Set<WeakRef<MessageType>>>();
  private readonly forgotten = new FinalizationRegistry<string>(name => this.forget(name));

  /** A second time does nothing. */
  add(type: MessageType, names: readonly string[]): void {
    for (const name of names) {
      if (this.named(name).includes(type)) continue;
      const types = this.byName.get(name) ?? new Set();
      this.byName.set(name, types.add(new WeakRef(type)));
      this.forgotten.register(type, name);
    }
  }

  named(name: string): MessageType[] {
    return Array.from(this.byName.get(name) ?? [], held => held.deref()).filter(type => type !== undefined);
  }

  names(): Iterable<string> {
    return this.byName.keys();
  }

  private forget(name: string): void {
    const types = this.byName.get(name);
    for (const held of types ?? []) if (held.deref() === undefined) types!.delete(held);
    if (types?.size === 0) this.byName.delete(name);
  }
}
