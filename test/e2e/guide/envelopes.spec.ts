import { Envelope, fromCloudEvent, Message, MessageCatalog, toCloudEvent } from 'nestjs-cqrs';
import { classTransformer } from 'nestjs-cqrs/class-transformer';

// #region simple
class CreateUser {
  constructor(
    readonly userId: string,
    readonly since: Date,
  ) {}
}

const envelope = new Envelope(new CreateUser('u1', new Date(0)), { name: 'users.create' });
const text = JSON.stringify(envelope); // calls envelope.toJSON()

const { payload } = Envelope.fromJSON(text, CreateUser);
// #endregion

// #region nested
class Money {
  constructor(
    readonly amount: bigint,
    readonly currency: string,
  ) {}
}

@Message({ name: 'shop.pay', version: 1, aliases: ['shop.payment'], nested: [Money] })
class Pay {
  constructor(readonly price: Money) {}
}
// #endregion

// #region own
class Temperature {
  readonly #kelvin: number;
  constructor(kelvin: number) {
    this.#kelvin = kelvin;
  }
  get kelvin() {
    return this.#kelvin;
  }
  toJSON() {
    return { kelvin: this.#kelvin };
  }
  static fromJSON({ kelvin }: { kelvin: number }) {
    return new Temperature(kelvin);
  }
}
// #endregion

describe('docs/envelopes.md', () => {
  it('two functions are all one has to know', () => {
    expect(payload).toBeInstanceOf(CreateUser);
    expect(payload.since).toEqual(new Date(0));
    expect(JSON.parse(text)).toEqual({
      meta: { name: 'users.create', version: 1, headers: {} },
      payload: { userId: 'u1', since: { $type: 'Date', value: '1970-01-01T00:00:00.000Z' } },
    });
  });

  it('a catalog reads whatever it knows, nested instances too', () => {
    // #region catalog
    const catalog = new MessageCatalog([CreateUser, Pay]);
    const json = catalog.envelope(new Pay(new Money(5n, 'EUR')), { headers: { tenant: 'acme' } }).toJSON();
    const received = catalog.fromJSON(json); // an Envelope of whatever message it holds
    // #endregion
    expect(received.payload).toStrictEqual(new Pay(new Money(5n, 'EUR')));
  });

  it('a class may convert itself', () => {
    expect(Envelope.fromJSON(JSON.stringify(new Envelope(new Temperature(3))), Temperature).payload.kelvin).toBe(3);
  });

  it('limits and engines are options', () => {
    // #region options
    const options = { limits: { depth: 20, size: 100_000 }, engines: [classTransformer()] };
    const small = new MessageCatalog([Pay], options);
    // #endregion
    expect(() => small.fromJSON({ meta: { name: 'shop.pay' }, payload: { price: 'x'.repeat(100_001) } })).toThrow(
      /may hold 100000 values and characters/,
    );
  });

  it('is a CloudEvent for others', () => {
    const catalog = new MessageCatalog([Pay]);
    const pay = catalog.envelope(new Pay(new Money(5n, 'EUR')));
    // #region cloud-event
    const event = toCloudEvent(pay, { source: '/shop', subject: 'order-7' });
    const back = fromCloudEvent(event, catalog);
    // #endregion
    expect(event).toMatchObject({ specversion: '1.0', type: 'shop.pay', source: '/shop', subject: 'order-7' });
    expect(back.payload).toStrictEqual(pay.payload);
  });
});
