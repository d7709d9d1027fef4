import { AggregateRoot, Command, Event, Query } from 'nestjs-cqrs';

/** All messages say for which request they are: what they find on their way is compared with it. */
export interface OfRequest {
  readonly tenant: string;
  readonly id: string;
}

export class Place extends Command<string> implements OfRequest {
  constructor(
    readonly tenant: string,
    readonly id: string,
    readonly number: number,
  ) {
    super();
  }
}

abstract class Step extends Command implements OfRequest {
  constructor(
    readonly tenant: string,
    readonly id: string,
  ) {
    super();
  }
}
export class Reserve extends Step {}
export class Store extends Step {}
export class Wait extends Step {}
export class Ship extends Step {}
export class Invoice extends Step {}
export class Mail extends Step {}

export class Price extends Query<number> implements OfRequest {
  constructor(
    readonly tenant: string,
    readonly id: string,
  ) {
    super();
  }
}

abstract class Happened extends Event implements OfRequest {
  constructor(
    readonly tenant: string,
    readonly id: string,
    readonly number: number,
  ) {
    super();
  }
}
export class Placed extends Happened {}
export class Noted extends Happened {}
export class Opened extends Happened {}

/** An aggregate that records one event. */
export class Order extends AggregateRoot {
  open({ tenant, id, number }: Place): this {
    this.apply(new Opened(tenant, id, number));
    return this;
  }
}
