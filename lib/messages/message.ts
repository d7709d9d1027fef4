/** Key of the result type a command or query class carries; exists in types alone. */
export const RESULT_TYPE_SYMBOL: unique symbol = Symbol('RESULT_TYPE');
declare const ROW_TYPE: unique symbol;

/** Any command. Commands may extend {@link Command} but need not. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- of @nestjs/cqrs, where any object is a command
export interface ICommand {}
/** Any query. Queries may extend {@link Query} but need not. */
export interface IQuery {}
/** Any event. Events may extend {@link Event} but need not. */
export interface IEvent {}
/** Any result of a query. */
export interface IQueryResult {}

/**
 * A message that changes state. The type parameter is what `execute()` returns; it exists in types
 * alone, so an instance has no fields and costs nothing.
 * @typeParam TResult result of the handler; `void` if the command only acts
 */
export class Command<TResult = void> implements ICommand {
  declare readonly [RESULT_TYPE_SYMBOL]: TResult;
}

/**
 * A message that reads state and changes none.
 * @typeParam TResult what the handler answers
 */
export class Query<TResult> implements IQuery {
  declare readonly [RESULT_TYPE_SYMBOL]: TResult;
}

/**
 * A query whose answer is a sequence of rows, read with `queries.stream()`.
 * @typeParam TRow one element of the answer
 */
export class StreamQuery<TRow> implements IQuery {
  declare readonly [ROW_TYPE]: TRow;
}

/** Any query but a stream query, which is read with `stream()`. */
export interface Askable {
  readonly [ROW_TYPE]?: never;
}

/** A message that says what happened. */
export class Event implements IEvent {}

/** A class whose constructor is private, as those made by static functions are. */
export interface SealedType<T = object> extends Function {
  readonly prototype: T;
}

/** The class of a message: what handlers are registered for and middleware are chosen by. */
export type MessageType<T = object> = (abstract new (...args: never[]) => T) | SealedType<T>;

/** An instance of one of several message classes. */
export type InstanceOf<T extends MessageType> = T extends abstract new (...args: never[]) => infer R
  ? Extract<R, object>
  : T extends SealedType<infer R>
    ? R
    : never;

/**
 * What a handler of a message class is given: what it declares as `M`, if every one of the classes makes such instances;
 * else instances of the classes, which then do not fit. A generic class makes instances of every type argument, so that
 * `Save<T>` may be handled as `Save<User>`.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- with parameters of any type a generic class makes instances of every type argument
export type Served<C extends MessageType, M> = [C extends abstract new (...args: any) => M ? never : C] extends [never]
  ? M
  : InstanceOf<C>;

/** The three kinds of messages, as they are named in contexts, options and texts. */
export type MessageKind = 'command' | 'query' | 'event';

/** What `execute()` of a command returns. */
export type CommandResult<T> = T extends Command<infer R> ? R : unknown;
/** What `ask()` of a query returns. */
export type QueryResult<T> = T extends Query<infer R> ? R : unknown;
/** One row of a stream query. */
export type StreamRow<T> = T extends StreamQuery<infer R> ? R : unknown;

/** Anything but a function or a class: these have `Symbol.hasInstance`. */
export interface NotAClass {
  readonly [Symbol.hasInstance]?: never;
}

/**
 * Any instance; primitives and classes do not compile. A bound of a type parameter rather than a condition on it, so that
 * generic code can pass its messages on.
 */
export type MessageInstance = object & NotAClass;
