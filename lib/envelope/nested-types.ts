import type { MessageType } from '../messages/message.js';
import type { RevivableTypes } from './envelope-options.js';
import { messageIdentity, nestedTypesOf } from './message.decorator.js';

/** `@Message({ nested })` and theirs, on demand: most messages have none. */
export class NestedTypes implements RevivableTypes {
  #byName: Map<string, MessageType> | undefined;
  readonly #types = new Set<MessageType>();

  constructor(private readonly root: MessageType | undefined) {}

  find(name: string): MessageType | undefined {
    return this.known().get(name);
  }

  knows(type: MessageType): boolean {
    this.known();
    return this.#types.has(type);
  }

  names(): Iterable<string> {
    return this.known().keys();
  }

  private known(): Map<string, MessageType> {
    if (this.#byName) return this.#byName;
    const byName = new Map<string, MessageType>();
    if (this.root) this.add(nestedTypesOf(this.root), byName);
    return (this.#byName = byName);
  }

  private add(types: readonly MessageType[], byName: Map<string, MessageType>): void {
    for (const type of types) {
      if (this.#types.has(type)) continue;
      this.#types.add(type);
      const { name, aliases } = messageIdentity(type);
      for (const known of [name, ...aliases]) if (!byName.has(known)) byName.set(known, type);
      this.add(nestedTypesOf(type), byName);
    }
  }
}
