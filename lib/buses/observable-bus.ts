import type { Subject } from 'rxjs';
import { GuardedObservable, GuardedSubject } from './guarded-stream.js';

/** A bus emits each message sent. */
export class ObservableBus<T> extends GuardedObservable<T> {
  protected _subject$: Subject<T> = new GuardedSubject<T>();

  constructor() {
    super();
    this.source = this._subject$;
  }

  get subject$(): Subject<T> {
    return this._subject$;
  }
}
