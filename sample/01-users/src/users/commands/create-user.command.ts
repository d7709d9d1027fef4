import { Command } from 'nestjs-cqrs';

export class CreateUser extends Command {
  constructor(
    readonly userId: string,
    readonly email: string,
  ) {
    super();
  }
}
