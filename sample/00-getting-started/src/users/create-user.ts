import { Command, CommandHandler, EventBus, type ICommandHandler } from 'nestjs-cqrs';
import { UserCreated } from './user-created.js';
import { UserStore } from './user.store.js';

export class CreateUser extends Command {
  constructor(
    readonly userId: string,
    readonly email: string,
  ) {
    super();
  }
}

@CommandHandler(CreateUser)
export class CreateUserHandler implements ICommandHandler<CreateUser> {
  constructor(
    private readonly users: UserStore,
    private readonly events: EventBus,
  ) {}

  async execute({ userId, email }: CreateUser): Promise<void> {
    this.users.add({ id: userId, email });
    await this.events.publish(new UserCreated(email));
  }
}
