/** A value for each pair of objects that have met: where they contain themselves, they meet again. */
export class Pairs<V> {
  private readonly values = new Map<object, Map<unknown, V>>();

  get(one: object, other: unknown): V | undefined {
    return this.values.get(one)?.get(other);
  }

  set(one: object, other: unknown, value: V): void {
    const others = this.values.get(one) ?? new Map<unknown, V>();
    this.values.set(one, others.set(other, value));
  }
}
