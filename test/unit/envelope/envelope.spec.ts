import {
  Envelope,
  EnvelopeException,
  Message,
  MessageCatalog,
  MessageVersionException,
  UnknownMessageException,
  Upcast,
} from '../../../lib/index.js';
import { throughJSON } from '../../support/json.js';

class CreateUser {
  constructor(
    readonly userId: string,
    readonly email: string,
  ) {
    if (!userId) throw new Error('the constructor ran');
  }
  get domain(): string {
    return this.email.split('@')[1]!;
  }
}

const codeOf = (run: () => unknown): string | undefined => {
  try {
    run();
  } catch (error) {
    return (error as EnvelopeException).code;
  }
  return undefined;
};

describe('Envelope', () => {
  it('writes name, version, headers and payload', () => {
    const envelope = new Envelope(new CreateUser('u1', 'u1@example.com'), { name: 'users.create' });
    expect(throughJSON(envelope)).toEqual({
      meta: { name: 'users.create', version: 1, headers: {} },
      payload: { userId: 'u1', email: 'u1@example.com' },
    });
  });

  it('names a message after its class unless told otherwise', () => {
    expect(new Envelope(new CreateUser('u1', 'e')).meta).toEqual({ name: 'CreateUser', version: 1, headers: {} });
  });

  it('revives the payload as an instance of its class without running the constructor', () => {
    const { payload } = Envelope.fromJSON({ meta: {}, payload: { userId: '', email: 'u1@example.com' } }, CreateUser);
    expect(payload).toBeInstanceOf(CreateUser);
    expect(payload.domain).toBe('example.com');
  });

  it('keeps name, version and headers that were given for a class without @Message', () => {
    const given = { name: 'test', version: 7, headers: { a: 1 } };
    const json = throughJSON(new Envelope(new CreateUser('u1', 'e'), given));
    expect(Envelope.fromJSON(json, CreateUser).meta).toEqual(given);
    expect(throughJSON(Envelope.fromJSON(json, CreateUser))).toEqual(json);
  });

  it('fills missing meta from the class', () => {
    @Message({ name: 'users.rename', version: 3 })
    class RenameUser {
      constructor(readonly name: string) {}
    }
    const expected = { name: 'users.rename', version: 3, headers: {} };
    expect(Envelope.fromJSON({ payload: { name: 'a' } }, RenameUser).meta).toEqual(expected);
    expect(Envelope.fromJSON({ meta: { headers: {} }, payload: { name: 'a' } }, RenameUser).meta).toEqual(expected);
  });

  it('reads the text that JSON.stringify makes of it', () => {
    const text = JSON.stringify(new Envelope(new CreateUser('u1', 'e')));
    expect(Envelope.fromJSON(text, CreateUser).payload).toEqual(new CreateUser('u1', 'e'));
  });

  it('keeps headers it does not know, and identifiers and time', () => {
    const meta = {
      headers: { tenant: 'acme', at: new Date(5), unknown: { deep: [1n] } },
      id: 'm1',
      time: new Date(7),
      correlationId: 'c1',
      causationId: 'm0',
    };
    const read = Envelope.fromJSON(throughJSON(new Envelope(new CreateUser('u1', 'e'), meta)), CreateUser);
    expect(read.meta).toEqual({ name: 'CreateUser', version: 1, ...meta });
    expect(read.dispatchOptions).toEqual({
      messageId: 'm1',
      correlationId: 'c1',
      causationId: 'm0',
      headers: meta.headers,
      fromOutside: true,
    });
  });

  it('carries Date, Map, Set, bigint, bytes, undefined, odd numbers and arrays', () => {
    class Everything {
      constructor(readonly values: Record<string, unknown>) {}
    }
    const values = {
      date: new Date('2020-02-30T00:00:00Z'),
      map: new Map<unknown, unknown>([
        ['a', new Date(1)],
        [{ key: 1 }, new Set([1n])],
      ]),
      set: new Set([1, 'b', null, undefined]),
      big: -(2n ** 70n),
      bytes: new Uint8Array([0, 255, 7]),
      buffer: Buffer.from('hello'),
      missing: undefined,
      numbers: [NaN, Infinity, -Infinity, -0, 0, 1.5],
      nothing: null,
      list: [[], [[1]], {}],
      tagged: { $type: 'Date', value: 'mine' },
      'odd key ✓': true,
    };
    const { payload } = Envelope.fromJSON(throughJSON(new Envelope(new Everything(values))), Everything);
    expect(payload).toBeInstanceOf(Everything);
    expect(payload.values).toStrictEqual(values);
    expect(Object.is((payload.values['numbers'] as number[])[3], -0)).toBe(true);
    expect('missing' in payload.values).toBe(true);
    expect(Buffer.isBuffer(payload.values['buffer'])).toBe(true);
  });

  it('carries a Date that is invalid', () => {
    class At {
      constructor(readonly time: Date) {}
    }
    const { time } = Envelope.fromJSON(throughJSON(new Envelope(new At(new Date(NaN)))), At).payload;
    expect(time).toBeInstanceOf(Date);
    expect(time.getTime()).toBeNaN();
  });

  it('carries the bytes of a view, not those of the buffer around it', () => {
    class Chunk {
      constructor(readonly bytes: Uint8Array) {}
    }
    const view = new Uint8Array([1, 2, 3, 4]).subarray(1, 3);
    expect(Envelope.fromJSON(throughJSON(new Envelope(new Chunk(view))), Chunk).payload.bytes).toEqual(
      new Uint8Array([2, 3]),
    );
  });

  it('reads a frozen message and leaves it as it is', () => {
    const message = Object.freeze(new CreateUser('u1', 'e'));
    expect(throughJSON(new Envelope(message).toJSON())).toMatchObject({ payload: { userId: 'u1' } });
    expect(Object.keys(message)).toEqual(['userId', 'email']);
  });

  describe('nested instances', () => {
    class Money {
      constructor(
        readonly amount: bigint,
        readonly currency: string,
      ) {
        if (!currency) throw new Error('the constructor ran');
      }
      toText = undefined;
      plus(other: Money): Money {
        return new Money(this.amount + other.amount, this.currency);
      }
    }
    @Message({ name: 'shop.line', nested: [Money] })
    class Line {
      constructor(readonly price: Money) {}
    }
    @Message({ name: 'shop.order', nested: [Line] })
    class PlaceOrder {
      constructor(readonly lines: unknown) {}
    }

    it('are revived as instances, of nested classes too', () => {
      const order = new PlaceOrder([new Line(new Money(5n, 'EUR')), new Map([['x', new Money(1n, 'EUR')]])]);
      const { payload } = Envelope.fromJSON(throughJSON(new Envelope(order)), PlaceOrder);
      expect(payload).toStrictEqual(order);
      expect((payload.lines as [Line])[0].price.plus(new Money(1n, 'EUR')).amount).toBe(6n);
    });

    it('become plain objects where their class is not named', () => {
      class Anonymous {
        constructor(readonly n: number) {}
      }
      const json = throughJSON(new Envelope(new PlaceOrder(new Anonymous(1))));
      expect(Envelope.fromJSON(json, PlaceOrder).payload.lines).toStrictEqual({ n: 1 });
    });

    it('of a class that the reader did not name are refused, with the names it knows', () => {
      const json = { payload: { lines: { $type: 'class', name: 'Mony', version: 1, value: {} } } };
      expect(() => Envelope.fromJSON(json, PlaceOrder)).toThrow(UnknownMessageException);
      expect(() => Envelope.fromJSON(json, PlaceOrder)).toThrow(/near names: Money/);
      expect(() => Envelope.fromJSON(json, PlaceOrder)).toThrow(/payload\.lines/);
    });

    it.each(['Object', 'Function', 'process', 'globalThis', '__proto__', 'constructor', 'toString'])(
      'are never looked up among what the language has: %s',
      name => {
        const json = { payload: { lines: { $type: 'class', name, version: 1, value: {} } } };
        expect(() => Envelope.fromJSON(json, PlaceOrder)).toThrow(UnknownMessageException);
        expect(() => new MessageCatalog([PlaceOrder]).get(name)).toThrow(UnknownMessageException);
      },
    );

    it('are revived when a catalog knows their class', () => {
      @Message({ name: 'geo.point' })
      class Point {
        constructor(readonly x: number) {}
      }
      const catalog = new MessageCatalog([PlaceOrder, Point]);
      const json = throughJSON(catalog.envelope(new PlaceOrder(new Point(1))));
      expect((catalog.fromJSON(json).payload as PlaceOrder).lines).toBeInstanceOf(Point);
    });
  });

  describe('classes that convert themselves', () => {
    class Temperature {
      #kelvin: number;
      constructor(kelvin: number) {
        this.#kelvin = kelvin;
      }
      get kelvin() {
        return this.#kelvin;
      }
      toJSON() {
        return { k: this.#kelvin };
      }
      static fromJSON(json: { k: number }) {
        if (typeof json.k !== 'number') throw new TypeError('no temperature');
        return new Temperature(json.k);
      }
    }
    @Message({ name: 'measured', nested: [Temperature] })
    class Measured {
      constructor(readonly value: Temperature) {}
    }

    it('are written by toJSON() and read by static fromJSON()', () => {
      expect(Envelope.fromJSON(throughJSON(new Envelope(new Temperature(3))), Temperature).payload.kelvin).toBe(3);
      const nested = Envelope.fromJSON(throughJSON(new Envelope(new Measured(new Temperature(4)))), Measured).payload;
      expect(nested.value.kelvin).toBe(4);
    });

    it('that throw on what they are given make a typed error with the cause', () => {
      const read = () => Envelope.fromJSON({ payload: { k: 'x' } }, Temperature);
      expect(codeOf(read)).toBe('CQRS_ENVELOPE_MALFORMED');
      expect(read).toThrow(expect.objectContaining({ cause: new TypeError('no temperature') }));
    });

    it('must return an instance', () => {
      class Wrong {
        static fromJSON() {
          return {};
        }
      }
      expect(codeOf(() => Envelope.fromJSON({ payload: {} }, Wrong))).toBe('CQRS_ENVELOPE_MALFORMED');
    });
  });

  describe('a value that cannot leave the process', () => {
    class Holder {
      constructor(readonly value: unknown) {}
    }
    const circular: { self?: unknown } = {};
    circular.self = circular;

    it.each([
      ['a function', () => 1],
      ['a symbol', Symbol('s')],
      ['a promise', Promise.resolve()],
      ['an error', new Error('e')],
      ['a regular expression', /x/],
      ['a weak map', new WeakMap()],
      ['a list of floats', new Float32Array(1)],
      ['an object that contains itself', circular],
      ['a field that reaches into prototypes', JSON.parse('{"__proto__":1}')],
    ])('is refused by path: %s', (_name, value) => {
      const write = () => new Envelope(new Holder({ list: [value] })).toJSON();
      expect(codeOf(write)).toBe('CQRS_UNSERIALIZABLE');
      expect(write).toThrow(/payload\.value\.list\.0/);
    });

    it('does not mistake an object that occurs twice for one that contains itself', () => {
      const shared = { n: 1 };
      expect(throughJSON(new Envelope(new Holder([shared, shared])))).toMatchObject({
        payload: { value: [{ n: 1 }, { n: 1 }] },
      });
    });
  });

  describe('names', () => {
    @Message({ name: 'users.create', version: 2, aliases: ['user.create'] })
    class Named {
      constructor(readonly name: string) {}
      @Upcast(1)
      static fromV1({ fullName }: { fullName: string }) {
        return { name: fullName };
      }
    }

    it('an alias is read, and the envelope then says the present name', () => {
      const { meta } = Envelope.fromJSON({ meta: { name: 'user.create', version: 2 }, payload: { name: 'a' } }, Named);
      expect(meta).toMatchObject({ name: 'users.create', version: 2 });
    });

    it('another message is refused', () => {
      const read = () => Envelope.fromJSON({ meta: { name: 'users.delete' }, payload: {} }, Named);
      expect(read).toThrow(UnknownMessageException);
    });

    it.each([{ name: '' }, { name: 'x', version: 0 }, { name: 'x', version: 1.5 }, { name: 'x', aliases: [''] }])(
      'that are no names are refused where they are declared: %j',
      options => expect(codeOf(() => Message(options))).toBe('CQRS_INVALID_MESSAGE_NAME'),
    );

    it('a subclass is another message', () => {
      class Sub extends Named {}
      expect(new Envelope(new Sub('a')).meta).toMatchObject({ name: 'Sub', version: 1 });
    });
  });
});

describe('Further values', () => {
  @Message({ name: 'further' })
  class Further {
    constructor(readonly value: unknown) {}
  }
  const sent = (value: unknown) =>
    Envelope.fromJSON(throughJSON(new Envelope(new Further(value))), Further).payload.value;

  it('toJSON() of what a message holds is what travels', () => {
    expect(sent(new URL('https://example.com/'))).toBe('https://example.com/');
    expect(sent({ toJSON: () => [1n] })).toEqual([1n]);
  });

  it('an object without a prototype arrives as a plain one', () => {
    expect(sent(Object.assign(Object.create(null) as object, { a: 1 }))).toStrictEqual({ a: 1 });
  });

  it('an own toJSON() that never ends is too deep', () => {
    class Endless {
      toJSON(): Endless {
        return new Endless();
      }
    }
    expect(codeOf(() => sent(new Endless()))).toBe('CQRS_ENVELOPE_TOO_LARGE');
  });

  it('bigints have a limit of digits, writing too', () => {
    expect(sent(10n ** 4095n)).toBe(10n ** 4095n);
    expect(codeOf(() => sent(10n ** 4096n))).toBe('CQRS_ENVELOPE_TOO_LARGE');
  });

  it('classes that name each other as nested may hold each other', () => {
    const nested: (new (...args: never[]) => object)[] = [];
    @Message({ name: 'node', nested })
    class Node {
      constructor(readonly children: Node[]) {}
    }
    nested.push(Node);
    const tree = new Node([new Node([]), new Node([new Node([])])]);
    expect(Envelope.fromJSON(throughJSON(new Envelope(tree)), Node).payload).toStrictEqual(tree);
  });

  it('a payload that is not an instance travels unchanged', () => {
    expect(throughJSON(new Envelope([1n], { name: 'list' }))).toMatchObject({
      meta: { name: 'list' },
      payload: [{ $type: 'bigint' }],
    });
    expect(throughJSON(new Envelope(undefined))).toMatchObject({ meta: { name: 'undefined' } });
  });

  it('an error of this library that an upcaster or fromJSON throws stays what it is', () => {
    @Message({ name: 'wrapped', version: 2 })
    class Wrapped {
      @Upcast(1) static one(json: unknown) {
        return { inner: Envelope.fromJSON(json, Further).payload };
      }
      static fromJSON(json: unknown) {
        return Envelope.fromJSON(json, Further).payload;
      }
    }
    const other = { meta: { name: 'other' }, payload: {} };
    expect(codeOf(() => Envelope.fromJSON({ meta: { version: 1 }, payload: other }, Wrapped))).toBe(
      'CQRS_UNKNOWN_MESSAGE',
    );
    expect(codeOf(() => Envelope.fromJSON({ meta: { version: 2 }, payload: other }, Wrapped))).toBe(
      'CQRS_UNKNOWN_MESSAGE',
    );
  });
});

describe('Upcasting', () => {
  @Message({ name: 'person.named', version: 4 })
  class PersonNamed {
    constructor(
      readonly first: string,
      readonly last: string,
      readonly since: Date,
    ) {}
    @Upcast(1)
    static split({ name, ...rest }: { name: string }) {
      const [first, last] = name.split(' ');
      return { ...rest, first, last };
    }
    @Upcast(2)
    static date(payload: { since: string }) {
      return { ...payload, since: new Date(payload.since) };
    }
    @Upcast(3)
    static source(payload: object, meta: { headers: object }) {
      return { ...payload, ...meta.headers };
    }
  }

  it('passes a payload through every version between, with what arrived beside it', () => {
    const json = {
      meta: { name: 'person.named', version: 1, headers: { source: 'import' } },
      payload: { name: 'Ada Lovelace', since: '2020-01-01T00:00:00.000Z' },
    };
    const { payload, meta } = Envelope.fromJSON(json, PersonNamed);
    expect(payload).toBeInstanceOf(PersonNamed);
    expect(payload).toMatchObject({ first: 'Ada', last: 'Lovelace', since: new Date('2020-01-01'), source: 'import' });
    expect(meta.version).toBe(4);
  });

  it('begins at the version that arrived', () => {
    const json = { meta: { version: 3 }, payload: { first: 'A', last: 'L' } };
    expect(Envelope.fromJSON(json, PersonNamed).payload).toEqual({ first: 'A', last: 'L' });
  });

  it('refuses a version from the future', () => {
    const read = () => Envelope.fromJSON({ meta: { version: 5 }, payload: {} }, PersonNamed);
    expect(read).toThrow(MessageVersionException);
    expect(read).toThrow(expect.objectContaining({ code: 'CQRS_MESSAGE_FROM_THE_FUTURE', received: 5, current: 4 }));
  });

  it('refuses a version from which a step is missing, and says which', () => {
    @Message({ name: 'gap', version: 3 })
    class Gap {
      @Upcast(1)
      static one(payload: object) {
        return payload;
      }
    }
    const read = () => Envelope.fromJSON({ meta: { version: 1 }, payload: {} }, Gap);
    expect(read).toThrow(expect.objectContaining({ code: 'CQRS_UPCASTER_MISSING' }));
    expect(read).toThrow(/@Upcast\(2\)/);
  });

  it('refuses an older version of a class that has no @Upcast at all', () => {
    @Message({ name: 'never-upcast', version: 2 })
    class NeverUpcast {}
    const read = () => Envelope.fromJSON({ meta: { version: 1 }, payload: {} }, NeverUpcast);
    expect(read).toThrow(MessageVersionException);
    expect(codeOf(read)).toBe('CQRS_UPCASTER_MISSING');
  });

  it('makes a typed error of what an upcaster throws', () => {
    const read = () => Envelope.fromJSON({ meta: { version: 1 }, payload: {} }, PersonNamed);
    expect(codeOf(read)).toBe('CQRS_ENVELOPE_MALFORMED');
    expect(read).toThrow(expect.objectContaining({ cause: expect.any(TypeError) }));
  });

  it('makes a typed error of an upcaster that returns no fields', () => {
    @Message({ name: 'lost', version: 2 })
    class Lost {
      @Upcast(1)
      static nothing() {
        return Promise.resolve({});
      }
    }
    expect(codeOf(() => Envelope.fromJSON({ meta: { version: 1 }, payload: {} }, Lost))).toBe(
      'CQRS_ENVELOPE_MALFORMED',
    );
  });

  it('refuses two upcasters of one version, and one that is not static', () => {
    const method = (payload: object) => payload;
    class Twice {}
    Upcast(1)(Twice, 'a', { value: method });
    expect(codeOf(() => Upcast(1)(Twice, 'b', { value: method }))).toBe('CQRS_INVALID_UPCASTER');
    expect(codeOf(() => Upcast(1)(Twice.prototype, 'c', { value: method }))).toBe('CQRS_INVALID_UPCASTER');
  });

  it('brings nested instances to their version too', () => {
    @Message({ name: 'money', version: 2 })
    class Money {
      constructor(readonly cents: number) {}
      @Upcast(1)
      static fromEuros({ euros }: { euros: number }) {
        return { cents: euros * 100 };
      }
    }
    @Message({ name: 'paid', nested: [Money] })
    class Paid {
      constructor(readonly money: Money) {}
    }
    const json = { payload: { money: { $type: 'class', name: 'money', version: 1, value: { euros: 3 } } } };
    expect(Envelope.fromJSON(json, Paid).payload.money).toStrictEqual(
      Object.assign(Object.create(Money.prototype) as Money, { cents: 300 }),
    );
  });
});
