import { genuine, isPromiseLike } from '../pipeline/settled.js';
import { CqrsLogger } from '../dispatch/cqrs-logger.js';
import { stackOf, textOf } from '../dispatch/failures.js';
import { Observable, Subject, Subscriber, type Observer, type Operator, type Subscription } from 'rxjs';

const logger = new CqrsLogger('CqrsSubscriber');

type ObserverArguments<T> = [
  observerOrNext?: Partial<Observer<T>> | ((value: T) => void) | null,
  error?: ((error: unknown) => void) | null,
  complete?: (() => void) | null,
];

/**
 * Its subscribers fail alone: what they throw or leave unhandled is logged, where rxjs would end the process. Streams
 * piped from it do the same.
 */
export class GuardedObservable<T> extends Observable<T> {
  override lift<R>(operator?: Operator<T, R>): Observable<R> {
    return lifted(this, operator);
  }

  override subscribe(...observer: ObserverArguments<T>): Subscription {
    // The source does the guarding.
    if (this.operator === undefined && this.source !== undefined) return subscribeTo(this.source, observer);
    return super.subscribe(guarded(observer));
  }
}

/** See {@link GuardedObservable}. */
export class GuardedSubject<T> extends Subject<T> {
  override lift<R>(operator: Operator<T, R>): Observable<R> {
    return lifted(this, operator);
  }

  /** That of rxjs would not be guarded. */
  override asObservable(): Observable<T> {
    return lifted<T, T>(this, undefined);
  }

  /** An operator or teardown that throws must not block others. */
  override subscribe(...observer: ObserverArguments<T>): Subscription {
    const [first] = observer;
    if (!(first instanceof Subscriber)) return super.subscribe(guarded(observer));
    const subscription = super.subscribe({
      next: value => callGuarded(() => first.next(value)),
      error: (failure: unknown) => callGuarded(() => first.error(failure)),
      complete: () => callGuarded(() => first.complete()),
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

/** rxjs subscribers are operators, which pass errors on: only a chain's end is wrapped. */
function guarded<T>([first, error, complete]: ObserverArguments<T>): Partial<Observer<T>> {
  if (first instanceof Subscriber) return first as Observer<T>;
  const observer: Partial<Observer<T>> = typeof first === 'function' ? { next: first } : (first ?? {});
  const [onError, onComplete] = [
    error ?? observer.error?.bind(observer),
    complete ?? observer.complete?.bind(observer),
  ];
  return {
    next: value => callGuarded(() => observer.next?.(value)),
    error: (failure: unknown) => callGuarded(() => (onError ? onError(failure) : report(failure))),
    complete: () => callGuarded(() => onComplete?.()),
  };
}

/** No caller awaits subscribers: their rejections end here. */
const callGuarded = (run: () => unknown): void => {
  try {
    const result = run();
    if (isPromiseLike(result)) void genuine(result).catch((failure: unknown) => report(failure));
  } catch (failure) {
    report(failure);
  }
};

/** Never throws. */
const report = (failure: unknown, text = 'A subscriber of a bus failed; the others go on.'): void => {
  try {
    logger.error(text, stackOf(failure) ?? textOf(failure));
  } catch {
    return;
  }
};

export const reportSource = (failure: unknown): void =>
  report(failure, 'A source of events failed; the bus goes on without it.');
