import { map } from 'rxjs';
import { CommandHandler, EventsHandler, ofType, type EventBus } from 'nestjs-cqrs';

class Opened {
  private constructor(readonly id: string) {}
  static of(id: string) {
    return new Opened(id);
  }
}
class Closed {
  constructor(readonly reason: number) {}
}

@EventsHandler(Opened)
export class OpenedHandler {
  handle(event: Opened) {
    return event.id;
  }
}

@EventsHandler(Opened, Closed)
export class AccountHandler {
  handle(event: Opened | Closed) {
    return event;
  }
}

@CommandHandler(Opened)
export class OpenHandler {
  async execute(command: Opened) {
    return command.id;
  }
}

export const listen = (bus: EventBus) => {
  bus.register(Opened, event => event.id);
  return bus.pipe(
    ofType(Opened),
    map(event => event.id),
  );
};
