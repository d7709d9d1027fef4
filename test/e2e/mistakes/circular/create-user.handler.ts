import { CommandHandler } from '../../../../lib/index.js';
// oxlint-disable-next-line import/no-cycle -- the mistake
import { CreateUser } from './create-user.command.js';

@CommandHandler(CreateUser)
export class CreateUserHandler {
  execute(_command: CreateUser) {}
}
