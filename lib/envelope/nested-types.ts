import type { MessageType } from '../messages/message.js';
import type { RevivableTypes } from './envelope-options.js';
import { messageIdentity } from './message.decorator.js';

/** The classes whose instances a payload may hold: those its class names in `@Message({ nested })`, and theirs. */
export class NestedTypes implements RevivableTypes {
  private readonly byName = new Map<string, MessageType>();
  private readonly types = new Set<MessageType>();

  /** @param root class of the payload; undefined where it is none */
  constructor(root: MessageType | undefined) {
    if (root) this.add(messageIdentity(root).nested);
  }

  find(name: string): MessageType | undefined {
    return this.byName.get(name);
  }

  knows(type: MessageType): boolean {
    return this.types.has(type);
  }

  names(): Iterable<string> {
    return this.byName.keys();
  }

  private add(types: readonly MessageType[]): void {
    for (const type of types) {
      if (this.types.has(type)) continue;
      this.types.add(type);
      const { name, aliases, nested } = messageIdentity(type);
      for (const known of [name, ...aliases]) if (!this.byName.has(known)) this.byName.set(known, type);
      this.add(nested);
    }
  }
}
