import { Inject, Injectable, Optional, type Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { type DispatchOptions, MessageContext } from '../context/message-context.js';
import { StreamQueryAskedException } from '../errors/stream-query-asked.exception.js';
import { QueryHandlerNotFoundException } from '../errors/handler-not-found.exception.js';
import type { AsyncContext } from '../scopes/async-context.js';
import type { IQueryHandler } from '../handlers/handler.js';
import { messageName } from '../messages/inspect-message.js';
import { StreamQuery } from '../messages/message.js';
import type { Askable, IQuery, IQueryResult, MessageInstance, Query, QueryResult } from '../messages/message.js';
import { CQRS_MODULE_OPTIONS, type BusModuleOptions, type StandaloneBusOptions } from './bus-options.js';
import { toDispatchOptions, type BareOptions } from '../dispatch/dispatch-options.js';
import { ConstructorTypes } from './constructor-types.decorator.js';
import { RequestBus, standaloneOptions } from './request-bus.js';
import { readRows } from './row-stream.js';

/** The class of a query handler. */
export type QueryHandlerType<
  QueryBase extends IQuery = IQuery,
  QueryResultBase extends IQueryResult = IQueryResult,
> = Type<IQueryHandler<QueryBase, QueryResultBase>>;

/** What a query bus can do; @nestjs/cqrs names it. */
export interface IQueryBus<QueryBase extends IQuery = IQuery> {
  execute<TResult>(query: Query<TResult>, asyncContext?: AsyncContext): Promise<TResult>;
  execute<T extends QueryBase, TResult = any>(query: T, asyncContext?: AsyncContext): Promise<TResult>; // eslint-disable-line @typescript-eslint/no-explicit-any -- the signature of @nestjs/cqrs for queries that do not tell their result
}

/**
 * Sends queries, each to its one handler. Errors reach the caller unchanged, always as rejections.
 * @typeParam QueryBase what all queries of the application extend
 */
@Injectable()
@ConstructorTypes(ModuleRef, Object)
export class QueryBus<QueryBase extends IQuery = IQuery> extends RequestBus<QueryBase> implements IQueryBus<QueryBase> {
  /**
   * @param standalone middleware and registry of a bus without Nest; in Nest, its `ModuleRef`
   * @param options the module options, for their `queryPublisher`
   */
  constructor(
    @Optional() standalone?: StandaloneBusOptions | ModuleRef,
    @Optional() @Inject(CQRS_MODULE_OPTIONS) options?: BusModuleOptions,
  ) {
    super('query', standaloneOptions(standalone), options?.queryPublisher);
  }

  /**
   * Asks a query.
   * @param query an instance of a query class
   * @param options context, signal, headers …; a bare `MessageContext` or `ContextOrigin` means `{ context }`
   * @returns the answer, typed by `Query<Result>`
   * @throws (rejects with) what handler and middleware throw, QueryHandlerNotFoundException, InvalidMessageException,
   *   StreamQueryAskedException, CqrsException (code CQRS_INVALID_OPTIONS) for an option that there is not
   */
  ask<T extends QueryBase & MessageInstance & Askable>(
    query: T,
    options?: BareOptions | DispatchOptions,
  ): Promise<QueryResult<T>> {
    if (isStreamQuery(query)) return refuseStream(query);
    return this.dispatcher.execute(query, options) as Promise<QueryResult<T>>;
  }

  /** The same as `ask`, under the name of @nestjs/cqrs. */
  execute<TResult>(query: Query<TResult>, options?: BareOptions | DispatchOptions): Promise<TResult>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in IQueryBus
  execute<T extends QueryBase & MessageInstance & Askable, TResult = any>(
    query: T,
    options?: BareOptions | DispatchOptions,
  ): Promise<TResult>;
  execute(query: object, options?: BareOptions | DispatchOptions): Promise<unknown> {
    return isStreamQuery(query) ? refuseStream(query) : this.dispatcher.execute(query, options);
  }

  /**
   * Asks for a sequence of rows. The handler runs when the first row is asked for, and returns an
   * (async) iterable or an Observable; its source is ended when the consumer breaks or the signal is aborted.
   * @param query an instance of a `StreamQuery<Row>` class
   * @param options context, signal, headers …; an aborted signal makes the iteration throw its reason
   * @returns rows, to be read once with `for await`
   */
  stream<TRow>(query: StreamQuery<TRow>, options?: BareOptions | DispatchOptions): AsyncIterableIterator<TRow> {
    try {
      const said = toDispatchOptions(options);
      const context = said?.context ?? MessageContext.find();
      const open = (signal: AbortSignal) => this.dispatcher.execute(query, { ...said, context, signal });
      return readRows<TRow>(query, open, said?.signal ?? context?.signal);
    } catch (error) {
      return readRows<TRow>(query, () => Promise.reject(error));
    }
  }

  protected missing(name: string, hint: string | undefined): QueryHandlerNotFoundException {
    return new QueryHandlerNotFoundException(name, hint);
  }
}

/** A proxy may refuse to be looked at; then the dispatcher refuses it. */
const isStreamQuery = (query: unknown): query is StreamQuery<unknown> => {
  try {
    return query instanceof StreamQuery;
  } catch {
    return false;
  }
};

const refuseStream = (query: object): Promise<never> =>
  Promise.reject(new StreamQueryAskedException(messageName(query)));
