import { QueryHandler, type IQueryHandler } from 'nestjs-cqrs';
import type { User } from '../user.js';
import { UserStore } from '../user.store.js';
import { GetUser } from './get-user.query.js';

@QueryHandler(GetUser)
export class GetUserHandler implements IQueryHandler<GetUser> {
  constructor(private readonly users: UserStore) {}

  execute({ userId }: GetUser): Promise<User | null> {
    return this.users.find(userId);
  }
}
