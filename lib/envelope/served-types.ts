import { DuplicateMessageNameException } from '../errors/duplicate-message-name.exception.js';
import { lineage, nameOf } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import { declaredMessages, isDeclaredMessage } from './message.decorator.js';
import { WeakTypes } from './weak-types.js';

/**
 * The subclasses that come with a class: where a handler takes a class, it takes its subclasses, though nothing in the
 * application names them. Those with `@Message` are found by name among all that the process has loaded; only what
 * extends a class that is served here is looked at, so that applications of one process do not see each other's
 * messages. Others become known when one is written.
 */
export class ServedTypes {
  private readonly bases = new Set<MessageType>();
  private readonly written = new WeakTypes();

  /** Lets a class bring its subclasses. */
  add(type: MessageType): void {
    this.bases.add(type);
  }

  /**
   * The subclass with a name; undefined if there is none.
   * @throws DuplicateMessageNameException if there are two: nothing says which of them an envelope holds
   */
  find(name: string): MessageType | undefined {
    if (this.bases.size === 0) return undefined;
    const [first, second] = this.candidates(name);
    if (first && second) throw new DuplicateMessageNameException(name, nameOf(first), nameOf(second));
    return first;
  }

  /** Whether a class is one of the subclasses. */
  knows(type: MessageType): boolean {
    const isKnown = isDeclaredMessage(type) || this.written.named(nameOf(type)).includes(type);
    return isKnown && this.serves(type);
  }

  /** Keeps a subclass without `@Message` in mind, so that what is written can be read here. */
  write(type: MessageType): void {
    if (this.bases.size > 0 && !isDeclaredMessage(type) && this.serves(type)) this.written.add(type, [nameOf(type)]);
  }

  /** The subclasses that are known now, with their names and aliases; not those that share a name. */
  *entries(): IterableIterator<[string, MessageType]> {
    if (this.bases.size === 0) return;
    for (const names of [declaredMessages.names(), this.written.names()])
      for (const name of names) {
        const [type, ...others] = this.candidates(name);
        if (type && others.length === 0) yield [name, type];
      }
  }

  /** @returns forgets the classes that have been added since */
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
