import { DuplicateMessageNameException } from '../errors/duplicate-message-name.exception.js';
import { lineage, nameOf } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import { declaredMessages, isDeclaredMessage } from './message.decorator.js';
import { WeakTypes } from './weak-types.js';

/**
 * Subclasses served by a handler of their base class, not named by the application: with `@Message` known when loaded,
 * under bases of this application alone; the rest once written.
 */
export class ServedTypes {
  private readonly bases = new Set<MessageType>();
  private readonly written = new WeakTypes();

  add(type: MessageType): void {
    this.bases.add(type);
  }

  find(name: string): MessageType | undefined {
    if (this.bases.size === 0) return undefined;
    const [first, second] = this.candidates(name);
    if (first && second) throw new DuplicateMessageNameException(name, nameOf(first), nameOf(second));
    return first;
  }

  knows(type: MessageType): boolean {
    const isKnown = isDeclaredMessage(type) || this.written.named(nameOf(type)).includes(type);
    return isKnown && this.serves(type);
  }

  write(type: MessageType): void {
    if (this.bases.size > 0 && !isDeclaredMessage(type) && this.serves(type)) this.written.add(type, [nameOf(type)]);
  }

  /** Shared names are left out. */
  *entries(): IterableIterator<[string, MessageType]> {
    if (this.bases.size === 0) return;
    for (const names of [declaredMessages.names(), this.written.names()])
      for (const name of names) {
        const [type, ...others] = this.candidates(name);
        if (type && others.length === 0) yield [name, type];
      }
  }

  /** @returns forgets the bases added since */
  checkpoint(): () => void {
    const bases = [...this.bases];
    return () => {
      this.bases.clear();
      for (const type of bases) this.bases.add(type);
    };
  }

  private candidates(name: string): MessageType[] {
    return [...declaredMessages.named(name), ...this.written.named(name)].filter(type => this.serves(type));
  }

  private serves(type: MessageType): boolean {
    return lineage(type).some(each => this.bases.has(each));
  }
}
