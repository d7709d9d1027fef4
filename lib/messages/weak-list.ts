/** How many references a list holds before those that lead to nothing are struck off. */
const LEAST = 1024;

/** Objects in the order in which they were added, as long as something else keeps them. */
export class WeakList<T extends object> {
  private references: WeakRef<T>[] = [];
  private most = LEAST;

  /** Adds an object at the end. */
  add(item: T): void {
    if (this.references.length >= this.most) {
      this.references = this.references.filter(reference => reference.deref() !== undefined);
      this.most = Math.max(LEAST, 2 * this.references.length);
    }
    this.references.push(new WeakRef(item));
  }

  /** What is still there. */
  items(): T[] {
    return this.references.flatMap(reference => reference.deref() ?? []);
  }
}
