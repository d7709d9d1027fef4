/** At this many references, dead ones are removed. */
const LEAST = 1024;

/** In order of addition; each as long as something keeps it. */
export class WeakList<T extends object> {
  private references: WeakRef<T>[] = [];
  private most = LEAST;

  add(item: T): void {
    if (this.references.length >= this.most) {
      this.references = this.references.filter(reference => reference.deref() !== undefined);
      this.most = Math.max(LEAST, 2 * this.references.length);
    }
    this.references.push(new WeakRef(item));
  }

  items(): T[] {
    return this.references.flatMap(reference => reference.deref() ?? []);
  }
}
