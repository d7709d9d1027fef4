import { Inject, Injectable, Optional, type Type } from '@nestjs/common';
import { filter, type Observable } from 'rxjs';
import type { ICommand, IEvent } from '../messages/message.js';
import { CQRS_MODULE_OPTIONS, type BusModuleOptions } from './bus-options.js';
import type { IUnhandledExceptionPublisher, UnhandledExceptionInfo } from '../dispatch/failures.js';
import { ObservableBus } from './observable-bus.js';

/** Publishes failures of event handlers, sagas and their commands. */
@Injectable()
export class UnhandledExceptionBus<Cause = IEvent | ICommand> extends ObservableBus<UnhandledExceptionInfo<Cause>> {
  private _publisher: IUnhandledExceptionPublisher<Cause>;

  constructor(@Optional() @Inject(CQRS_MODULE_OPTIONS) options?: BusModuleOptions) {
    super();
    this._publisher = (options?.unhandledExceptionPublisher as IUnhandledExceptionPublisher<Cause> | undefined) ?? {
      publish: info => this._subject$.next(info as UnhandledExceptionInfo<Cause>),
    };
  }

  /** An operator that filters failures by exception class. */
  static ofType<TInput extends IEvent | ICommand, TOutput extends IEvent | ICommand>(
    ...types: Type<TOutput>[]
  ): (source: Observable<UnhandledExceptionInfo<TInput>>) => Observable<UnhandledExceptionInfo<TOutput>> {
    return source =>
      source.pipe(filter(info => types.some(type => info.exception instanceof type))) as unknown as Observable<
        UnhandledExceptionInfo<TOutput>
      >;
  }

  /** Receives failures; the subscribers of this bus by default. */
  get publisher(): IUnhandledExceptionPublisher<Cause> {
    return this._publisher;
  }

  set publisher(publisher: IUnhandledExceptionPublisher<Cause>) {
    this._publisher = publisher;
  }

  /** Returns what the publisher returns. */
  publish(info: UnhandledExceptionInfo<Cause>): unknown {
    return this._publisher.publish(info);
  }

  /** Completes its stream. */
  close(): void {
    this._subject$.complete();
  }
}
