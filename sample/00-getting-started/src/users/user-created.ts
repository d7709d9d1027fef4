import { Logger } from '@nestjs/common';
import { Event, EventsHandler, type IEventHandler } from 'nestjs-cqrs';

export class UserCreated extends Event {
  constructor(readonly email: string) {
    super();
  }
}

@EventsHandler(UserCreated)
export class WelcomeUserHandler implements IEventHandler<UserCreated> {
  private readonly logger = new Logger('Welcome');

  handle({ email }: UserCreated): void {
    this.logger.log(`Welcome, ${email}!`);
  }
}
