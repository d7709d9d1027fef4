import * as fc from 'fast-check';
import { CqrsException, Envelope, EnvelopeException, Message, MessageCatalog, Upcast } from '../../../lib/index.js';
import { throughJSON } from '../../support/json.js';

/** `npm run fuzz` raises this, to more than 100,000 cases in all. */
const RUNS = Number(process.env['CQRS_FUZZ_RUNS'] ?? 1_000);

@Message({ name: 'money' })
class Money {
  constructor(readonly amount: unknown) {}
}
@Message({ name: 'order', version: 3, aliases: ['orders'], nested: [Money] })
class Order {
  constructor(readonly value: unknown) {}
  @Upcast(1) static one(payload: { value: { deep: unknown } }) {
    return { value: payload.value.deep };
  }
  @Upcast(2) static two(payload: object) {
    return { ...payload };
  }
}
const catalog = new MessageCatalog([Order, Money]);

const readers = [(json: unknown) => Envelope.fromJSON(json, Order), (json: unknown) => catalog.fromJSON(json)];

/** Reads; only typed errors may come out, and no prototype may have changed. */
function readSafely(json: unknown): boolean {
  for (const read of readers) {
    try {
      const { payload } = read(json);
      expect(payload instanceof Order || payload instanceof Money).toBe(true);
    } catch (error) {
      if (!(error instanceof EnvelopeException)) throw error;
    }
  }
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  return true;
}

const failure = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return error instanceof CqrsException ? error.code : `untyped: ${String(error)}`;
  }
  return 'none';
};

const tag = fc.constantFrom(
  'Date',
  'Map',
  'Set',
  'bigint',
  'number',
  'undefined',
  'Uint8Array',
  'Buffer',
  'object',
  'class',
  'x',
);
const { hostile } = fc.letrec<{ hostile: unknown; tagged: unknown; record: unknown }>(tie => ({
  hostile: fc.oneof(
    { maxDepth: 5 },
    fc.jsonValue(),
    tie('tagged'),
    tie('record'),
    fc.array(tie('hostile'), { maxLength: 4 }),
  ),
  tagged: fc.record(
    {
      $type: tag,
      value: tie('hostile'),
      name: fc.constantFrom('money', 'order', 'Object'),
      version: fc.integer({ min: -1, max: 4 }),
    },
    { requiredKeys: ['$type'] },
  ),
  record: fc.dictionary(
    fc.constantFrom('value', 'deep', '$type', '__proto__', 'constructor', 'prototype', 'polluted', 'a'),
    tie('hostile'),
    { maxKeys: 4 },
  ),
}));
const meta = fc.record(
  {
    name: fc.oneof(fc.constantFrom('order', 'orders', 'money', 'oder', '__proto__'), fc.string()),
    version: fc.oneof(fc.integer({ min: 0, max: 4 }), fc.jsonValue()),
    headers: fc.oneof(fc.dictionary(fc.string(), hostile), fc.jsonValue()),
    time: fc.oneof(fc.constant('2020-01-01T00:00:00.000Z'), fc.jsonValue()),
    id: fc.oneof(fc.string(), fc.jsonValue()),
  },
  { requiredKeys: [] },
);

/** What an envelope carries. NaN dates and null prototypes are left to the examples. */
const { carried } = fc.letrec<{ carried: unknown }>(tie => ({
  carried: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(undefined, null, NaN, Infinity, -Infinity, -0, ''),
    fc.double(),
    fc.string({ unit: 'binary' }),
    fc.boolean(),
    fc.bigInt(),
    fc.date({ noInvalidDate: true }),
    fc.uint8Array({ maxLength: 8 }),
    fc.array(tie('carried'), { maxLength: 4 }),
    fc.array(tie('carried'), { maxLength: 4 }).map(values => new Set(values)),
    fc.array(fc.tuple(tie('carried'), tie('carried')), { maxLength: 4 }).map(entries => new Map(entries)),
    fc.dictionary(
      fc
        .oneof(fc.string(), fc.constantFrom('$type', 'value', 'toString', 'hasOwnProperty'))
        .filter(key => !['__proto__', 'constructor', 'prototype'].includes(key)),
      tie('carried'),
      { maxKeys: 4, noNullPrototype: true },
    ),
    tie('carried').map(amount => new Money(amount)),
  ),
}));

class Amount {
  constructor(readonly text: unknown) {}
  toJSON() {
    return this.text;
  }
}
class Marked extends Money {
  readonly #mark = 1;
  get mark() {
    return this.#mark;
  }
}
class Label {
  constructor(readonly text: unknown) {}
  toJSON() {
    return [this.text];
  }
  static fromJSON([text]: unknown[]) {
    return new this(text);
  }
}
class Special extends Label {}
class Nothing {}
class Tags extends Set<unknown> {}
class Index extends Map<unknown, unknown> {}
class List extends Array<unknown> {}
class Day extends Date {}
@Message({ name: 'base', nested: [Money, Amount, Marked, Label, Special, Nothing, Tags, Index, List, Day] })
class Anything {
  constructor(readonly value: unknown) {}
}
class Inherits extends Anything {}

/** What may be found in a message: what an envelope carries, what it does not, and what it carries only by chance. */
const { found } = fc.letrec<{ found: unknown }>(tie => {
  const one = tie('found');
  const several = fc.array(one, { maxLength: 3 });
  const texts = fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), fc.string(), { maxKeys: 2 });
  return {
    found: fc.oneof(
      { maxDepth: 4 },
      carried,
      one.map(amount => new Money(amount)),
      one.map(text => new Label(text)),
      one.map(text => new Special(text)),
      one.map(value => ({ value })),
      several,
      several.map(values => new Set(values)),
      fc
        .constantFrom<() => object>(
          () => new Nothing(),
          () => new Marked(1),
          () => new Amount('a'),
          () => new Amount({ text: 1 }),
          () => new URLSearchParams('a=b'),
          () => new Headers(),
          () => new Error('e'),
          () => /x/,
          () => new Map().values(),
          () => new Intl.Collator(),
          () => new Float64Array(1),
          () => Object(1) as object,
          () => Promise.resolve(),
          () => Object.create({ inherited: 1 }) as object,
          () => ({ [Symbol('s')]: 1 }),
          () => Object.assign(new Map(), { more: 1 }),
          () => Object.assign([1], { more: 1 }),
          () => () => 1,
        )
        .map(make => make()),
      one.map(text => new Amount(text)),
      several.map(values => new Tags(values)),
      several.map(values => new Index(values.map(value => [value, value]))),
      several.map(values => List.from(values)),
      fc.nat().map(time => new Day(time)),
      texts.map(fields => Object.assign(Object.create(Money.prototype) as object, fields)),
    ),
  };
});

describe('An envelope of any message', () => {
  const anything = new MessageCatalog([Anything, Inherits]);

  /** What travels; undefined if the message is refused, with an error that says where. */
  const written = (message: object): unknown => {
    try {
      return throughJSON(anything.envelope(message));
    } catch (error) {
      const isRefusal = error instanceof EnvelopeException && error.code === 'CQRS_UNSERIALIZABLE';
      if (!isRefusal || !/^payload\..* of (Anything|Inherits)$/.test(error.where ?? '')) throw error;
      return undefined;
    }
  };

  it.each([Anything, Inherits])('is refused when %p is written, or is the same when it is read', type => {
    const count = { refused: 0, read: 0 };
    fc.assert(
      fc.property(found, value => {
        const message = new type(value);
        const json = written(message);
        if (json === undefined) return void count.refused++;
        expect(Envelope.fromJSON(json, type).payload).toStrictEqual(message);
        expect(anything.fromJSON(json).payload).toStrictEqual(message);
        count.read++;
      }),
      { numRuns: RUNS },
    );
    // Else the test would prove nothing.
    expect(Math.min(count.refused, count.read)).toBeGreaterThan(RUNS / 10);
  });
});

describe('An envelope from an untrusted sender', () => {
  it('made of any JSON is read or refused with a typed error', () => {
    fc.assert(fc.property(fc.jsonValue(), readSafely), { numRuns: RUNS });
  });

  it('made of any text is read or refused with a typed error', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), readSafely), { numRuns: RUNS });
  });

  it('with any meta and any payload, tagged or not, is read or refused with a typed error', () => {
    fc.assert(
      fc.property(meta, fc.oneof(hostile, fc.record({ value: hostile })), (given, payload) =>
        expect(readSafely({ meta: given, payload })).toBe(true),
      ),
      { numRuns: RUNS * 2 },
    );
  });

  it('changed after it was written is read or refused with a typed error', () => {
    fc.assert(
      fc.property(carried, fc.nat(), hostile, fc.boolean(), (value, where, put, asText) => {
        const text = JSON.stringify(new Envelope(new Order(value)));
        const at = where % text.length;
        let i = 0;
        const changed: unknown = asText
          ? text.slice(0, at) + String.fromCharCode(32 + (where % 95)) + text.slice(at + 1)
          : JSON.parse(text, (_key, item: unknown) => (i++ === where % 12 ? put : item));
        expect(readSafely(changed)).toBe(true);
      }),
      { numRuns: RUNS * 2 },
    );
  });

  it('restores any payload that was sent', () => {
    fc.assert(
      fc.property(carried, value => {
        const order = new Order(value);
        const json: unknown = throughJSON(new Envelope(order));
        expect(Envelope.fromJSON(json, Order).payload).toStrictEqual(order);
        expect(catalog.fromJSON(json).payload).toStrictEqual(order);
      }),
      { numRuns: RUNS },
    );
  });

  it('restores any headers that were sent', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string().filter(key => !['__proto__', 'constructor', 'prototype'].includes(key)),
          carried,
          { noNullPrototype: true },
        ),
        headers => {
          const json: unknown = throughJSON(new Envelope(new Order(1), { headers }));
          expect(Envelope.fromJSON(json, Order).meta.headers).toStrictEqual(headers);
        },
      ),
      { numRuns: Math.ceil(RUNS / 3) },
    );
  });

  it.each(['__proto__', 'constructor', 'prototype'])('cannot have a field %s anywhere', key => {
    const evil: unknown = JSON.parse(`{"${key}":{"polluted":true}}`);
    const places = [
      { payload: evil },
      { payload: { value: [evil] } },
      { payload: { value: { $type: 'Map', value: [[evil, 1]] } } },
      { payload: { value: { $type: 'object', value: evil } } },
      { payload: { value: { $type: 'class', name: 'money', version: 1, value: evil } } },
      { meta: { headers: evil }, payload: {} },
    ];
    for (const json of places)
      expect(failure(() => Envelope.fromJSON(json, Money))).toMatch(/^CQRS_(ENVELOPE_MALFORMED|UNKNOWN_MESSAGE)$/);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('does not run setters of the class it revives', () => {
    const ran: unknown[] = [];
    class Guarded {
      set admin(value: unknown) {
        ran.push(value);
      }
    }
    const { payload } = Envelope.fromJSON({ payload: { admin: true } }, Guarded);
    expect(ran).toEqual([]);
    expect(Object.keys(payload)).toEqual(['admin']);
  });

  it('has ordinary fields once it is read: they can be changed, listed and deleted', () => {
    const json = { payload: { amount: { toString: 1, other: 2 }, toString: 3 } };
    const { payload } = Envelope.fromJSON(json, Money);
    for (const fields of [payload, payload.amount] as Record<string, unknown>[]) {
      expect(Object.values(Object.getOwnPropertyDescriptors(fields))).toEqual(
        Array(2).fill(expect.objectContaining({ writable: true, enumerable: true, configurable: true })),
      );
      fields['toString'] = 'changed';
      delete fields['toString'];
      expect(Object.keys(fields)).toHaveLength(1);
    }
  });

  it('that is too deep is refused, at any depth, reading and writing', () => {
    const nested = (depth: number): unknown => JSON.parse('{"value":'.repeat(depth) + '1' + '}'.repeat(depth));
    expect(failure(() => Envelope.fromJSON({ payload: nested(64) }, Money))).toBe('none');
    expect(failure(() => Envelope.fromJSON({ payload: nested(65) }, Money))).toBe('CQRS_ENVELOPE_TOO_LARGE');
    expect(failure(() => Envelope.fromJSON(`{"payload":${'['.repeat(500_000)}${']'.repeat(500_000)}}`, Money))).toBe(
      'CQRS_ENVELOPE_TOO_LARGE',
    );
    expect(failure(() => new Envelope(new Money(nested(70))).toJSON())).toBe('CQRS_ENVELOPE_TOO_LARGE');
    expect(failure(() => new Envelope(new Money(nested(70)), {}, { limits: { depth: 80 } }).toJSON())).toBe('none');
    expect(failure(() => Envelope.fromJSON({ payload: nested(999) }, Money, { limits: { depth: 1000 } }))).toBe('none');
  });

  it('may be as large as its limits, and no larger', () => {
    const code = (payload: object, limits?: object) =>
      failure(() => Envelope.fromJSON({ payload }, Money, limits && { limits }));
    // An object, its key of 6 characters, and a text, each of which counts as one more.
    const sized = (size: number) => ({ amount: 'x'.repeat(size - 9) });
    expect([code(sized(1_048_576)), code(sized(1_048_577))]).toEqual(['none', 'CQRS_ENVELOPE_TOO_LARGE']);
    expect([code(sized(100), { size: 100 }), code(sized(101), { size: 100 })]).toEqual([
      'none',
      'CQRS_ENVELOPE_TOO_LARGE',
    ]);
    expect([code({}, { size: 1 }), code({ amount: 1 }, { depth: 1 }), code({ amount: [1] }, { depth: 1 })]).toEqual([
      'none',
      'none',
      'CQRS_ENVELOPE_TOO_LARGE',
    ]);
    const text = (length: number) => '{"payload":{}}'.padEnd(length);
    const read = (length: number) => failure(() => Envelope.fromJSON(text(length), Money, { limits: { size: 100 } }));
    // 16 characters of text for each of its size, and 16,384 for its meta.
    expect([read(1600 + 16_384), read(1600 + 16_385)]).toEqual(['none', 'CQRS_ENVELOPE_TOO_LARGE']);
  });

  it('may hold names and numbers as long as they are written, and no longer', () => {
    const code = (value: unknown) => failure(() => Envelope.fromJSON({ payload: { value } }, Order));
    const instance = (length: number) => ({ $type: 'class', name: 'x'.repeat(length), version: 1, value: {} });
    expect([code(instance(512)), code(instance(513))]).toEqual(['CQRS_UNKNOWN_MESSAGE', 'CQRS_ENVELOPE_MALFORMED']);
    const bigint = (text: string) => ({ $type: 'bigint', value: text });
    const digits = '9'.repeat(4096);
    expect([code(bigint(`-${digits}`)), code(bigint(`-9${digits}`))]).toEqual(['none', 'CQRS_ENVELOPE_MALFORMED']);
    const named = (id: string) => failure(() => Envelope.fromJSON({ meta: { id }, payload: {} }, Money));
    expect([named('x'.repeat(512)), named('x'.repeat(513))]).toEqual(['none', 'CQRS_ENVELOPE_MALFORMED']);
  });

  it.each([
    ['k'.repeat(64), 'k'.repeat(64)],
    ['k'.repeat(65), `${'k'.repeat(64)}…`],
  ])('tells where it is wrong, of a long key its beginning: %s', (key, shown) => {
    const read = () => Envelope.fromJSON({ payload: { [key]: { $type: 'x' } } }, Money);
    expect(read).toThrow(expect.objectContaining({ where: `payload.${shown}` }));
  });

  it('that is too large is refused, counted in values and characters', () => {
    const limits = { size: 100 };
    expect(failure(() => Envelope.fromJSON({ payload: { amount: 'x'.repeat(200) } }, Money, { limits }))).toBe(
      'CQRS_ENVELOPE_TOO_LARGE',
    );
    expect(failure(() => Envelope.fromJSON({ payload: { ['x'.repeat(200)]: 1 } }, Money, { limits }))).toBe(
      'CQRS_ENVELOPE_TOO_LARGE',
    );
    expect(failure(() => Envelope.fromJSON({ payload: { amount: Array(200).fill(0) } }, Money, { limits }))).toBe(
      'CQRS_ENVELOPE_TOO_LARGE',
    );
    expect(failure(() => Envelope.fromJSON(' '.repeat(20_000), Money, { limits }))).toBe('CQRS_ENVELOPE_TOO_LARGE');
    expect(failure(() => new Envelope(new Money('x'.repeat(200)), {}, { limits }).toJSON())).toBe(
      'CQRS_ENVELOPE_TOO_LARGE',
    );
    expect(failure(() => new Envelope(new Money('x'.repeat(20)), {}, { limits }).toJSON())).toBe('none');
  });

  it.each([
    ['undefined', undefined],
    ['NaN', NaN],
    ['a Date', new Date(0)],
    ['bytes', new Uint8Array(1)],
    ['a Set', new Set()],
    ['an instance', new Money(1)],
  ])('may hold as many values that need a tag in reading as in writing: %s', (_name, value) => {
    const order = new Order(Array(20).fill(value));
    const payload = new Envelope(order).toJSON().payload;
    const leastSize = (run: (size: number) => unknown): number => {
      let size = 1;
      while (failure(() => run(size)) !== 'none') size += 1;
      return size;
    };
    const toWrite = leastSize(size => new Envelope(order, {}, { limits: { size } }).toJSON());
    const toRead = leastSize(size => Envelope.fromJSON({ payload }, Order, { limits: { size } }));
    expect(toRead).toBe(toWrite);
  });

  it.each([{ depth: 0 }, { depth: 1001 }, { depth: NaN }, { size: 0 }, { size: NaN }])(
    'cannot be read with limits that limit nothing: %j',
    limits => {
      expect(failure(() => Envelope.fromJSON({ payload: {} }, Money, { limits }))).toBe('CQRS_INVALID_OPTIONS');
    },
  );

  it('whose size is within the limit fits into the text that is read', () => {
    fc.assert(
      fc.property(carried, value => {
        const text = JSON.stringify(new Envelope(new Order(value)));
        for (let size = 1; ; size *= 2) {
          const limits = { size };
          if (failure(() => new Envelope(new Order(value), {}, { limits }).toJSON()) !== 'none') continue;
          expect(failure(() => Envelope.fromJSON(text, Order, { limits }))).toBe('none');
          return;
        }
      }),
      { numRuns: Math.ceil(RUNS / 5) },
    );
  });

  it.each([
    ['a bigint of many digits', { $type: 'bigint', value: '9'.repeat(100_000) }],
    ['a bigint of no digits', { $type: 'bigint', value: '' }],
    ['a bigint in other notation', { $type: 'bigint', value: '0x10' }],
    ['a date that is none', { $type: 'Date', value: 'yesterday' }],
    ['a date of another type', { $type: 'Date', value: 5 }],
    ['bytes that are none', { $type: 'Uint8Array', value: '*' }],
    ['a map of no pairs', { $type: 'Map', value: [[1]] }],
    ['a set of no list', { $type: 'Set', value: {} }],
    ['a number that JSON has', { $type: 'number', value: '5' }],
    ['a kind that nobody knows', { $type: 'Function', value: 'return process' }],
    ['a kind that is no text', { $type: {}, value: 1 }],
    ['an instance without a name', { $type: 'class', value: {} }],
    ['an instance of no fields', { $type: 'class', name: 'money', value: [] }],
  ])('cannot hold %s', (_name, value) => {
    expect(failure(() => Envelope.fromJSON({ payload: { value } }, Order))).toBe('CQRS_ENVELOPE_MALFORMED');
  });

  it.each([
    null,
    1,
    'x',
    [],
    {},
    { payload: null },
    { payload: [] },
    { payload: { $type: 'Map', value: [] } },
    { meta: 1, payload: {} },
    { meta: [], payload: {} },
    { meta: { name: 1 }, payload: {} },
    { meta: { name: '' }, payload: {} },
    { meta: { name: 'x'.repeat(1000) }, payload: {} },
    { meta: { version: '1' }, payload: {} },
    { meta: { version: 0 }, payload: {} },
    { meta: { version: 1e300 }, payload: {} },
    { meta: { headers: [] }, payload: {} },
    { meta: { time: 'x' }, payload: {} },
    { meta: { time: 5 }, payload: {} },
    { meta: { correlationId: {} }, payload: {} },
    { payload: { f: () => 1 } },
    { payload: { f: new Date() } },
  ])('that is none is refused: %j', json => {
    expect(failure(() => Envelope.fromJSON(json, Order))).toBe('CQRS_ENVELOPE_MALFORMED');
  });

  it('takes time in proportion to its size', () => {
    const steps = (n: number): number => {
      let read = 0;
      const counting = {
        payload: {
          amount: new Proxy(Array<number>(n).fill(1), {
            get: (target, key) => (read++, Reflect.get(target, key) as unknown),
          }),
        },
      };
      Envelope.fromJSON(counting, Money);
      return read;
    };
    expect(steps(20_000) / steps(2_000)).toBeLessThan(11);
  });
});
