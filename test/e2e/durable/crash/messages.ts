import { Durable, Message } from 'nestjs-cqrs';

/** `retried` fails twice before it goes well; `poison` cannot end well. */
export type Fate = 'well' | 'retried' | 'poison';

/** Its handler stores one `Ship`, and publishes one `Placed`. */
@Durable()
@Message({ name: 'crash.place' })
export class Place {
  constructor(
    readonly n: number,
    readonly fate: Fate,
  ) {}
}

@Durable()
@Message({ name: 'crash.ship' })
export class Ship {
  constructor(readonly n: number) {}
}

/** Two durable handlers have it. */
@Message({ name: 'crash.placed' })
export class Placed {
  constructor(readonly n: number) {}
}
