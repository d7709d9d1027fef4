import { join } from 'node:path';
import { jest } from '@jest/globals';
import * as fc from 'fast-check';
import {
  CommandBus,
  Envelope,
  EnvelopeException,
  MessageCatalog,
  UnknownMessageException,
  Validate,
  validateMessage,
} from '../../../lib/index.js';
import { runProgram } from '../../e2e/faults/program.js';
import { collide } from '../../../lib/envelope/key-collisions.js';
import { nearNames, SearchEffort } from '../../../lib/options/near-names.js';

jest.setTimeout(30_000);

class Any {
  readonly value: unknown;
}

/** What reading an envelope comes to: a payload, or the code of a typed error; anything else fails the test. */
function read(payload: unknown, meta: unknown = {}): unknown {
  try {
    return Envelope.fromJSON({ meta, payload }, Any).payload.value;
  } catch (error) {
    if (!(error instanceof EnvelopeException) || !/\[CQRS_\w+\]$/.test(error.message) || !error.remedy) throw error;
    return error.code;
  }
}

const [MALFORMED, LARGE] = ['CQRS_ENVELOPE_MALFORMED', 'CQRS_ENVELOPE_TOO_LARGE'];
const bigint = (value: bigint) => ({ $type: 'bigint', value: String(value) });
const setOf = (items: unknown[]) => ({ value: { $type: 'Set', value: items } });
const revoked = (target: object) => {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
};
const throwing = (name: string) =>
  Object.defineProperty({}, name, {
    enumerable: true,
    get: () => {
      throw new Error('hands off');
    },
  });

describe('An envelope parsed by another library', () => {
  it.each<[string, unknown]>([
    ['an empty place in a list', { value: [1, , 3] }], // eslint-disable-line no-sparse-arrays -- this is what is refused
    ['a list of more places than there is room for', { value: Object.assign([], { length: 2 ** 32 - 1 }) }],
    ['a Set of such', { value: { $type: 'Set', value: Object.assign([], { length: 2 ** 32 - 1 }) } }],
    ['a Map of such', { value: { $type: 'Map', value: Object.assign([], { length: 2 ** 32 - 1 }) } }],
    ['an accessor that throws', { value: throwing('field') }],
    ['a proxy that has been revoked', { value: revoked({}) }],
    ['a list that is one', { value: revoked([]) }],
    ['a tag that is an object', { value: { $type: Object('Set'), value: [] } }],
    [
      'an object that holds itself',
      (() =>
        Object.assign(
          { value: {} },
          {
            get value() {
              return this;
            },
          },
        ))(),
    ],
    ['a field named __proto__', JSON.parse('{"value":{"__proto__":{"a":1}}}')],
    ['no payload', undefined],
  ])('with %s is refused', (_, payload) => {
    expect([MALFORMED, LARGE]).toContain(read(payload));
  });

  it.each<[string, unknown]>([
    ['throws', throwing('name')],
    ['is a proxy that has been revoked', revoked({})],
    ['is null', null],
    ['is a list', []],
  ])('whose meta %s is refused', (_, meta) => {
    expect(read({ value: 1 }, meta)).toBe(MALFORMED);
  });

  it('is read correctly or refused, for any values in it', () => {
    const hostile: unknown[] = [
      revoked({}),
      throwing('a'),
      Object.assign([], { length: 2 ** 32 - 1 }),
      Symbol('s'),
      () => undefined,
      new Date(),
      { $type: 'Map', value: [[1]] },
      { then: 1 },
      { $type: 'class', name: 'Any\r\n', value: {} },
      { $type: 'Date', value: '1' },
      Object.create({ inherited: 1 }),
    ];
    // fast-check looks at the values it makes, so these are put in afterwards.
    const place = fc.nat(hostile.length - 1).map(index => ({ index }));
    const filled = (value: unknown): unknown => {
      if (typeof value !== 'object' || value === null) return value;
      if (Array.isArray(value)) return value.map(filled);
      if ('index' in value) return hostile[Number(value.index)];
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filled(item)]));
    };
    const tree = fc.letrec(tie => ({
      node: fc.oneof(
        { depthSize: 'small' },
        place,
        fc.jsonValue(),
        fc.array(tie('node')),
        fc.dictionary(fc.string(), tie('node')),
      ),
    })).node;
    fc.assert(
      fc.property(tree, tree, (payload, meta) => {
        expect(() => read({ value: filled(payload) }, filled(meta))).not.toThrow();
        expect(() => read(filled(payload))).not.toThrow();
      }),
    );
  });
});

describe('Points in time', () => {
  it.each([
    '1',
    '0',
    'Thu 1',
    '2020',
    '2020-01',
    '2020-13-01T00:00:00Z',
    '2020-02-30T00:00:00Z',
    '2020-01-01',
    '1/2/2020',
    '2020-01-01T00:00:00',
  ])('that are not in ISO 8601, such as %p, are refused as values and as times', text => {
    expect(read({ value: { $type: 'Date', value: text } })).toBe(MALFORMED);
    expect(read({ value: 1 }, { time: text })).toBe(MALFORMED);
  });

  it('come back as they were, in every year that a Date has', () => {
    fc.assert(
      fc.property(fc.date({ noInvalidDate: true }), date => {
        expect(read({ value: { $type: 'Date', value: date.toISOString() } })).toEqual(date);
      }),
    );
  });
});

describe('Identifiers', () => {
  it.each(['a\r\nb', 'a\nb', '\u0000', '\u001b[31m', 'a\u2028b'])(
    'of several lines or with control characters, such as %p, are refused',
    text => {
      for (const field of ['id', 'correlationId', 'causationId', 'name'])
        expect(read({ value: 1 }, { [field]: text })).toBe(MALFORMED);
      expect(read({ value: 1 }, { headers: { [text]: 1 } })).toBe(MALFORMED);
    },
  );

  it('that are not known are told on one line', () => {
    const catalog = new MessageCatalog([Any]);
    expect(() => catalog.get('a\r\nb')).toThrow(UnknownMessageException);
    expect(() => catalog.get('a\r\nb')).toThrow('"a\\u000d\\u000ab"');
  });
});

describe('Keys that were chosen to collide', () => {
  const lowest = (n: number) => Array.from({ length: n }, (_, i) => (BigInt(i) << 64n) + 7n);

  it('are refused in a Set and in a Map, and take no more than others do', () => {
    const keys = lowest(12_000).map(bigint);
    expect(read(setOf(keys))).toBe(LARGE);
    expect(read({ value: { $type: 'Map', value: keys.map(key => [key, 1]) } })).toBe(LARGE);
  });

  it('are told from those that were not: numbers, doubles and bigints of every kind', () => {
    const n = 20_000;
    const kinds: ((i: number) => unknown)[] = [
      i => i,
      i => -i,
      i => i * 1024,
      i => i * 65_536,
      i => i / 3,
      i => i * 1e15,
      i => BigInt(i),
      i => BigInt(i) * 10n ** 18n,
      i => (BigInt(i) << 32n) + 1n,
      i => BigInt(i) ** 5n,
      i => `text ${i}`,
      i => ({ i }),
    ];
    for (const kind of kinds) expect(collide(Array.from({ length: n }, (_, i) => kind(i)))).toBe(false);
    expect(collide(lowest(n))).toBe(true);
  });

  it('of numbers are found too: those of one chain, as a sender would look for them', () => {
    const chosen: number[] = [];
    for (let i = 0; chosen.length < 2_000; i++) if (chainOf(i) === 0) chosen.push(i);
    expect(collide(chosen)).toBe(true);
  });

  /** The chain of an integer in a table of 4,096 (Thomas Wang's hash, as V8 has it). */
  function chainOf(key: number): number {
    let hash = (~key + (key << 15)) | 0;
    hash ^= hash >>> 12;
    hash = (hash + (hash << 2)) | 0;
    hash ^= hash >>> 4;
    hash = Math.imul(hash, 2_057);
    return (hash ^ (hash >>> 16)) & 1_023;
  }

  /** The chain of 64 bits in a table of 512 chains (`ComputeLongHash` of V8). */
  function chainOf64(key: bigint): number {
    const wrap = (value: bigint): bigint => value & 0xffff_ffff_ffff_ffffn;
    let hash = wrap(~key + (key << 18n));
    hash ^= hash >> 31n;
    hash = wrap(hash * 21n);
    hash ^= hash >> 11n;
    hash = wrap(hash + (hash << 6n));
    hash ^= hash >> 22n;
    return Number(hash & 511n);
  }

  const bitsOf = (key: number): bigint => new BigUint64Array(new Float64Array([key]).buffer)[0]!;

  it.each<[string, (i: number) => unknown, (i: number) => bigint]>([
    ['doubles', i => i + 0.5, i => bitsOf(i + 0.5)],
    ['bigints', i => BigInt(i) * 7n, i => BigInt(i) * 7n],
    ['negative bigints', i => BigInt(-i) * 7n, i => BigInt(i) * 7n],
    ['large bigints', i => (5n << 64n) + BigInt(i), i => BigInt(i)],
  ])('of %s are found where they are in one chain, and not where they are in two', (_what, key, bits) => {
    /** 1,024 keys, half of the chosen ones in each of these chains. 182 in one chain take 16 comparisons for each. */
    const keysIn = (...chains: number[]): unknown[] => {
      const chosen = chains.flatMap(chain => {
        const found: unknown[] = [];
        for (let i = 1; found.length < 91; i++) if (chainOf64(bits(i)) === chain) found.push(key(i));
        return found;
      });
      return [...chosen, ...Array.from({ length: 1_024 - chosen.length }, (_, i) => `text ${i}`)];
    };
    const inOne: unknown[] = [];
    for (let i = 1; inOne.length < 182; i++) if (chainOf64(bits(i)) === 0) inOne.push(key(i));
    const others = Array.from({ length: 842 }, (_, i) => `text ${i}`);
    expect(collide([...inOne, ...others])).toBe(true);
    expect([collide(keysIn(0, 1)), collide(keysIn(0, 256))]).toEqual([false, false]);
  });

  it('are told from 1,024 keys on, where each is compared with more than 16 others', () => {
    const alike = (many: number, all: number): unknown[] =>
      Array.from({ length: all }, (_, i) => (i < many ? 7 : `text ${i}`));
    expect([collide(alike(1_023, 1_023)), collide(alike(1_024, 1_024))]).toEqual([false, true]);
    // 257 keys in one chain take 32,896 comparisons: 16 for each of 2,056.
    expect([collide(alike(257, 2_056)), collide(alike(257, 2_055))]).toEqual([false, true]);
  });
});

describe('Near names', () => {
  it('cost no more than their effort, however many names are known and however alike they are', () => {
    for (const count of [10, 1_000, 100_000]) {
      const effort = new SearchEffort();
      nearNames(
        'q'.repeat(100),
        Array.from({ length: count }, (_, i) => `shop.orders.order-line-changed-${i}`),
        effort,
      );
      const alike = new SearchEffort();
      nearNames(
        `${'a'.repeat(95)}xxxxx`,
        Array.from({ length: count }, (_, i) => 'a'.repeat(90) + String(i)),
        alike,
      );
      for (const { spent, most } of [effort, alike]) expect(spent).toBeLessThan(most * 1.2);
    }
  });

  it('are the nearest three, as a plain comparison of all finds them', () => {
    const distance = (a: string, b: string): number => {
      let row = Array.from({ length: b.length + 1 }, (_, j) => j);
      for (let i = 1; i <= a.length; i++)
        row = row.reduce<number[]>((next, above, j) => {
          next.push(j === 0 ? i : Math.min(above + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
          return next;
        }, []);
      return row[b.length]!;
    };
    const names = fc.uniqueArray(fc.stringMatching(/^[abc]{1,9}$/), { maxLength: 12 });
    fc.assert(
      fc.property(fc.stringMatching(/^[abc]{1,9}$/), names, (wanted, known) => {
        const near = known
          .map(name => distance(wanted, name))
          .filter((d, i) => d <= Math.max(2, Math.floor(known[i]!.length / 3)));
        const expected = near.toSorted((a, b) => a - b).slice(0, 3);
        expect(nearNames(wanted, known).map(name => distance(wanted, name))).toEqual(expected);
      }),
    );
  });
});

describe('A message that has a method then()', () => {
  @Validate({ '~standard': { version: 1, vendor: 'test', validate: value => ({ value }) } })
  class Thenable {
    then(): never {
      throw new Error('is no promise');
    }
  }

  it('is read, written, validated and dispatched as any other', async () => {
    const envelope = Envelope.fromJSON({ meta: {}, payload: {} }, Thenable);
    expect(envelope.payload).toBeInstanceOf(Thenable);
    expect(envelope.toJSON().payload).toEqual({});
    const bus = new CommandBus();
    bus.register(Thenable, () => 'handled');
    expect(await bus.execute(new Thenable(), { fromOutside: true })).toBe('handled');
  });

  it('cannot come out of a promise: validateMessage() rejects with what it throws', async () => {
    await expect(validateMessage(new Thenable())).rejects.toThrow('is no promise');
  });
});

describe('With frozen built-in prototypes', () => {
  it('envelopes are written and read, and errors are typed', async () => {
    const { output, errors } = await runProgram(join(import.meta.dirname, 'frozen-program.ts'));
    expect([output.trim(), errors]).toEqual(['{"toString":1,"list":[2]} CQRS_ENVELOPE_MALFORMED', '']);
  });
});
