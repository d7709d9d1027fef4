import { filter, type Observable } from 'rxjs';
import type { IEvent, InstanceOf, MessageType } from '../messages/message.js';

/** An operator that keeps events of these classes and their subclasses. */
export const ofType =
  <TInput extends IEvent, T extends MessageType[]>(...types: T) =>
  (source: Observable<TInput>): Observable<InstanceOf<T[number]>> =>
    source.pipe(filter(event => types.some(type => event instanceof type))) as unknown as Observable<
      InstanceOf<T[number]>
    >;
