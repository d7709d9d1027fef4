import type { Subject } from 'rxjs';
import { GuardedObservable, GuardedSubject } from './guarded-stream.js';

/** The part of every bus that can be observed: it emits each message that is sent. */
export class ObservableBus<T> extends GuardedObservable<T> {
  protected _subject$: Subject<T> = new GuardedSubject<T>();

  constructor() {
    super();
    this.source = this._subject$;
  }

  /** The subject behind the bus. */
  get subject$(): Subject<T> {
    return this._subject$;
  }
}
