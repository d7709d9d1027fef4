import type { Observable } from 'rxjs';
import { until } from '../../support/waiting.js';

/** What a subscriber of a live query is told. */
export class Watched<T> {
  readonly values: T[] = [];
  readonly errors: unknown[] = [];
  isComplete = false;
  private readonly subscription;

  constructor(values: Observable<T>) {
    this.subscription = values.subscribe({
      next: value => void this.values.push(value),
      error: error => void this.errors.push(error),
      complete: () => void (this.isComplete = true),
    });
  }

  get last(): T | undefined {
    return this.values.at(-1);
  }

  leave(): void {
    this.subscription.unsubscribe();
  }

  /** Waits until it was told so many values. */
  told(count: number): Promise<void> {
    return allTold([this], count);
  }
}

/** Waits until each was told so many values. */
export const allTold = (all: readonly Watched<unknown>[], count: number): Promise<void> =>
  until(() => all.every(({ values }) => values.length >= count));
