/** Key of the result type; in types alone. */
export const RESULT_TYPE_SYMBOL: unique symbol = Symbol('RESULT_TYPE');
declare const ROW_TYPE: unique symbol;

/** Any command, as in @nestjs/cqrs any object; may extend {@link Command}. */
export interface ICommand {}
/** Any query; may extend {@link Query}. */
export interface IQuery {}
/** Any event; may extend {@link Event}. */
export interface IEvent {}
/** Any result of a query. */
export interface IQueryResult {}

/**
 * A message that changes state. Instances have no fields.
 * @typeParam TResult result of `execute()`; `void` if the command only acts
 */
export class Command<TResult = void> implements ICommand {
  declare readonly [RESULT_TYPE_SYMBOL]: TResult;
}

/** A message that reads state and changes none. */
export class Query<TResult> implements IQuery {
  declare readonly [RESULT_TYPE_SYMBOL]: TResult;
}

/** A query answered with rows, read with `queries.stream()`. */
export class StreamQuery<TRow> implements IQuery {
  declare readonly [ROW_TYPE]: TRow;
}

/** Any query except a stream query. */
export interface Askable {
  readonly [ROW_TYPE]?: never;
}

/** A message that says what happened. */
export class Event implements IEvent {}

/** A class with private constructor; static functions make its instances. */
export interface SealedType<T = object> extends Function {
  readonly prototype: T;
}

/** The class of a message. */
export type MessageType<T = object> = (abstract new (...args: never[]) => T) | SealedType<T>;

/** An instance of one of several message classes. */
export type InstanceOf<T extends MessageType> = T extends abstract new (...args: never[]) => infer R
  ? Extract<R, object>
  : T extends SealedType<infer R>
    ? R
    : never;

/** The message that a method declares; anything if it declares none. */
export type DeclaredMessage<T> = T extends (message: infer M, ...rest: never[]) => unknown ? M : unknown;

/**
 * The message parameter of a handler: its declared `M` if every class makes such instances; else `InstanceOf<C>`, which
 * does not fit. Generic classes make instances of every type argument: `Save<User>` may handle `Save<T>`.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- so that a generic class makes instances of every type argument
export type Served<C extends MessageType, M> = [C extends abstract new (...args: any) => M ? never : C] extends [never]
  ? M
  : InstanceOf<C>;

export const MESSAGE_KINDS = ['command', 'query', 'event'] as const;

/** As contexts, options and texts name it. */
export type MessageKind = (typeof MESSAGE_KINDS)[number];

/** The result of `execute()`. */
export type CommandResult<T> = T extends Command<infer R> ? R : unknown;
/** The answer of `ask()`. */
export type QueryResult<T> = T extends Query<infer R> ? R : unknown;
/** One row of a stream query. */
export type StreamRow<T> = T extends StreamQuery<infer R> ? R : unknown;

/** Anything but functions and classes, which have `Symbol.hasInstance`. */
export interface NotAClass {
  readonly [Symbol.hasInstance]?: never;
}

/**
 * Any instance; primitives and classes do not compile. A bound, not a condition: generic code can pass messages on.
 */
export type MessageInstance = object & NotAClass;
