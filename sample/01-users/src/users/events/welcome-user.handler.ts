import { Logger } from '@nestjs/common';
import { EventsHandler, type IEventHandler } from 'nestjs-cqrs';
import { UserCreated } from './user-created.event.js';

/** Greets a new user; a real application would send a mail here. */
@EventsHandler(UserCreated)
export class WelcomeUserHandler implements IEventHandler<UserCreated> {
  private readonly logger = new Logger('Welcome');

  handle({ userId, email }: UserCreated): void {
    this.logger.log(`Welcome, ${userId} <${email}>!`);
  }
}
