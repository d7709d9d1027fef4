import { mark } from '../../messages/copies.js';
import { classOfMethod } from '../../messages/decorated-method.js';
import { lineage } from '../../messages/inspect-message.js';
import type { MessageType } from '../../messages/message.js';
import { metadataKey, readOwn, write } from '../../messages/metadata.js';
import { WeakList } from '../../messages/weak-list.js';
import { aFunction, count, group, text, type OptionRule, type RulesFor } from '../../options/option-rules.js';
import { RETRY, type RetryOptions } from './retry-policy.js';

/** How stored messages of one command class, or of one event handler, are delivered. */
export interface DurableOptions<T extends object = object> {
  /** Default: the module option `durable.retry`. */
  readonly retry?: RetryOptions | undefined;
  /**
   * Whether an error is worth another attempt; `false` makes a dead letter at once. Called where the message is
   * handled. Default: each error is, except those that cannot end well, as `UnrecoverableException`.
   */
  readonly retryIf?: ((error: unknown) => boolean) | undefined;
  /**
   * Messages with the same key are handled one after another, in the order in which they were stored, where the engine
   * can. Default: no order.
   */
  readonly key?: ((message: T) => string) | undefined;
  /** Messages that one process handles at a time. Default: the module option `durable.concurrency`. */
  readonly concurrency?: number | undefined;
}

export const DURABLE: RulesFor<DurableOptions> = {
  retry: group(RETRY),
  retryIf: aFunction,
  key: aFunction,
  concurrency: count(1, 10_000),
};

export const DURABLE_NAME: OptionRule = text;

/** What `@Durable` says. */
export interface DurableDeclaration {
  /** Undefined on a command. */
  readonly name: string | undefined;
  readonly options: DurableOptions;
}

/** Decorates an event handler: a class with `handle`, or a method. The key takes each event of the handler. */
export interface DurableHandlerDecorator<E extends object> {
  (handler: abstract new (...args: never[]) => { handle(event: E, ...rest: never[]): unknown }): void;
  <H extends (event: never, ...rest: never[]) => unknown>(
    target: object,
    method: string | symbol,
    descriptor: TypedPropertyDescriptor<H> &
      ([] extends Parameters<H> ? unknown : Parameters<H>[0] extends E ? unknown : never),
  ): void;
}

const ON_CLASS = metadataKey<DurableDeclaration>(Symbol('cqrs:durable'));

const ON_METHODS = metadataKey<ReadonlyMap<string | symbol, DurableDeclaration>>(Symbol('cqrs:durable-methods'));

const declared = new WeakList<object>();

/**
 * On a command class: `enqueue()` may store it, and subclasses. On an event handler: each event is stored for it, and
 * tried again if it fails, alone.
 * @param name of an event handler: its queue. Required there, since it must outlive the name of the class
 * @throws InvalidHandlerException on a static method
 */
export function Durable<C extends object = object>(options?: DurableOptions<C>): (command: MessageType<C>) => void;
export function Durable<E extends object = object>(
  name: string,
  options?: DurableOptions<E>,
): DurableHandlerDecorator<E>;
export function Durable(first: unknown = {}, second: DurableOptions = {}): (...target: never[]) => void {
  const declaration =
    typeof first === 'string'
      ? { name: first, options: second }
      : { name: undefined, options: first as DurableOptions };
  return (target: object, method?: string | symbol) => declare(declaration, target, method);
}

function declare(declaration: DurableDeclaration, target: object, method: string | symbol | undefined): void {
  if (method === undefined) {
    mark(target, '@Durable');
    write(ON_CLASS, declaration, target);
    declared.add(target);
    return;
  }
  const type = classOfMethod('@Durable', target, method);
  mark(type, '@Durable');
  write(ON_METHODS, new Map([...(readOwn(ON_METHODS, type) ?? []), [method, declaration]]), type);
}

/** The class, or its nearest ancestor, with `@Durable`. */
export function durableClass(type: MessageType): MessageType | undefined {
  return lineage(type).find(ancestor => readOwn(ON_CLASS, ancestor) !== undefined);
}

/** Of exactly this class. */
export const durabilityOf = (type: object): DurableDeclaration | undefined => readOwn(ON_CLASS, type);

/** Of a handler method, inherited too. */
export const durabilityOfMethod = (type: MessageType, method: string | symbol): DurableDeclaration | undefined =>
  lineage(type)
    .map(ancestor => readOwn(ON_METHODS, ancestor)?.get(method))
    .find(found => found !== undefined);

/** Methods of exactly this class. */
export const durableMethods = (type: object): readonly (string | symbol)[] => [
  ...(readOwn(ON_METHODS, type)?.keys() ?? []),
];

/** Classes of this process with `@Durable`. */
export const durableClasses = (): MessageType[] => declared.items() as MessageType[];
