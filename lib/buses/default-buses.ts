import type { FunctionResult, HandlerFunction } from '../handlers/handler.js';
import type { MessageType } from '../messages/message.js';
import { CommandBus } from './command-bus.js';
import { QueryBus } from './query-bus.js';

/** The command bus of `command(Type)(fn)`, for programs without modules. Nest applications have their own. */
export const defaultCommandBus = new CommandBus();

/** The query bus of `query(Type)(fn)`, for programs without modules. Nest applications have their own. */
export const defaultQueryBus = new QueryBus();

/**
 * Registers a function as the handler of a command.
 * @param type class of the command
 * @param bus where it is registered; `defaultCommandBus` if left out
 * @returns takes the function and returns it unchanged
 * @throws HandlerAlreadyRegisteredException if the type has a handler on that bus
 */
export const command =
  <T extends object>(type: MessageType<T>, bus: CommandBus = defaultCommandBus) =>
  <F extends HandlerFunction<T, FunctionResult<T>>>(handler: F): F => {
    bus.register(type, handler);
    return handler;
  };

/**
 * Registers a function as the handler of a query.
 * @param type class of the query
 * @param bus where it is registered; `defaultQueryBus` if left out
 * @returns takes the function and returns it unchanged
 * @throws HandlerAlreadyRegisteredException if the type has a handler on that bus
 */
export const query =
  <T extends object>(type: MessageType<T>, bus: QueryBus = defaultQueryBus) =>
  <F extends HandlerFunction<T, FunctionResult<T>>>(handler: F): F => {
    bus.register(type, handler);
    return handler;
  };
