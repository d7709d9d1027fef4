import { genuine } from '../pipeline/settled.js';
import { CqrsLogger } from '../dispatch/cqrs-logger.js';
import { isPromiseLike, stackOf, textOf } from '../dispatch/failures.js';
import { Observable, Subject, Subscriber, type Observer, type Operator, type Subscription } from 'rxjs';

const logger = new CqrsLogger('CqrsSubscriber');

/** What `subscribe` takes, in all the forms rxjs knows. */
type ObserverArguments<T> = [
  observerOrNext?: Partial<Observer<T>> | ((value: T) => void) | null,
  error?: ((error: unknown) => void) | null,
  complete?: (() => void) | null,
];

/**
 * A stream whose subscribers fail alone: what one throws, or an error that none of its operators
 * handles, is logged. rxjs itself would throw it on a timer, which ends the process. Whatever is piped from
 * such a stream keeps the property.
 */
export class GuardedObservable<T> extends Observable<T> {
  override lift<R>(operator?: Operator<T, R>): Observable<R> {
    return lifted(this, operator);
  }

  override subscribe(...observer: ObserverArguments<T>): Subscription {
    // What adds nothing to its source leaves the guarding to it.
    if (this.operator === undefined && this.source !== undefined) return subscribeTo(this.source, observer);
    return super.subscribe(guarded(observer));
  }
}

/** A subject whose subscribers fail alone, see {@link GuardedObservable}. */
export class GuardedSubject<T> extends Subject<T> {
  override lift<R>(operator: Operator<T, R>): Observable<R> {
    return lifted(this, operator);
  }

  /** As rxjs makes it, this would be a stream that punishes for its subscribers. */
  override asObservable(): Observable<T> {
    return lifted<T, T>(this, undefined);
  }

  /** What an operator throws, or the teardown of one, must not keep the others from what the subject emits. */
  override subscribe(...observer: ObserverArguments<T>): Subscription {
    const [first] = observer;
    if (!(first instanceof Subscriber)) return super.subscribe(guarded(observer));
    const subscription = super.subscribe({
      next: value => attempt(() => first.next(value)),
      error: (failure: unknown) => attempt(() => first.error(failure)),
      complete: () => attempt(() => first.complete()),
    });
    first.add(subscription);
    return subscription;
  }
}

const subscribeTo = <T>(source: Observable<T>, observer: ObserverArguments<T>): Subscription =>
  (source.subscribe as (...given: ObserverArguments<T>) => Subscription).apply(source, observer);

const lifted = <T, R>(source: Observable<T>, operator: Operator<T, R> | undefined): Observable<R> => {
  const stream = new GuardedObservable<R>();
  stream.source = source;
  stream.operator = operator;
  return stream;
};

/** Subscribers of rxjs are operators, which pass on what they catch; the end of a chain is wrapped. */
function guarded<T>([first, error, complete]: ObserverArguments<T>): Partial<Observer<T>> {
  if (first instanceof Subscriber) return first as Observer<T>;
  const observer: Partial<Observer<T>> = typeof first === 'function' ? { next: first } : (first ?? {});
  const [onError, onComplete] = [
    error ?? observer.error?.bind(observer),
    complete ?? observer.complete?.bind(observer),
  ];
  return {
    next: value => attempt(() => observer.next?.(value)),
    error: (failure: unknown) => attempt(() => (onError ? onError(failure) : report(failure))),
    complete: () => attempt(() => onComplete?.()),
  };
}

/** No caller awaits asynchronous subscribers, so their rejections end here too. */
const attempt = (run: () => unknown): void => {
  try {
    const result = run();
    if (isPromiseLike(result)) void genuine(result).catch((failure: unknown) => report(failure));
  } catch (failure) {
    report(failure);
  }
};

/** Logs the failure of a subscriber. A failure of the logger is ignored. */
const report = (failure: unknown, text = 'A subscriber of a bus failed; everybody else goes on.'): void => {
  try {
    logger.error(text, stackOf(failure) ?? textOf(failure));
  } catch {
    return;
  }
};

/** Says that a source which feeds a bus has failed. */
export const reportSource = (failure: unknown): void =>
  report(failure, 'A source of events failed; the bus goes on without it.');
