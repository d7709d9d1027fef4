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

/** The subject of the event bus: what is put in from outside goes to the handlers first, as what is published does. */
export class EventSubject<T> extends GuardedSubject<T> {
  constructor(private readonly receive: (event: T) => void) {
    super();
  }

  /** Delivers an event that comes from outside. */
  override next(event: T): void {
    this.receive(event);
  }

  /** Shows an event to the subscribers alone. */
  emit(event: T): void {
    super.next(event);
  }
}
