import { CommandHandler, EventBus, type ICommandHandler, type MessageContext } from 'nestjs-cqrs';
import { UserCreated } from '../events/user-created.event.js';
import { UserStore } from '../user.store.js';
import { CreateUser } from './create-user.command.js';

@CommandHandler(CreateUser)
export class CreateUserHandler implements ICommandHandler<CreateUser> {
  constructor(
    private readonly users: UserStore,
    private readonly events: EventBus,
  ) {}

  async execute({ userId, email }: CreateUser, context: MessageContext): Promise<void> {
    await this.users.add({ id: userId, email });
    await this.events.publish(new UserCreated(userId, email), { context });
  }
}
