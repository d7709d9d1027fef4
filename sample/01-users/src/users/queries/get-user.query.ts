import { Query } from 'nestjs-cqrs';
import type { User } from '../user.js';

export class GetUser extends Query<User | null> {
  constructor(readonly userId: string) {
    super();
  }
}
