/**
 * A fact that is kept beside an object: a bus, its subclass, a spy or a publisher passes the object on and sees nothing of it,
 * and the object may be frozen. It goes with the object.
 *
 * Facts that are beside a call are hard to find in the code, so each use is one constant that says who writes and who
 * reads; docs/architecture.md lists them.
 */
export class Beside<T> {
  private readonly facts = new WeakMap<object, T>();

  /** The fact; undefined if there is none. */
  of(about: object): T | undefined {
    return this.facts.get(about);
  }

  /** Keeps a fact, in place of an earlier one. */
  set(about: object, fact: T): void {
    this.facts.set(about, fact);
  }

  /** Whether there is a fact. */
  has(about: object): boolean {
    return this.facts.has(about);
  }

  /** The fact, which is then forgotten. */
  take(about: object): T | undefined {
    const fact = this.facts.get(about);
    this.facts.delete(about);
    return fact;
  }
}
