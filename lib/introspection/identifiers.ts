/** Gives each object an identifier: its name, qualified by a number only where another object has the same. */
export class Identifiers<T extends object> {
  private readonly byObject = new Map<T, string>();
  private readonly counts = new Map<string, number>();

  /** @param nameOf the same for the same object */
  constructor(private readonly nameOf: (object: T) => string) {}

  of(object: T): string {
    const present = this.byObject.get(object);
    if (present !== undefined) return present;
    const name = this.nameOf(object);
    const count = (this.counts.get(name) ?? 0) + 1;
    this.counts.set(name, count);
    const id = count === 1 ? name : `${name}#${count}`;
    this.byObject.set(object, id);
    return id;
  }
}

/** Identifiers do not depend on the language of the machine. */
export const compareText = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

export const sortedBy = <T>(items: readonly T[], key: (item: T) => string): T[] =>
  items.toSorted((one, other) => compareText(key(one), key(other)));
