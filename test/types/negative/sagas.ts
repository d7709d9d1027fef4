import { Command, Saga } from 'nestjs-cqrs';

class Welcome extends Command {
  constructor(readonly userId: string) {
    super();
  }
}
class Created {
  constructor(readonly userId: string) {}
}
class Paid {
  constructor(readonly amount: number) {}
}

export class Sagas {
  // @ts-expect-error: without names of events it is given the stream of all
  @Saga()
  ofOneEvent(event: Created) {
    return new Welcome(event.userId);
  }

  // @ts-expect-error: a text is no command
  @Saga(Created)
  text() {
    return 'welcome';
  }

  // @ts-expect-error: another event
  @Saga(Paid)
  ofAnotherEvent(event: Created) {
    return new Welcome(event.userId);
  }
}
