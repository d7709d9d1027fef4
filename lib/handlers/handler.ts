import type { MessageContext } from '../context/message-context.js';
import type { Command, ICommand, IEvent, IQuery, Query, RESULT_TYPE_SYMBOL, StreamQuery } from '../messages/message.js';
import type { Observable } from 'rxjs';

/** A handler as a function. It gets the context if it declares the second parameter. */
export type HandlerFunction<TMessage = object, TResult = unknown> = (
  message: TMessage,
  context: MessageContext,
) => TResult | PromiseLike<TResult>;

/* eslint-disable @typescript-eslint/no-explicit-any -- the defaults of @nestjs/cqrs, whose users leave the parameters out */

/**
 * A class that handles a command: `class CreateUserHandler implements ICommandHandler<CreateUser>`.
 * @typeParam TCommand class of the command
 * @typeParam TResult result where the command does not extend `Command<Result>`
 */
export interface ICommandHandler<
  TCommand extends ICommand = any,
  TResult = TCommand extends Command<infer R> ? R : any,
> extends HandlerWithExecute<TCommand, Promise<TResult | (TCommand extends Command<infer R> ? R : TResult)>> {}

/**
 * A class that answers a query: `class GetUserHandler implements IQueryHandler<GetUser>`.
 * @typeParam TQuery class of the query
 * @typeParam TResult answer where the query does not extend `Query<Result>` or `StreamQuery<Row>`
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
  /**
   * @param event what happened
   * @param context what is known of this delivery
   * @returns anything; a promise is awaited by `publish`
   */
  handle(event: TEvent, context?: MessageContext): any;
}

/* eslint-enable @typescript-eslint/no-explicit-any */

/** What the handler of a message returns: the result its class tells, for a stream query a source of rows. */
export type HandlerResult<T> = T extends { readonly [RESULT_TYPE_SYMBOL]: infer R }
  ? R
  : T extends StreamQuery<infer R>
    ? RowSource<R>
    : unknown;

/** What a registered function returns: the same, or anything where that is `void`, as TypeScript has it for functions. */
export type FunctionResult<T> = [HandlerResult<T>] extends [void] ? unknown : HandlerResult<T>;

/** What the handler of a stream query returns. */
export type RowSource<TRow> = AsyncIterable<TRow> | Iterable<TRow> | Observable<TRow>;

/** The shape of command and query handlers. */
export interface HandlerWithExecute<TMessage, TAnswer> {
  /**
   * @param message the command or query
   * @param context what is known of this dispatch
   * @returns a promise of the result; of a stream query also its rows
   */
  execute(message: TMessage, context?: MessageContext): TAnswer;
}
