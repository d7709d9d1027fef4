import type { FunctionResult, HandlerFunction } from '../handlers/handler.js';
import type { MessageType } from '../messages/message.js';
import { CommandBus } from './command-bus.js';
import { QueryBus } from './query-bus.js';

/** For `command(Type)(fn)` in programs without modules. */
export const defaultCommandBus = new CommandBus();

/** For `query(Type)(fn)` in programs without modules. */
export const defaultQueryBus = new QueryBus();

/**
 * Registers a function as a command's handler.
 * @param bus default: `defaultCommandBus`
 * @returns takes the function and returns it
 * @throws HandlerAlreadyRegisteredException
 */
export const command =
  <T extends object>(type: MessageType<T>, bus: CommandBus = defaultCommandBus) =>
  <F extends HandlerFunction<T, FunctionResult<T>>>(handler: F): F => {
    bus.register(type, handler);
    return handler;
  };

/** Like {@link command}, for queries and `defaultQueryBus`. */
export const query =
  <T extends object>(type: MessageType<T>, bus: QueryBus = defaultQueryBus) =>
  <F extends HandlerFunction<T, FunctionResult<T>>>(handler: F): F => {
    bus.register(type, handler);
    return handler;
  };
