import { AppModule, CreateUser, SignUp } from './users.js';
import { Command, CommandBus, type CqrsModuleOptions, QueryBus } from 'nestjs-cqrs';
import { COMMAND_HANDLER_METADATA } from 'nestjs-cqrs/decorators/constants';
import { COMMAND_HANDLER_METADATA as COMPAT } from 'nestjs-cqrs/dist/decorators/constants';

export const keys: string[] = [COMMAND_HANDLER_METADATA, COMPAT];
export const options: CqrsModuleOptions = {};
export const commands: CommandBus = new CommandBus();
export const queries: QueryBus = new QueryBus();
export const base: Command = new CreateUser('u1', 'u1@example.com');
export const result: Promise<void> = commands.dispatch(base);
export { AppModule, SignUp };

// Types that resolve to `any` would accept everything: these lines show that they do not.
// @ts-expect-error: a bus dispatches messages, not strings
export const refused: Promise<void> = commands.dispatch('CreateUser');
// @ts-expect-error: the result of dispatch is nothing
export const nothing: Promise<string> = commands.dispatch(base);
