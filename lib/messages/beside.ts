/**
 * A fact beside an object that may be frozen, past a bus, subclass, spy or publisher that only passes the object on.
 * Hard to find: each use is one constant that says who writes and who reads; docs/architecture.md lists them.
 */
export class Beside<T> {
  private readonly facts = new WeakMap<object, T>();

  of(about: object): T | undefined {
    return this.facts.get(about);
  }

  set(about: object, fact: T): void {
    this.facts.set(about, fact);
  }

  has(about: object): boolean {
    return this.facts.has(about);
  }

  /** Returns and forgets the fact. */
  take(about: object): T | undefined {
    const fact = this.facts.get(about);
    this.facts.delete(about);
    return fact;
  }
}
