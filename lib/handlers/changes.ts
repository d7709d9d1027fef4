/** Takes back a registration, once; does nothing after `clear()`. */
export type Disposer = () => void;

/** Of a registry, for what is computed from it and kept. */
export class Changes {
  private readonly observers = new Set<() => void>();

  observe(observer: () => void): Disposer {
    this.observers.add(observer);
    return () => void this.observers.delete(observer);
  }

  tell(): void {
    for (const observer of this.observers) observer();
  }
}
