import { Query, QueryHandler, type IQueryHandler } from 'nestjs-cqrs';
import { UserStore, type User } from './user.store.js';

export class GetUser extends Query<User | null> {
  constructor(readonly userId: string) {
    super();
  }
}

@QueryHandler(GetUser)
export class GetUserHandler implements IQueryHandler<GetUser> {
  constructor(private readonly users: UserStore) {}

  async execute({ userId }: GetUser): Promise<User | null> {
    return this.users.find(userId);
  }
}
