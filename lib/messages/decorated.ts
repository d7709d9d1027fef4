import { mark } from './copies.js';
import { classOfMethod } from './decorated-method.js';
import { lineage } from './inspect-message.js';
import type { MessageType } from './message.js';
import { metadataKey, readOwn, write } from './metadata.js';
import { WeakList } from './weak-list.js';

/** What a decorator says of classes and methods. Subclasses, and methods that override, inherit it. */
export class Decorated<T> {
  private readonly onClass;
  private readonly onMethods;
  private readonly classes = new WeakList<object>();

  constructor(private readonly decorator: string) {
    this.onClass = metadataKey<T>(Symbol(`cqrs:${decorator}`));
    this.onMethods = metadataKey<ReadonlyMap<string | symbol, T>>(Symbol(`cqrs:${decorator}-on-methods`));
  }

  /** @throws InvalidHandlerException on a static method, and by standard decorators */
  write(said: T, target: object, method?: string | symbol): void {
    if (method === undefined) {
      mark(target, this.decorator);
      this.classes.add(target);
      return write(this.onClass, said, target);
    }
    const type = classOfMethod(this.decorator, target, method);
    mark(type, this.decorator);
    write(this.onMethods, new Map([...(readOwn(this.onMethods, type) ?? []), [method, said]]), type);
  }

  /** If not, no class is searched. */
  get isUsed(): boolean {
    return this.onClass.left !== undefined || this.onMethods.left !== undefined;
  }

  /** All classes of the process that have it. */
  types(): MessageType[] {
    return this.classes.items() as MessageType[];
  }

  /** Of all classes of the process. */
  all(): T[] {
    return this.types().flatMap(type => readOwn(this.onClass, type) ?? []);
  }

  /** The nearest of the class and those that it extends. */
  ofClass(type: MessageType): T | undefined {
    if (this.onClass.left === undefined) return undefined;
    return nearest(lineage(type), ancestor => readOwn(this.onClass, ancestor));
  }

  /** Of a handler: of its method, else of its class. */
  ofHandler(type: MessageType, method: string | symbol): T | undefined {
    if (!this.isUsed) return undefined;
    return nearest(lineage(type), ancestor => readOwn(this.onMethods, ancestor)?.get(method)) ?? this.ofClass(type);
  }

  /** Methods of a class that have it, inherited ones too. */
  methodsOf(type: MessageType): (string | symbol)[] {
    if (this.onMethods.left === undefined) return [];
    return lineage(type).flatMap(ancestor => [...(readOwn(this.onMethods, ancestor)?.keys() ?? [])]);
  }
}

function nearest<T>(line: readonly MessageType[], read: (ancestor: MessageType) => T | undefined): T | undefined {
  for (const ancestor of line) {
    const found = read(ancestor);
    if (found !== undefined) return found;
  }
  return undefined;
}
