import { Injectable, Module } from '@nestjs/common';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  type ICommandHandler,
  Query,
  QueryBus,
  QueryHandler,
} from 'nestjs-cqrs';

export class CreateUser extends Command {
  constructor(
    readonly userId: string,
    readonly email: string,
  ) {
    super();
  }
}

export class GetUserEmail extends Query<string | null> {
  constructor(readonly userId: string) {
    super();
  }
}

@Injectable()
export class Users {
  private readonly emails = new Map<string, string>();

  add(userId: string, email: string): void {
    this.emails.set(userId, email);
  }

  @QueryHandler(GetUserEmail)
  emailOf(query: GetUserEmail): string | null {
    return this.emails.get(query.userId) ?? null;
  }
}

@CommandHandler(CreateUser)
export class CreateUserHandler implements ICommandHandler<CreateUser> {
  constructor(private readonly users: Users) {}

  async execute(command: CreateUser): Promise<void> {
    this.users.add(command.userId, command.email);
  }
}

@Injectable()
export class SignUp {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  async run(userId: string, email: string): Promise<string | null> {
    await this.commands.dispatch(new CreateUser(userId, email));
    return this.queries.ask(new GetUserEmail(userId));
  }
}

@Module({ imports: [CqrsModule.forRoot()], providers: [Users, CreateUserHandler, SignUp] })
export class AppModule {}
