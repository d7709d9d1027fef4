import type { MessageContext } from '../context/message-context.js';
import type { Command, ICommand, IEvent, IQuery, Query, RESULT_TYPE_SYMBOL, StreamQuery } from '../messages/message.js';
import type { Observable } from 'rxjs';

/** A handler as a function; declare a second parameter for the context. */
export type HandlerFunction<TMessage = object, TResult = unknown> = (
  message: TMessage,
  context: MessageContext,
) => TResult | PromiseLike<TResult>;

/* eslint-disable @typescript-eslint/no-explicit-any -- defaults of @nestjs/cqrs, whose users leave them out */

/**
 * Handles a command: `class CreateUserHandler implements ICommandHandler<CreateUser>`.
 * @typeParam TResult for a command that does not extend `Command<Result>`
 */
export interface ICommandHandler<
  TCommand extends ICommand = any,
  TResult = TCommand extends Command<infer R> ? R : any,
> extends HandlerWithExecute<TCommand, Promise<TResult | (TCommand extends Command<infer R> ? R : TResult)>> {}

/**
 * Answers a query: `class GetUserHandler implements IQueryHandler<GetUser>`.
 * @typeParam TResult for a query that extends neither `Query<Result>` nor `StreamQuery<Row>`
 */
export interface IQueryHandler<
  TQuery extends IQuery = any,
  TResult = TQuery extends Query<infer R> ? R : TQuery extends StreamQuery<infer R> ? RowSource<R> : any,
> extends HandlerWithExecute<
  TQuery,
  | Promise<
      TResult | (TQuery extends Query<infer R> ? R : TQuery extends StreamQuery<infer R> ? RowSource<R> : TResult)
    >
  | (TQuery extends StreamQuery<infer R> ? RowSource<R> : never)
> {}

/** A class that reacts to events. */
export interface IEventHandler<TEvent extends IEvent = any> {
  /** @returns anything; `publish` awaits a promise */
  handle(event: TEvent, context?: MessageContext): any;
}

/* eslint-enable @typescript-eslint/no-explicit-any */

/** The result told by the message class; rows for a stream query. */
export type HandlerResult<T> = T extends { readonly [RESULT_TYPE_SYMBOL]: infer R }
  ? R
  : T extends StreamQuery<infer R>
    ? RowSource<R>
    : unknown;

/** Result of a registered function: anything for `void`, as TypeScript has it. */
export type FunctionResult<T> = [HandlerResult<T>] extends [void] ? unknown : HandlerResult<T>;

/** What the handler of a stream query returns. */
export type RowSource<TRow> = AsyncIterable<TRow> | Iterable<TRow> | Observable<TRow>;

export interface HandlerWithExecute<TMessage, TAnswer> {
  /** @returns a promise; for a stream query also rows */
  execute(message: TMessage, context?: MessageContext): TAnswer;
}
