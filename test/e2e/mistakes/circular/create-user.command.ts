import { Command } from '../../../../lib/index.js';
// oxlint-disable-next-line import/no-cycle -- the mistake
import { CreateUserHandler } from './create-user.handler.js';

export class CreateUser extends Command {
  static readonly handler = CreateUserHandler;
}
