import { Inject, Injectable, Optional, type Type } from '@nestjs/common';
import { filter, type Observable } from 'rxjs';
import type { ICommand, IEvent } from '../messages/message.js';
import { CQRS_MODULE_OPTIONS, type BusModuleOptions } from './bus-options.js';
import type { IUnhandledExceptionPublisher, UnhandledExceptionInfo } from '../dispatch/failures.js';
import { ObservableBus } from './observable-bus.js';

/**
 * Publishes failures that no caller catches: of event handlers, sagas, the commands of sagas.
 * @typeParam Cause the messages whose failures are published
 */
@Injectable()
export class UnhandledExceptionBus<Cause = IEvent | ICommand> extends ObservableBus<UnhandledExceptionInfo<Cause>> {
  private _publisher: IUnhandledExceptionPublisher<Cause>;

  /** @param options the module options, for their `unhandledExceptionPublisher` */
  constructor(@Optional() @Inject(CQRS_MODULE_OPTIONS) options?: BusModuleOptions) {
    super();
    this._publisher = (options?.unhandledExceptionPublisher as IUnhandledExceptionPublisher<Cause> | undefined) ?? {
      publish: info => this._subject$.next(info as UnhandledExceptionInfo<Cause>),
    };
  }

  /**
   * Filters failures by the class of what was thrown.
   * @param types classes of exceptions
   * @returns an operator for `bus.pipe(…)`
   */
  static ofType<TInput extends IEvent | ICommand, TOutput extends IEvent | ICommand>(
    ...types: Type<TOutput>[]
  ): (source: Observable<UnhandledExceptionInfo<TInput>>) => Observable<UnhandledExceptionInfo<TOutput>> {
    return source =>
      source.pipe(filter(info => types.some(type => info.exception instanceof type))) as unknown as Observable<
        UnhandledExceptionInfo<TOutput>
      >;
  }

  /** Where failures go; the subscribers of this bus by default. */
  get publisher(): IUnhandledExceptionPublisher<Cause> {
    return this._publisher;
  }

  set publisher(publisher: IUnhandledExceptionPublisher<Cause>) {
    this._publisher = publisher;
  }

  /** Hands a failure to the publisher; returns what that returns. */
  publish(info: UnhandledExceptionInfo<Cause>): unknown {
    return this._publisher.publish(info);
  }

  /** Ends the bus: its subscribers are told that nothing more comes. */
  close(): void {
    this._subject$.complete();
  }
}
