import { Inject, Injectable, Optional, type Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Observable } from 'rxjs';
import { type DispatchOptions, MessageContext } from '../context/message-context.js';
import { StreamQueryAskedException } from '../errors/stream-query-asked.exception.js';
import { QueryHandlerNotFoundException } from '../errors/handler-not-found.exception.js';
import type { LiveOptions } from '../caching/live-options.js';
import type { LiveQueries } from '../caching/live-queries.js';
import type { AsyncContext } from '../scopes/async-context.js';
import type { IQueryHandler } from '../handlers/handler.js';
import { messageName } from '../messages/inspect-message.js';
import { StreamQuery } from '../messages/message.js';
import type { Askable, IQuery, IQueryResult, MessageInstance, Query, QueryResult } from '../messages/message.js';
import { CQRS_MODULE_OPTIONS, type BusModuleOptions, type StandaloneBusOptions } from './bus-options.js';
import { toDispatchOptions, type BareOptions } from '../dispatch/dispatch-options.js';
import { OpenedRows } from '../dispatch/opened-rows.js';
import { ConstructorTypes } from './constructor-types.decorator.js';
import { liveValues } from './live-values.js';
import { RequestBus } from './request-bus.js';
import { standaloneOptions } from './standalone-options.js';
import { readRows } from './row-stream.js';

/** The class of a query handler. */
export type QueryHandlerType<
  QueryBase extends IQuery = IQuery,
  QueryResultBase extends IQueryResult = IQueryResult,
> = Type<IQueryHandler<QueryBase, QueryResultBase>>;

/** The query bus, as in @nestjs/cqrs. */
export interface IQueryBus<QueryBase extends IQuery = IQuery> {
  execute<TResult>(query: Query<TResult>, asyncContext?: AsyncContext): Promise<TResult>;
  execute<T extends QueryBase, TResult = any>(query: T, asyncContext?: AsyncContext): Promise<TResult>; // eslint-disable-line @typescript-eslint/no-explicit-any -- as in @nestjs/cqrs
}

/** Sends queries, each to its one handler. Errors reach the caller unchanged, as rejections. */
@Injectable()
@ConstructorTypes(ModuleRef, Object)
export class QueryBus<QueryBase extends IQuery = IQuery> extends RequestBus<QueryBase> implements IQueryBus<QueryBase> {
  /**
   * Those of its application; set by the module.
   * @internal
   */
  liveQueries: LiveQueries | undefined;

  /** @param standalone options without Nest; in Nest its `ModuleRef` */
  constructor(
    @Optional() standalone?: StandaloneBusOptions | ModuleRef,
    @Optional() @Inject(CQRS_MODULE_OPTIONS) options?: BusModuleOptions,
  ) {
    super('query', standaloneOptions(standalone), options?.queryPublisher);
  }

  /**
   * Asks a query; the answer is typed by `Query<Result>`.
   * @param options context, signal, headers …; a bare `MessageContext` or `ContextOrigin` means `{ context }`
   * @throws (rejects) QueryHandlerNotFoundException, InvalidMessageException, StreamQueryAskedException, CqrsException
   *   (CQRS_INVALID_OPTIONS)
   */
  ask<T extends QueryBase & MessageInstance & Askable>(
    query: T,
    options?: BareOptions | DispatchOptions,
  ): Promise<QueryResult<T>> {
    if (isStreamQuery(query)) return refuseStream(query);
    return this.dispatcher.execute(query, options) as Promise<QueryResult<T>>;
  }

  /** `ask` under its name in @nestjs/cqrs. */
  execute<TResult>(query: Query<TResult>, options?: BareOptions | DispatchOptions): Promise<TResult>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in @nestjs/cqrs
  execute<T extends QueryBase & MessageInstance & Askable, TResult = any>(
    query: T,
    options?: BareOptions | DispatchOptions,
  ): Promise<TResult>;
  execute(query: object, options?: BareOptions | DispatchOptions): Promise<unknown> {
    return isStreamQuery(query) ? refuseStream(query) : this.dispatcher.execute(query, options);
  }

  /**
   * Asks for rows, to be read once with `for await`. The first read runs the handler; its (async) iterable or
   * Observable ends when the reader breaks or the signal is aborted.
   * @param options as for `ask`; aborting makes reading throw the reason
   */
  stream<TRow>(query: StreamQuery<TRow>, options?: BareOptions | DispatchOptions): AsyncIterableIterator<TRow> {
    try {
      const said = toDispatchOptions(options);
      const context = said?.context ?? MessageContext.find();
      const open = (signal: AbortSignal) => this.dispatcher.execute(query, { ...said, context, signal });
      const { probes } = this.dispatcher;
      // Its pipeline, at the first read, knows which probes are awake.
      const probed = probes.maySee('rows') ? new OpenedRows(query, probes) : undefined;
      return readRows<TRow>(query, open, said?.signal ?? context?.signal, probed);
    } catch (error) {
      return readRows<TRow>(query, () => Promise.reject(error));
    }
  }

  /**
   * The answer now, and again after each touch of a tag of its `@Cached`; an answer equal to the one before is left out. Watchers of
   * equal queries share their runs; middleware runs for each. Completes with `signal` and when the application closes.
   * @param options as for `ask`, of each run; `debounce`, `errors`
   * @throws CqrsException (CQRS_NOT_LIVE, CQRS_INVALID_TAGS, CQRS_INVALID_OPTIONS), QueryHandlerNotFoundException,
   *   InvalidMessageException; before the application has started, the stream fails with them
   */
  live<T extends QueryBase & MessageInstance & Askable>(
    query: T,
    options: LiveOptions & { readonly errors: 'values' },
  ): Observable<PromiseSettledResult<QueryResult<T>>>;
  live<T extends QueryBase & MessageInstance & Askable>(
    query: T,
    options?: BareOptions | (LiveOptions & { readonly errors?: 'end' | undefined }),
  ): Observable<QueryResult<T>>;
  live<T extends QueryBase & MessageInstance & Askable>(
    query: T,
    options: LiveOptions,
  ): Observable<QueryResult<T> | PromiseSettledResult<QueryResult<T>>>;
  live(query: object, options?: BareOptions | LiveOptions): Observable<unknown> {
    return liveValues(query, options, this.dispatcher, () => this.liveQueries);
  }

  protected missing(name: string, hint: string | undefined): QueryHandlerNotFoundException {
    return new QueryHandlerNotFoundException(name, hint);
  }
}

/** A proxy may throw. */
const isStreamQuery = (query: unknown): query is StreamQuery<unknown> => {
  try {
    return query instanceof StreamQuery;
  } catch {
    return false;
  }
};

const refuseStream = (query: object): Promise<never> =>
  Promise.reject(new StreamQueryAskedException(messageName(query)));
