import { Inject, Injectable, Optional, type Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { DispatchOptions } from '../context/message-context.js';
import { CommandHandlerNotFoundException } from '../errors/handler-not-found.exception.js';
import type { AsyncContext } from '../scopes/async-context.js';
import type { ICommandHandler } from '../handlers/handler.js';
import type { Command, ICommand, MessageInstance } from '../messages/message.js';
import { CQRS_MODULE_OPTIONS, type BusModuleOptions, type StandaloneBusOptions } from './bus-options.js';
import type { BareOptions } from '../dispatch/dispatch-options.js';
import { ConstructorTypes } from './constructor-types.decorator.js';
import { RequestBus, standaloneOptions } from './request-bus.js';

/** The class of a command handler. */
export type CommandHandlerType<T extends ICommand = ICommand> = Type<ICommandHandler<T>>;

/** The command bus, as in @nestjs/cqrs. */
export interface ICommandBus<CommandBase extends ICommand = ICommand> {
  execute<R = void>(command: Command<R>, context?: AsyncContext): Promise<R>;
  execute<T extends CommandBase, R = any>(command: T, context?: AsyncContext): Promise<R>; // eslint-disable-line @typescript-eslint/no-explicit-any -- as in @nestjs/cqrs
}

/** Sends commands, each to its one handler. Errors reach the caller unchanged, as rejections. */
@Injectable()
@ConstructorTypes(ModuleRef, Object)
export class CommandBus<CommandBase extends ICommand = ICommand>
  extends RequestBus<CommandBase>
  implements ICommandBus<CommandBase>
{
  /** @param standalone options without Nest; in Nest its `ModuleRef` */
  constructor(
    @Optional() standalone?: StandaloneBusOptions | ModuleRef,
    @Optional() @Inject(CQRS_MODULE_OPTIONS) options?: BusModuleOptions,
  ) {
    super('command', standaloneOptions(standalone), options?.commandPublisher);
  }

  /**
   * Sends a command without returning its result.
   * @param options context, signal, headers …; a bare `MessageContext` or `ContextOrigin` means `{ context }`
   * @throws (rejects) CommandHandlerNotFoundException, InvalidMessageException, CqrsException (CQRS_INVALID_OPTIONS)
   */
  dispatch<T extends CommandBase & MessageInstance>(
    command: T,
    options?: BareOptions | DispatchOptions,
  ): Promise<void> {
    return this.dispatcher.dispatch(command, options);
  }

  /**
   * Like `dispatch`, but returns the result, typed by `Command<Result>`.
   * @param options may be the `AsyncContext` of @nestjs/cqrs
   */
  execute<R = void>(command: Command<R>, options?: BareOptions | DispatchOptions): Promise<R>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in @nestjs/cqrs
  execute<T extends CommandBase & MessageInstance, R = any>(
    command: T,
    options?: BareOptions | DispatchOptions,
  ): Promise<R>;
  execute(command: object, options?: BareOptions | DispatchOptions): Promise<unknown> {
    return this.dispatcher.execute(command, options);
  }

  protected missing(name: string, hint: string | undefined): CommandHandlerNotFoundException {
    return new CommandHandlerNotFoundException(name, hint);
  }
}
