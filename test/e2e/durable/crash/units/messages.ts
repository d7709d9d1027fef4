import { Durable, Message } from 'nestjs-cqrs';

/** Its handler writes a row, stores one `Ship`, and publishes one `Placed`. */
@Durable()
@Message({ name: 'units.place' })
export class Place {
  constructor(
    readonly n: number,
    /** Attempts that fail after all that. */
    readonly failures: number,
  ) {}
}

@Durable()
@Message({ name: 'units.ship' })
export class Ship {
  constructor(readonly n: number) {}
}

/** A durable handler has it. */
@Message({ name: 'units.placed' })
export class Placed {
  constructor(readonly n: number) {}
}
