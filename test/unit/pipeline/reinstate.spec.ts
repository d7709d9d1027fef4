import { reinstated } from '../../../lib/pipeline/reinstate.js';

class Line {
  constructor(
    readonly item: string,
    readonly count: number,
  ) {}
}
class Price {
  constructor(readonly cents: number) {}
}
class Order {
  constructor(readonly fields: unknown) {}
}

/** What a schema makes of the fields of a message. */
const validated = (before: unknown, after: unknown) =>
  (reinstated(new Order(before), { fields: after }, Order) as Order).fields;

describe('what a validator has made of a message, as an instance', () => {
  it('is the instance of the validator, if it is one', () => {
    const own = new Order(2);
    expect(reinstated(new Order(1), own, Order)).toBe(own);
  });

  it('is the message itself, if nothing has changed; undefined and missing fields are the same', () => {
    const message = new Order({ a: [1, new Date(5)], none: undefined });
    expect(reinstated(message, { fields: { a: [1, new Date(5)] } }, Order)).toBe(message);
    expect(reinstated(message, { fields: { a: [1, new Date(5)], none: undefined, other: undefined } }, Order)).toBe(
      message,
    );
  });

  it('has fields as any other object has', () => {
    const result = reinstated(new Order(1), { fields: 2 }, Order);
    expect(Object.getOwnPropertyDescriptors(result)).toEqual(Object.getOwnPropertyDescriptors(new Order(2)));
  });

  it('is another instance, if something has; what has not changed are the same objects', () => {
    const message = new Order({ line: new Line('i1', 1), kept: { a: 1 } });
    const result = reinstated(message, { fields: { line: { item: 'i1', count: 2 }, kept: { a: 1 } } }, Order) as Order;
    expect(result).toEqual(new Order({ line: new Line('i1', 2), kept: { a: 1 } }));
    expect((result.fields as { kept: object }).kept).toBe((message.fields as { kept: object }).kept);
    expect(message.fields).toEqual({ line: new Line('i1', 1), kept: { a: 1 } });
  });

  it('is frozen if the message is, and keeps its symbols', () => {
    const tag = Symbol('tag');
    const message = Object.freeze(Object.assign(new Order(1), { [tag]: 'x' }));
    const result = reinstated(message, { fields: 2 }, Order) as Order & { [tag]: string };
    expect([Object.isFrozen(result), result[tag], result.fields]).toEqual([true, 'x', 2]);
    const own = { fields: 2, [tag]: 'own' };
    expect((reinstated(message, own, Order) as typeof own)[tag]).toBe('x');
  });

  it.each<[string, unknown, unknown, unknown]>([
    ['null in place of an object', { a: 1 }, null, null],
    ['an object in place of null', null, { a: 1 }, { a: 1 }],
    ['a text in place of a list', [1], 'a', 'a'],
    ['an object in place of a list', [1], { 0: 1 }, { 0: 1 }],
    ['a list in place of an object', { 0: 1 }, [1], [1]],
    ['a map in place of a map', new Map([[1, 2]]), new Map([[1, 3]]), new Map([[1, 3]])],
    ['fields that have nothing in common with the instance', new Line('i1', 1), { sum: 5 }, { sum: 5 }],
    [
      'a field that is gone',
      new Line('i1', 1),
      { item: 'i1' },
      Object.assign(Object.create(Line.prototype), { item: 'i1' }),
    ],
    ['a new instance', new Line('i1', 1), new Price(5), new Price(5)],
    [
      'a list that is longer, of one class',
      [new Line('a', 1)],
      [
        { item: 'a', count: 1 },
        { item: 'b', count: 2 },
      ],
      [new Line('a', 1), new Line('b', 2)],
    ],
    [
      'a list that is longer, of several classes',
      [new Line('a', 1), new Price(5)],
      [{ item: 'a', count: 1 }],
      [{ item: 'a', count: 1 }],
    ],
    ['a list in place of an empty one', [], [{ item: 'a', count: 1 }], [{ item: 'a', count: 1 }]],
    ['a plain object that has changed', { a: 1, b: { c: 1 } }, { a: 2, b: { c: 1 } }, { a: 2, b: { c: 1 } }],
  ])('%s', (_title, before, after, expected) => {
    const result = validated(before, after);
    expect(result).toEqual(expected);
    expect(haveSameClasses(result, expected)).toBe(true);
  });

  it('takes what the validator has made of a plain object as it is, unless an instance is within', () => {
    const after = { a: 2 };
    expect(validated({ a: 1 }, after)).toBe(after);
    const line = { line: { item: 'i1', count: 2 } };
    const result = validated({ line: new Line('i1', 1) }, line);
    expect(result).not.toBe(line);
    expect(result).toEqual({ line: new Line('i1', 2) });
  });

  it('gives what has not changed itself: lists, dates, bytes', () => {
    const list = [1, new Line('i1', 1)];
    expect(validated(list, [1, { item: 'i1', count: 1 }])).toBe(list);
    const [date, bytes, set] = [new Date(5), new Uint8Array([1]), new Set([1])];
    expect([validated(date, new Date(5)), validated(bytes, new Uint8Array([1])), validated(set, new Set([1]))]).toEqual(
      [date, bytes, set],
    );
    expect(validated(date, new Date(5))).toBe(date);
    const other = new Date(6);
    expect(validated(date, other)).toBe(other);
  });

  it('of objects that contain themselves', () => {
    interface Node {
      name: string;
      self?: unknown;
      all?: unknown[];
    }
    const [before, after]: Node[] = [{ name: 'a' }, { name: 'b' }];
    before!.self = before;
    after!.self = after;
    const result = validated(before, after) as Node;
    expect(result.name).toBe('b');
    expect(result.self).toBe(result);
    const [list, changed]: unknown[][] = [[1], [2]];
    list!.push(list);
    changed!.push(changed);
    const all = validated(list, changed) as unknown[];
    expect(all[0]).toBe(2);
    expect(all[1]).toBe(all);
  });

  it('one object of the validator in place of two has the class of each', () => {
    const shared = { cents: 7 };
    const result = validated(
      [new Price(1), Object.assign(new Line('i', 1), { cents: 1 })],
      [shared, shared],
    ) as object[];
    expect(haveSameClasses(result, [new Price(7), new Line('i', 1)])).toBe(true);
  });
});

const classOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null ? Object.getPrototypeOf(value) : undefined;

/** Two values, and of lists their items. */
function haveSameClasses(one: unknown, other: unknown): boolean {
  if (classOf(one) !== classOf(other)) return false;
  return !Array.isArray(one) || one.every((item, i) => classOf(item) === classOf((other as unknown[])[i]));
}
