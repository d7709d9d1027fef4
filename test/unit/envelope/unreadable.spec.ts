import { EventEmitter } from 'node:events';
import { createSecretKey } from 'node:crypto';
import { Readable } from 'node:stream';
import { runInNewContext } from 'node:vm';
import { jest } from '@jest/globals';
import { Envelope, EnvelopeException, Message, MessageCatalog } from '../../../lib/index.js';
import { throughJSON } from '../../support/json.js';

function refusal(run: () => unknown): EnvelopeException {
  try {
    run();
  } catch (error) {
    if (error instanceof EnvelopeException) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

class Held {
  constructor(readonly value: unknown) {}
}
const refused = (value: unknown) => refusal(() => new Envelope(new Held({ list: [value] })).toJSON());
const sent = (value: unknown) => Envelope.fromJSON(throughJSON(new Envelope(new Held(value))), Held).payload.value;

describe('A class that is named in nested and has a toJSON()', () => {
  const give: { json: unknown; engineHandles: boolean } = { json: undefined, engineHandles: false };
  class Amount {
    constructor(readonly text: string) {}
    toJSON(): unknown {
      return give.json;
    }
  }
  @Message({ name: 'shop.pay', nested: [Amount] })
  class Pay {
    constructor(readonly amount: Amount) {}
  }
  const write = (json: unknown) => {
    give.json = json;
    return new Envelope(new Pay(new Amount('1.10'))).toJSON();
  };

  it.each<[string, unknown]>([
    ['a text', '1.10'],
    ['a number', 1.1],
    ['a boolean', true],
    ['null', null],
    ['nothing', undefined],
    ['a list', ['1.10']],
    ['a Date', new Date(0)],
    ['an instance of a class', new Held('1.10')],
    ['fields of other names', { value: '1.10' }],
    ['fields of other types', { text: 1.1 }],
    ['less than its fields', {}],
    ['more than its fields', { text: '1.10', more: 1 }],
  ])('but no fromJSON() is refused when written if it gives %s', (_, json) => {
    const { code, message, where, remedy } = refusal(() => write(json));
    expect(code).toBe('CQRS_UNSERIALIZABLE');
    expect(message).toMatch(
      /^An instance of Amount cannot leave the process: its class has a toJSON\(\) but no static/,
    );
    expect(where).toBe('payload.amount of Pay');
    expect(remedy).toBe('Add static fromJSON(json) to Amount, and return an instance of it.');
  });

  it.each<[string, () => unknown]>([
    ['its fields', () => ({ text: '1.10' })],
    ['itself', () => new Amount('1.10')],
  ])('is written and read as long as it gives %s', (_, json) => {
    class Same extends Amount {
      override toJSON() {
        return json() instanceof Amount ? this : { ...this };
      }
    }
    @Message({ name: 'same', nested: [Same] })
    class PaySame {
      constructor(readonly amount: Same) {}
    }
    const message = new PaySame(new Same('1.10'));
    expect(Envelope.fromJSON(throughJSON(new Envelope(message)), PaySame).payload).toStrictEqual(message);
  });

  it('may give what it likes where it has a fromJSON()', () => {
    class Readable extends Amount {
      override toJSON() {
        return this.text;
      }
      static fromJSON(text: string) {
        return new this(text);
      }
    }
    class Inherits extends Readable {}
    @Message({ name: 'pay', nested: [Readable, Inherits] })
    class PayReadable {
      constructor(readonly amounts: Readable[]) {}
    }
    const message = new PayReadable([new Readable('1'), new Inherits('2')]);
    expect(Envelope.fromJSON(throughJSON(new Envelope(message)), PayReadable).payload).toStrictEqual(message);
  });

  it.each<[string, (json: { text: string }) => object]>([
    ['makes an instance of its base class', ({ text }) => new Amount(text)],
    ['throws', () => JSON.parse('{') as object],
  ])('is refused where the fromJSON() that it inherits %s', (_, make) => {
    class Base {
      constructor(readonly text: string) {}
      toJSON() {
        return { text: this.text };
      }
      static fromJSON(json: { text: string }) {
        return make(json);
      }
    }
    class Special extends Base {}
    @Message({ name: 'pay', nested: [Special] })
    class PaySpecial {
      constructor(readonly amount: Special) {}
    }
    const { message } = refusal(() => new Envelope(new PaySpecial(new Special('1'))).toJSON());
    expect(message).toMatch(/the fromJSON\(\) that its class inherits makes no instance of it.*Give Special a toJSON/);
  });

  it('is refused as a message too: its reader has to make an instance of it', () => {
    give.json = '1.10';
    expect(refusal(() => new Envelope(new Amount('1.10')).toJSON())).toMatchObject({
      code: 'CQRS_UNSERIALIZABLE',
      where: 'payload of Amount',
    });
  });

  it('may give what an engine reads that handles the class, and nothing else', () => {
    const engine = {
      handles: (type: unknown) => type === Amount,
      toPlain: (amount: object) => ({ written: (amount as Amount).text }),
      fromPlain: ({ written }: Record<string, unknown>) => new Amount(String(written)),
    };
    const options = { engines: [engine] };
    const read = (json: unknown) => {
      give.json = json;
      const written = throughJSON(new Envelope(new Pay(new Amount('1.10')), {}, options));
      return Envelope.fromJSON(written, Pay, options).payload.amount;
    };
    expect(read({ written: '1.10' })).toStrictEqual(new Amount('1.10'));
    expect(refusal(() => read({ text: '1.10' })).code).toBe('CQRS_UNSERIALIZABLE');
  });

  it('arrives as what it gives where nothing names it: the reader makes no instance', () => {
    give.json = ['1.10'];
    expect(sent(new Amount('1.10'))).toEqual(['1.10']);
  });
});

describe('A value whose state is not in its fields', () => {
  class Tags extends Set<string> {}
  class Index extends Map<string, string> {}
  class List extends Array<string> {}
  class Day extends Date {}
  class Failure extends Error {}
  class Pattern extends RegExp {}
  class Bytes extends Uint8Array {}
  class Later extends Promise<void> {}
  class Text extends String {}
  class Query extends URLSearchParams {}
  class OfOfTags extends Tags {
    readonly field = 1;
  }
  function* generate() {
    yield 1;
  }
  async function* generateLater() {
    yield await Promise.resolve(1);
  }

  it.each<[string, object]>([
    ['Set', new Tags(['a'])],
    ['Set, two classes away', new OfOfTags(['a'])],
    ['Map', new Index()],
    ['Array', List.of('a')],
    ['Date', new Day(0)],
    ['Error', new Failure('f')],
    ['RegExp', new Pattern('p')],
    ['Uint8Array', new Bytes(1)],
    ['Promise', Later.resolve()],
    ['String', new Text('s')],
    ['URLSearchParams', new Query('a=b')],
    ['Map, in another realm', runInNewContext('new (class Index extends Map {})()') as object],
  ])('is refused, as a class that extends %s', (_, value) => {
    const { code, message, where } = refused(value);
    expect(code).toBe('CQRS_UNSERIALIZABLE');
    expect(message).toMatch(/: it extends \w+, and the state of that is not in its fields\. .*toJSON\(\)/);
    expect(where).toBe('payload.value.list.0 of Held');
    expect(refusal(() => new Envelope(value).toJSON()).code).toBe('CQRS_UNSERIALIZABLE');
  });

  it.each<[string, () => unknown]>([
    ['URLSearchParams', () => new URLSearchParams('q=cqrs')],
    ['Headers', () => new Headers({ a: 'b' })],
    ['FormData', () => new FormData()],
    ['Blob', () => new Blob(['a'])],
    ['File', () => new File(['a'], 'a.txt')],
    ['Request', () => new Request('http://localhost/')],
    ['Response', () => new Response('a')],
    ['ReadableStream', () => new ReadableStream()],
    ['a stream of Node', () => Readable.from([])],
    ['an emitter', () => new EventEmitter()],
    ['a key', () => createSecretKey(Buffer.from('secret'))],
    ['AbortSignal', () => new AbortController().signal],
    ['Event', () => new Event('e')],
    ['TextEncoder', () => new TextEncoder()],
    ['DOMException', () => new DOMException('d')],
    ['Error', () => new Error('e')],
    ['AggregateError', () => new AggregateError([])],
    ['RegExp', () => /x/],
    ['Promise', () => Promise.resolve()],
    ['WeakMap', () => new WeakMap()],
    ['WeakSet', () => new WeakSet()],
    ['WeakRef', () => new WeakRef({})],
    ['ArrayBuffer', () => new ArrayBuffer(1)],
    ['SharedArrayBuffer', () => new SharedArrayBuffer(1)],
    ['DataView', () => new DataView(new ArrayBuffer(1))],
    ['Uint16Array', () => new Uint16Array(1)],
    ['BigInt64Array', () => new BigInt64Array(1)],
    ['a boxed number', () => new Number(1)],
    ['a boxed text', () => new String('s')],
    ['a boxed boolean', () => new Boolean(true)],
    ['a boxed bigint', () => Object(1n)],
    ['a boxed symbol', () => Object(Symbol('s'))],
    ['Intl.NumberFormat', () => new Intl.NumberFormat('en')],
    ['Intl.DateTimeFormat', () => new Intl.DateTimeFormat('en')],
    ['a generator', generate],
    ['an asynchronous generator', generateLater],
    ['an iterator of a Map', () => new Map().entries()],
    ['an iterator of a list', () => [].values()],
    ['an iterator of a text', () => 'a'[Symbol.iterator]()],
    ['an object with the prototype of Map', () => Object.create(Map.prototype)],
    ['a function', () => () => 1],
    ['a class', () => Held],
    ['a symbol', () => Symbol('s')],
    ['Math', () => Math],
    ['fields under symbols', () => ({ [Symbol('s')]: 1 })],
    ['fields under symbols, beside others', () => ({ [Symbol('s')]: 1, a: 1 })],
    ['fields that are all hidden', () => Object.defineProperty({}, 'a', { value: 1 })],
    ['fields of the object it was made from', () => Object.create({ a: 1 })],
    ['a Map that has fields too', () => Object.assign(new Map(), { a: 1 })],
    ['a Date that has fields too', () => Object.assign(new Date(), { a: 1 })],
    ['a list that has fields too', () => 'abc'.match(/b/)],
    ['a list that has fields and empty places', () => Object.assign([], { length: 3, a: 1 })],
  ])('is refused: %s', (_, make) => {
    expect(refused(make())).toMatchObject({ code: 'CQRS_UNSERIALIZABLE', where: expect.stringMatching(/ of Held$/) });
    expect(refused(make()).remedy).not.toBe('');
  });

  it('is refused in headers, too', () => {
    const headers = { params: new URLSearchParams('a=b') };
    expect(refusal(() => new Envelope(new Held(1), { headers }).toJSON()).where).toBe('meta.headers.params of Held');
  });

  it('is carried by a class that converts itself', () => {
    class Labels extends Set<string> {
      toJSON() {
        return [...this];
      }
      static fromJSON(labels: string[]) {
        return new Labels(labels);
      }
    }
    @Message({ name: 'labelled', nested: [Labels] })
    class Labelled {
      constructor(readonly labels: Labels) {}
    }
    const message = new Labelled(new Labels(['a', 'b']));
    const { labels } = Envelope.fromJSON(throughJSON(new Envelope(message)), Labelled).payload;
    expect(labels).toBeInstanceOf(Labels);
    expect([...labels]).toEqual(['a', 'b']);
  });

  it('is not carried by the toJSON() that a class inherits from Date or Buffer', () => {
    class Chunk extends Uint8Array {
      readonly toJSON = Buffer.prototype.toJSON;
    }
    for (const value of [new Day(0), new Chunk(1)]) expect(refused(value).code).toBe('CQRS_UNSERIALIZABLE');
  });

  it('of a built-in class is carried: of another realm, and a Date of fake timers', () => {
    expect(sent(runInNewContext('({ map: new Map([[1, new Date(0)]]), list: [new Set([1])] })'))).toEqual({
      map: new Map([[1, new Date(0)]]),
      list: [new Set([1])],
    });
    jest.useFakeTimers({ now: 5 });
    try {
      const now = new Date();
      expect((sent(now) as Date).getTime()).toBe(5);
    } finally {
      jest.useRealTimers();
    }
  });

  it('of a class without fields is carried, as a message too', () => {
    class Ping {
      describe() {
        return 'ping';
      }
    }
    class Nothing {}
    @Message({ name: 'empty', nested: [Nothing] })
    class Empty {
      constructor(readonly nothing: Nothing) {}
    }
    expect(Envelope.fromJSON(throughJSON(new Envelope(new Ping())), Ping).payload.describe()).toBe('ping');
    const message = new Empty(new Nothing());
    expect(Envelope.fromJSON(throughJSON(new Envelope(message)), Empty).payload).toStrictEqual(message);
    expect(sent(new Nothing())).toStrictEqual({});
  });
});

describe('Private fields', () => {
  class Secret {
    readonly shown = 1;
    #hidden: number;
    constructor(hidden: number) {
      this.#hidden = hidden;
    }
    get hidden() {
      return this.#hidden;
    }
  }
  class OfSecret extends Secret {}
  const compiled = (source: string) => runInNewContext(source) as object;

  it.each<[string, object]>([
    ['of the class itself', new Secret(1)],
    ['of a base class', new OfSecret(1)],
    ['as methods', compiled('new (class A { #run() {} run() { return this.#run(); } })()')],
    [
      'compiled by TypeScript',
      compiled('new (class A { run() { return __classPrivateFieldGet(this, _A_x, "f"); } })()'),
    ],
    ['compiled by SWC', compiled('new (class A { run() { return _class_private_field_get(this, _x); } })()')],
    ['compiled by esbuild', compiled('new (class A { run() { return __privateGet(this, _x); } })()')],
  ])('are refused with the class that has them: %s', (_, value) => {
    for (const { code, message } of [refused(value), refusal(() => new Envelope(value).toJSON())]) {
      expect(code).toBe('CQRS_UNSERIALIZABLE');
      expect(message).toMatch(/has private fields \(#\).*Give \w+ a toJSON\(\) and a static fromJSON\(\) of its own/);
    }
  });

  it('are refused where toJSON() gives the other fields and there is no fromJSON()', () => {
    class Half extends Secret {
      toJSON() {
        return { shown: this.shown };
      }
    }
    expect(refusal(() => new Envelope(new Half(1)).toJSON()).remedy).toMatch(/^Add static fromJSON\(json\) to Half/);
  });

  it('are none of the envelope’s business where fromJSON() makes the instance, or where they belong to the class', () => {
    class Revived extends Secret {
      static fromJSON({ shown }: { shown: number }) {
        return new Revived(shown);
      }
    }
    class Counted {
      static #count = 0;
      readonly n = Counted.#count++;
    }
    expect(Envelope.fromJSON(throughJSON(new Envelope(new Revived(7))), Revived).payload.hidden).toBe(1);
    expect(sent(new Counted())).toEqual({ n: 0 });
  });
});

describe('Instances of classes that are named somewhere, but not here', () => {
  class Money {
    constructor(readonly cents: number) {}
  }
  class Euro extends Money {}
  @Message({ name: 'pay', nested: [Money] })
  class Pay {
    constructor(readonly price: unknown) {}
  }
  @Message({ name: 'geo.point' })
  class Point {
    constructor(readonly x: number) {}
  }

  it('are refused if their class extends one that is: they would arrive as plain objects', () => {
    expect(refusal(() => new Envelope(new Pay(new Euro(5))).toJSON())).toMatchObject({
      code: 'CQRS_UNSERIALIZABLE',
      what: 'An instance of Euro cannot leave the process: its class extends Money, which is revived, and is itself not named.',
      where: 'payload.price of Pay',
      remedy: 'Add Euro to the nested of @Message on Pay, or to the catalog.',
    });
  });

  it('are refused if their class has @Message and no reader of the message would find it', () => {
    const message = new Pay(new Point(1));
    expect(refusal(() => new Envelope(message).toJSON()).remedy).toMatch(/^Add Point to the nested of @Message on Pay/);
    expect(refusal(() => new MessageCatalog([Pay]).envelope(message).toJSON()).code).toBe('CQRS_UNSERIALIZABLE');
    const catalog = new MessageCatalog([Pay, Point]);
    expect(catalog.fromJSON(throughJSON(catalog.envelope(message))).payload).toStrictEqual(message);
  });

  it('are refused if the reader would find another class under their name', () => {
    const other = class Money {} as new () => object;
    @Message({ name: 'two', nested: [Money, other] })
    class Two {
      constructor(readonly price: object) {}
    }
    expect(new Envelope(new Two(new Money(1))).toJSON().payload).toBeDefined();
    const { message } = refusal(() => new Envelope(new Two(new other())).toJSON());
    expect(message).toMatch(/"Money" is also the name of another class, Money.*Give one of them a name of its own/);
  });
});

describe('nested of a base class', () => {
  class Money {
    constructor(readonly cents: number) {}
  }
  class Weight {
    constructor(readonly grams: number) {}
  }
  @Message({ name: 'shop.priced', version: 3, aliases: ['priced'], nested: [Money] })
  abstract class Priced {
    constructor(readonly price: Money) {}
  }
  @Message({ name: 'shop.send', nested: [Weight] })
  class Send extends Priced {
    constructor(
      price: Money,
      readonly weight: Weight,
    ) {
      super(price);
    }
  }
  class Undecorated extends Send {}

  it.each([
    ['a class with a nested of its own', new Send(new Money(5), new Weight(1)), Send],
    ['a class without @Message', new Undecorated(new Money(5), new Weight(1)), Undecorated],
  ] as const)('holds for %s', (_, message, type) => {
    expect(Envelope.fromJSON(throughJSON(new Envelope<object>(message)), type).payload).toStrictEqual(message);
    const catalog = new MessageCatalog([type]);
    expect([catalog.knows(Money), catalog.knows(Weight)]).toEqual([true, true]);
    expect(catalog.fromJSON(throughJSON(catalog.envelope(message))).payload).toStrictEqual(message);
  });

  it('holds for classes that messages hold', () => {
    @Message({ name: 'parcel', nested: [Undecorated] })
    class Parcel {
      constructor(readonly content: Undecorated) {}
    }
    const message = new Parcel(new Undecorated(new Money(5), new Weight(1)));
    expect(Envelope.fromJSON(throughJSON(new Envelope(message)), Parcel).payload).toStrictEqual(message);
  });

  it('is all that is inherited: name, version and aliases are of exactly one class', () => {
    const { meta } = new Envelope(new Undecorated(new Money(5), new Weight(1)));
    expect(meta).toMatchObject({ name: 'Undecorated', version: 1 });
    expect([...new MessageCatalog([Send]).names()].toSorted()).toEqual(['Money', 'Weight', 'shop.send']);
  });
});
