import { Command, CommandBus, CqrsModule, type CqrsModuleOptions } from 'nestjs-cqrs';

class CreateUser extends Command {}

export const options: CqrsModuleOptions = {};
export const module = CqrsModule.forRoot(options);
export const commands: CommandBus = new CommandBus();
export const result: Promise<void> = commands.dispatch(new CreateUser());

// @ts-expect-error: a bus dispatches messages, not strings
export const refused: Promise<void> = commands.dispatch('CreateUser');
