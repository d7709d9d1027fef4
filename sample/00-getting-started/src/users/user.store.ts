import { Injectable } from '@nestjs/common';

export interface User {
  readonly id: string;
  readonly email: string;
}

@Injectable()
export class UserStore {
  private readonly users = new Map<string, User>();

  add(user: User): void {
    this.users.set(user.id, user);
  }

  find(id: string): User | null {
    return this.users.get(id) ?? null;
  }
}
