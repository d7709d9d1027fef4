import { CommandHandler, EventsHandler, type EventBus } from 'nestjs-cqrs';

class Opened {
  private constructor(readonly id: string) {}
  static of(id: string) {
    return new Opened(id);
  }
}
class Closed {
  constructor(readonly reason: number) {}
}

// @ts-expect-error another message
@CommandHandler(Opened)
export class OpenHandler {
  async execute(command: Closed) {
    return command.reason;
  }
}

// @ts-expect-error only one of both
@EventsHandler(Opened, Closed)
export class AccountHandler {
  handle(event: Closed) {
    return event;
  }
}

// @ts-expect-error the class, not an instance
export const publish = (bus: EventBus) => bus.publish(Opened);
