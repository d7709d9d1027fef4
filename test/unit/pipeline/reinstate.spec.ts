import * as fc from 'fast-check';
import { z } from 'zod';
import { Command, CommandBus, Validate, validateMessage } from '../../../lib/index.js';

class Money {
  constructor(readonly cents: number) {}
  plus(other: Money): Money {
    return new Money(this.cents + other.cents);
  }
}

const message = <T extends object>(schema: z.ZodType, fields: T) => {
  @Validate(schema as never)
  class Message {
    constructor() {
      Object.assign(this, fields);
    }
  }
  return new Message() as Message & T;
};

const anything = z.record(z.string(), z.unknown());

describe('A message that validation has not changed', () => {
  it.each([
    [
      'nested objects and lists',
      { lines: [{ cents: 5 }], price: { cents: 5 } },
      z.object({ lines: z.array(z.object({ cents: z.number() })), price: z.object({ cents: z.number() }) }),
    ],
    ['an instance', { price: new Money(5) }, z.object({ price: z.object({ cents: z.number() }) })],
    ['a date', { at: new Date(0) }, z.object({ at: z.date().transform(date => new Date(date)) })],
    ['a map', { map: new Map([['a', 1]]) }, z.object({ map: z.map(z.string(), z.number()) })],
    ['a set', { set: new Set([1]) }, z.object({ set: z.set(z.number()) })],
    ['what is undefined', { a: 1, b: undefined }, z.object({ a: z.number(), b: z.number().optional() })],
    ['NaN', { n: NaN }, z.object({ n: z.nan() })],
    [
      'bytes',
      { bytes: new Uint8Array([1]) },
      z.object({ bytes: z.instanceof(Uint8Array).transform(one => new Uint8Array(one)) }),
    ],
  ])('is the very instance, with %s', async (_, fields, schema) => {
    const given = message(schema, fields);
    expect(await validateMessage(given)).toBe(given);
  });

  it('is the very instance, whatever it holds', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(
          fc.string().filter(key => key !== '__proto__'),
          fc.jsonValue(),
        ),
        async fields => {
          const given = message(
            anything.transform(value => structuredClone(value)),
            fields,
          );
          expect(await validateMessage(given)).toBe(given);
        },
      ),
    );
  });

  it('keeps its #private fields', async () => {
    @Validate(z.object({ name: z.string() }))
    class Secret {
      readonly #by = 'u1';
      constructor(readonly name: string) {}
      get by() {
        return this.#by;
      }
    }
    expect((await validateMessage(new Secret('Ada'))).by).toBe('u1');
  });
});

describe('A message that validation has changed', () => {
  const trimmed = z.object({ name: z.string().trim(), price: z.object({ cents: z.coerce.number() }) });

  it('is a copy in which the rest is what it was', async () => {
    const tag = Symbol('tag');
    const given = message(trimmed, { name: ' Ada ', price: new Money(5), [tag]: 'kept' });
    const valid = await validateMessage(given);
    expect(valid).not.toBe(given);
    expect(valid.name).toBe('Ada');
    expect(valid.price).toBe(given.price);
    expect(valid[tag]).toBe('kept');
    expect(given.name).toBe(' Ada ');
  });

  it('has nested instances of their classes, changed or not', async () => {
    const given = message(trimmed, { name: 'Ada', price: Object.assign(new Money(0), { cents: '5' }) });
    const { price } = await validateMessage(given);
    expect(price).toBeInstanceOf(Money);
    expect(price.plus(new Money(1)).cents).toBe(6);
  });

  it('has instances in lists, whose length may change', async () => {
    const lines = z
      .array(z.object({ cents: z.coerce.number() }))
      .transform(all => all.filter(({ cents }) => cents > 0));
    const given = message(z.object({ lines }), { lines: [new Money(0), Object.assign(new Money(0), { cents: '5' })] });
    const valid = await validateMessage(given);
    expect(valid.lines).toEqual([new Money(5)]);
    expect(valid.lines[0]).toBeInstanceOf(Money);
  });

  it('leaves alone what a schema makes something else of', async () => {
    const made = new Money(7);
    const schema = z.object({
      price: z.object({ cents: z.number() }).transform(({ cents }) => ({ euros: cents / 100 })),
      other: z.any().transform(() => made),
      text: z.any().transform(String),
    });
    const given = message(schema, { price: new Money(500), other: new Money(1), text: new Money(1) });
    const valid = (await validateMessage(given)) as unknown as Record<string, unknown>;
    expect(valid.price).toEqual({ euros: 5 });
    expect(valid.price).not.toBeInstanceOf(Money);
    expect(valid.other).toBe(made);
    expect(valid.text).toBe('[object Object]');
  });

  it('may hold itself', async () => {
    const given = message(z.object({ name: z.string().trim(), self: z.any() }), {
      name: ' Ada ',
      self: undefined as unknown,
    });
    given.self = given;
    expect(await validateMessage(given)).toMatchObject({ name: 'Ada' });
  });

  it('says in the error of a handler why there is no #private field', async () => {
    @Validate(z.object({ name: z.string().trim() }))
    class Secret extends Command<string> {
      readonly #by = 'u1';
      constructor(readonly name: string) {
        super();
      }
      get by() {
        return this.#by;
      }
    }
    const bus = new CommandBus();
    bus.register(Secret, secret => secret.by);
    expect(await bus.execute(new Secret('Ada'))).toBe('u1');
    const failure = await bus.execute(new Secret(' Ada ')).catch((error: unknown) => error as Error);
    expect(failure).toBeInstanceOf(TypeError);
    expect((failure as Error).message).toMatch(
      /private member #by .*\(The validation of "Secret" changed a field, and the copy that it made has no #private fields: let the schema change nothing, or use fields that are not #private\.\)$/,
    );
    bus.registry.clear();
    const frozen = Object.freeze(failure);
    bus.register(Secret, () => Promise.reject(frozen as Error));
    await expect(bus.execute(new Secret(' Ada '))).rejects.toBe(frozen);
    bus.registry.clear();
    const said = new TypeError((failure as Error).message);
    bus.register(Secret, () => Promise.reject(said));
    await expect(bus.execute(new Secret(' Ada '))).rejects.toThrow((failure as Error).message);
    expect(said.message).toBe((failure as Error).message);
    bus.registry.clear();
    bus.register(Secret, () => {
      throw new TypeError('other');
    });
    await expect(bus.execute(new Secret(' Ada '))).rejects.toThrow(/^other$/);
  });
});

describe('A schema', () => {
  it('costs the dispatches of other messages nothing: they pass no middleware', async () => {
    class Plain {}
    const bus = new CommandBus();
    bus.register(Plain, () => 'done');
    expect(bus.dispatcher.pipelinesOf(new Plain()).first!.isDirect).toBe(true);
  });
});

describe('A message with parts that are held more than once', () => {
  const copied = (change: (copy: Record<string, any>) => void) =>
    z.record(z.string(), z.unknown()).transform(value => {
      const copy = structuredClone(value);
      change(copy);
      return copy;
    });

  it('may hold itself: what has been copied does so, too', async () => {
    class Parent {
      readonly children: { readonly parent: Parent }[] = [{ parent: this }];
    }
    const given = message(
      copied(copy => (copy['n'] = 2)),
      { n: 1, parent: new Parent() },
    );
    const valid = await validateMessage(given);
    expect(valid.n).toBe(2);
    expect(valid.parent).toBeInstanceOf(Parent);
    expect(valid.parent.children[0]!.parent).toBe(valid.parent);
  });

  it('is looked at once for each part', async () => {
    let shared: object = { cents: 5 };
    for (let i = 0; i < 60; i++) shared = { one: shared, other: shared };
    const given = message(
      copied(() => undefined),
      { shared },
    );
    expect(await validateMessage(given)).toBe(given);
  });

  it('may be large and lose an item', async () => {
    const items = Array.from({ length: 50_000 }, (_, i) => new Money(i));
    const given = message(
      copied(copy => (copy['items'] as object[]).shift()),
      { items },
    );
    const valid = await validateMessage(given);
    expect(valid.items).toHaveLength(49_999);
    expect(valid.items[0]).toBeInstanceOf(Money);
  });

  it('may be deep and change at the far end: each link is read a few times, however many there are', async () => {
    let reads = 0;
    class Link {
      readonly next!: Link | undefined;
      constructor(next: Link | undefined) {
        Object.defineProperty(this, 'next', { enumerable: true, get: () => (reads++, next) });
      }
    }
    let chain: Link | undefined;
    for (let i = 0; i < 600; i++) chain = new Link(chain);
    const deepest = (of: { next?: object }): object => (of.next === undefined ? of : deepest(of.next));
    const given = message(
      copied(copy => Object.assign(deepest(copy['chain'] as object), { changed: true })),
      { chain },
    );
    const valid = await validateMessage(given);
    expect(reads).toBeGreaterThan(600);
    expect(reads).toBeLessThan(10 * 600);
    expect(deepest(valid.chain!)).toMatchObject({ changed: true });
    expect(deepest(valid.chain!)).toBeInstanceOf(Link);
  });

  it('has instances of their classes within plain objects that changed', async () => {
    const given = message(
      copied(copy => (copy['order'].total.cents = 6)),
      { order: { total: new Money(5), tax: new Money(1) } },
    );
    const { order } = await validateMessage(given);
    expect(order.total).toEqual(new Money(6));
    expect(order.total).toBeInstanceOf(Money);
    expect(order.tax).toBe(given.order.tax);
  });
});
