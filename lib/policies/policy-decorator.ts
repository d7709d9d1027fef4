import type { MessageType } from '../messages/message.js';

/** Decorates a message class, a handler class or a handler method. The key must take each message of it. */
export interface PolicyDecorator<M extends object> {
  (message: MessageType<M>): void;
  (
    handler: abstract new (
      ...args: never[]
    ) => { execute(message: M, ...rest: never[]): unknown } | { handle(message: M, ...rest: never[]): unknown },
  ): void;
  <H extends (message: never, ...rest: never[]) => unknown>(
    target: object,
    method: string | symbol,
    descriptor: TypedPropertyDescriptor<H> &
      ([] extends Parameters<H> ? unknown : Parameters<H>[0] extends M ? unknown : never),
  ): void;
}
