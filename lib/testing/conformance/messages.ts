import { Command, Event, Message, Query, StreamQuery } from '../../index.js';

/** A value inside of messages, results and errors. */
@Message({ name: 'conformance.money' })
export class Money {
  constructor(
    readonly amount: bigint,
    readonly since: Date,
  ) {}
}

/** An error that both processes know. */
@Message({ name: 'conformance.declined' })
export class Declined extends Error {
  constructor(
    readonly since: Date,
    readonly price: Money,
  ) {
    super('The card is declined');
  }

  get polite(): string {
    return `Sorry: ${this.message}`;
  }
}

/** The one that handlers fail with. */
export const declined = (): Declined => new Declined(new Date(7), new Money(9n, new Date(8)));

export interface Echoed {
  readonly value: unknown;
  /** Class of the value where it was handled. */
  readonly type: string;
}

@Message({ name: 'conformance.echo' })
export class Echo extends Query<Echoed> {
  constructor(readonly value: unknown) {
    super();
  }
}

/** Notes that it was handled; the result names the process. */
@Message({ name: 'conformance.ping' })
export class Ping extends Query<string> {
  constructor(readonly key: string) {
    super();
  }
}

/** As `Ping`. */
@Message({ name: 'conformance.once' })
export class Once extends Command<string> {
  constructor(readonly key: string) {
    super();
  }
}

/** What a handler sees of its context. */
export interface Seen {
  readonly messageId: string;
  readonly correlationId: string;
  readonly causationId: string | undefined;
  readonly headers: readonly string[];
  readonly tenant: string | undefined;
  readonly remaining: number;
}

@Message({ name: 'conformance.observe' })
export class Observe extends Query<Seen> {}

export type HowItFails = 'listed' | 'unknown' | 'http';

@Message({ name: 'conformance.fail' })
export class Fail extends Query<never> {
  constructor(readonly how: HowItFails) {
    super();
  }
}

/** Its handler waits until it is released or cancelled. The result begins with the key. */
@Message({ name: 'conformance.wait' })
export class Wait extends Query<string> {
  /** @param length of the result */
  constructor(
    readonly key: string,
    readonly length: number = 0,
  ) {
    super();
  }
}

/** As `Wait` where it holds; its route has a short limit. */
@Message({ name: 'conformance.brief.ask' })
export class Brief extends Query<string> {
  constructor(
    readonly key: string,
    readonly holds: boolean = false,
  ) {
    super();
  }
}

/** Counts up from 0. */
@Message({ name: 'conformance.count' })
export class Count extends StreamQuery<CountedRow> {
  constructor(
    readonly key: string,
    readonly rows: number,
    readonly failsAfter: number = Infinity,
  ) {
    super();
  }
}

export interface CountedRow {
  readonly index: number;
  readonly price: Money;
}

export const countedRow = (index: number): CountedRow => ({
  index,
  price: new Money(BigInt(index), new Date(index)),
});

/** Rows whose route has a short limit. */
@Message({ name: 'conformance.brief.count' })
export class BriefCount extends Count {}

/** How many rows of a `Count` its source has produced. */
@Message({ name: 'conformance.produced' })
export class Produced extends Query<number> {
  constructor(readonly key: string) {
    super();
  }
}

/** Its handler waits until it is released. */
@Message({ name: 'conformance.happened' })
export class Happened extends Event {
  constructor(readonly key: string) {
    super();
  }
}

/** Routed, and not exposed. */
@Message({ name: 'conformance.hidden' })
export class Hidden extends Query<void> {}

export const VALUES = [Money, Declined];
