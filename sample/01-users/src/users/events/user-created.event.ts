import { Event } from 'nestjs-cqrs';

export class UserCreated extends Event {
  constructor(
    readonly userId: string,
    readonly email: string,
  ) {
    super();
  }
}
