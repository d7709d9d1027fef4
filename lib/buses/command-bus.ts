import { Inject, Injectable, Optional, type Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { ContextOrigin } from '../context/context-origin.js';
import type { DispatchOptions, MessageContext } from '../context/message-context.js';
import { CommandHandlerNotFoundException } from '../errors/handler-not-found.exception.js';
import { NotWiredException } from '../errors/not-wired.exception.js';
import type { AsyncContext } from '../scopes/async-context.js';
import type { ICommandHandler } from '../handlers/handler.js';
import { messageName } from '../messages/inspect-message.js';
import type { Command, ICommand, MessageInstance } from '../messages/message.js';
import type { DurableCommands } from '../transport/durable/durable-commands.js';
import { notDurable } from '../transport/durable/durable-desk.js';
import type { EnqueueOptions } from '../transport/durable/enqueue-options.js';
import type { Receipt } from '../transport/durable/receipt.js';
import { CQRS_MODULE_OPTIONS, type BusModuleOptions, type StandaloneBusOptions } from './bus-options.js';
import type { BareOptions } from '../dispatch/dispatch-options.js';
import { ConstructorTypes } from './constructor-types.decorator.js';
import { RequestBus } from './request-bus.js';
import { standaloneOptions } from './standalone-options.js';

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
  /**
   * Set by the module.
   * @internal
   */
  durable: DurableCommands | undefined;

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

  /**
   * Stores a command, to be handled later, at least once, by this process or another. Its class has `@Durable()`.
   * @param options delay, at, key, retry, context …; a bare `MessageContext` or `ContextOrigin` means `{ context }`
   * @returns resolves when it is stored: never with a result
   * @throws (rejects) CqrsException (CQRS_NOT_DURABLE, CQRS_NOT_DURABLE_CLASS, CQRS_NOT_READABLE, CQRS_NOT_STORED,
   *   CQRS_ENGINE_UNAVAILABLE, CQRS_INVALID_KEY, CQRS_INVALID_OPTIONS), CommandHandlerNotFoundException
   */
  async enqueue<T extends CommandBase & MessageInstance>(
    command: T,
    options?: MessageContext | ContextOrigin | EnqueueOptions,
  ): Promise<Receipt> {
    return (await this.storing([command])).enqueue(command, options);
  }

  /**
   * Stores commands in one step: all, or none.
   * @param options for each of them; otherwise like `enqueue`
   * @returns in their order
   */
  async enqueueAll<T extends CommandBase & MessageInstance>(
    commands: readonly T[],
    options?: MessageContext | ContextOrigin | EnqueueOptions,
  ): Promise<Receipt[]> {
    return (await this.storing(commands)).enqueueAll(commands, options);
  }

  private async storing([command]: readonly object[]): Promise<DurableCommands> {
    const name = command === undefined ? 'A command' : `"${messageName(command)}"`;
    const { gate } = this.dispatcher;
    if (gate !== undefined) {
      const opening = gate();
      if (opening === undefined) throw new NotWiredException(name.replaceAll('"', ''));
      await opening;
    }
    if (this.durable === undefined) throw notDurable(`${name} cannot be stored`, 'enqueue()');
    return this.durable;
  }

  protected missing(name: string, hint: string | undefined): CommandHandlerNotFoundException {
    return new CommandHandlerNotFoundException(name, hint);
  }
}
