import { Inject, Injectable, Optional, type Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { type DispatchOptions, MessageContext } from '../context/message-context.js';
import { QueryHandlerNotFoundException } from '../errors/handler-not-found.exception.js';
import type { AsyncContext } from '../handlers/async-context.js';
import type { IQueryHandler } from '../handlers/handler.js';
import type { IQuery, IQueryResult, MessageInstance, Query, QueryResult, StreamQuery } from '../messages/message.js';
import {
  CQRS_MODULE_OPTIONS,
  toDispatchOptions,
  type BusModuleOptions,
  type StandaloneBusOptions,
} from './bus-options.js';
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
export class QueryBus<QueryBase extends IQuery = IQuery>
  extends RequestBus<QueryBase & object>
  implements IQueryBus<QueryBase>
{
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
   * @param options context, signal, headers …
   * @returns the answer, typed by `Query<Result>`
   * @throws (rejects with) what handler and middleware throw, QueryHandlerNotFoundException, InvalidMessageException
   */
  ask<T extends QueryBase & MessageInstance>(
    query: T,
    options?: AsyncContext | DispatchOptions,
  ): Promise<QueryResult<T>> {
    return this.dispatcher.execute(query, toDispatchOptions(options)) as Promise<QueryResult<T>>;
  }

  /** The same as `ask`, under the name of @nestjs/cqrs. */
  execute<TResult>(query: Query<TResult>, options?: AsyncContext | DispatchOptions): Promise<TResult>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in IQueryBus
  execute<T extends QueryBase & MessageInstance, TResult = any>(
    query: T,
    options?: AsyncContext | DispatchOptions,
  ): Promise<TResult>;
  execute(query: object, options?: AsyncContext | DispatchOptions): Promise<unknown> {
    return this.dispatcher.execute(query, toDispatchOptions(options));
  }

  /**
   * Asks for a sequence of rows. The handler runs when the first row is asked for, and returns an
   * (async) iterable or an Observable; its source is ended when the consumer breaks or the signal is aborted.
   * @param query an instance of a `StreamQuery<Row>` class
   * @param options context, signal, headers …; an aborted signal makes the iteration throw its reason
   * @returns rows, to be read once with `for await`
   */
  stream<TRow>(query: StreamQuery<TRow>, options?: AsyncContext | DispatchOptions): AsyncIterableIterator<TRow> {
    const said = toDispatchOptions(options);
    const context = said?.context ?? MessageContext.find();
    return readRows<TRow>(
      query,
      signal => this.dispatcher.execute(query, { ...said, context, signal }),
      said?.signal ?? context?.signal,
    );
  }

  protected missing(name: string, hint: string | undefined): QueryHandlerNotFoundException {
    return new QueryHandlerNotFoundException(name, hint);
  }
}
