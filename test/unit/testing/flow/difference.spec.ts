import { difference, matches, otherFields } from '../../../../lib/testing/flow/difference.js';

class Place {
  constructor(
    readonly id: string,
    readonly lines: unknown,
  ) {}
}
class OtherPlace extends Place {}

const any = (type: unknown): unknown => expect.any(type);

describe('whether a value is as expected', () => {
  it.each<[string, unknown, unknown, boolean]>([
    ['equal texts', 'a', 'a', true],
    ['other texts', 'a', 'b', false],
    ['NaN and NaN', NaN, NaN, true],
    ['0 and -0', 0, -0, false],
    ['null and undefined', null, undefined, false],
    ['null and an object', null, {}, false],
    ['an object and null', {}, null, false],
    ['an object and a text', {}, 'a', false],
    ['fields in another order', { a: 1, b: 2 }, { b: 2, a: 1 }, true],
    ['one field less than expected', { a: 1, b: undefined }, { a: 1 }, false],
    ['one field more than expected', { a: 1 }, { a: 1, b: undefined }, false],
    ['as many fields of other names', { a: undefined }, { b: undefined }, false],
    ['equal instances of a class', new Place('o1', [1]), new Place('o1', [1]), true],
    ['instances of other classes', new Place('o1', [1]), new OtherPlace('o1', [1]), false],
    ['an instance and its fields', new Place('o1', []), { id: 'o1', lines: [] }, false],
    ['a field that differs far within', { a: [{ b: [1, { c: 2 }] }] }, { a: [{ b: [1, { c: 3 }] }] }, false],
    ['a list and its beginning', [1, 2], [1], false],
    ['a list and an object with its fields', [1], { 0: 1 }, false],
    ['equal dates', new Date(5), new Date(5), true],
    ['other dates', new Date(5), new Date(6), false],
    ['equal maps', new Map([['a', { b: 1 }]]), new Map([['a', { b: 1 }]]), true],
    ['other sets', new Set([1]), new Set([2]), false],
    ['errors of other texts', new Error('a'), new Error('b'), false],
    ['a matcher that accepts', any(Number), 1, true],
    ['a matcher that refuses', any(Number), '1', false],
    ['a matcher within a list within an object', { a: [1, any(String)] }, { a: [1, 'x'] }, true],
    ['a matcher within that refuses', { a: [1, any(String)] }, { a: [1, 2] }, false],
  ])('%s', (_title, expected, actual, isEqual) => {
    expect(matches(expected, actual)).toBe(isEqual);
  });
});

describe('fields of a message that are not as expected', () => {
  it('of a plain object those that it names', () => {
    expect(otherFields({ id: 'o2' }, new Place('o1', [1]))).toEqual(['id']);
    expect(otherFields({ id: 'o1' }, new Place('o1', [1]))).toEqual([]);
    expect(otherFields({ id: 'o2', more: 1 }, new Place('o1', [1]))).toEqual(['id', 'more']);
  });

  it('of a message all, also those that one of them has alone, each once', () => {
    const given = Object.assign(new Place('o1', [1]), { note: 'x' });
    expect(otherFields(new Place('o2', [1]), given)).toEqual(['id', 'note']);
    expect(otherFields(given, new Place('o1', [1]))).toEqual(['note']);
  });
});

describe('a difference as text', () => {
  it('shows the whole message, what differs twice', () => {
    expect(difference(new Place('o2', ['a', 'b']), new Place('o1', ['a', 'c', 'b']))).toEqual([
      '  Place {',
      "-   id: 'o2',",
      "+   id: 'o1',",
      '    lines: [',
      "      'a',",
      "+     'c',",
      "      'b'",
      '    ]',
      '  }',
    ]);
  });

  it('fills up what a plain object does not name', () => {
    expect(difference({ lines: 2 }, new Place('o1', 1))).toEqual([
      '  Place {',
      "    id: 'o1',",
      '-   lines: 2',
      '+   lines: 1',
      '  }',
    ]);
  });

  it('keeps what is left at the end, of the one and of the other', () => {
    class Lines {
      constructor(readonly all: number[]) {}
    }
    expect(difference(new Lines([1, 2]), new Lines([1]))).toEqual([
      '  Lines {',
      '    all: [',
      '-     1,',
      '-     2',
      '+     1',
      '    ]',
      '  }',
    ]);
    class Empty {}
    expect(difference(new Empty(), Object.assign(new Empty(), { a: 1 }))).toEqual([
      '- Empty {}',
      '+ Empty {',
      '+   a: 1',
      '+ }',
    ]);
  });
});

describe('objects that contain themselves', () => {
  interface Line {
    order?: object;
    readonly price: unknown;
  }
  class Order {
    readonly lines: Line[];
    constructor(price: unknown) {
      this.lines = [{ price, order: this }];
    }
  }

  it('are equal where they come back to themselves alike', () => {
    expect(matches(new Order(5), new Order(5))).toBe(true);
    expect(matches(new Order(any(Number)), new Order(5))).toBe(true);
    expect(matches(new Order(6), new Order(5))).toBe(false);
    const longer = new Order(5);
    longer.lines[0]!.order = new Order(5);
    expect(matches(longer, new Order(5))).toBe(true);
  });

  it('are printed with what differs', () => {
    expect(difference(new Order(6), new Order(5)).filter(line => !line.startsWith(' '))).toEqual([
      '-       price: 6,',
      '+       price: 5,',
    ]);
  });
});

describe('large objects', () => {
  class Import {
    readonly rows: object[];
    constructor(valueOf: (row: number) => unknown) {
      this.rows = Array.from({ length: 100 }, (_, row) =>
        Object.fromEntries(
          Array.from({ length: 200 }, (_each, field) => [`f${field}`, field === 99 ? valueOf(row) : 0]),
        ),
      );
    }
  }

  it('show what differs, with three lines around it', () => {
    expect(difference(new Import(row => (row === 50 ? 2 : 1)), new Import(() => 1))).toEqual([
      '  …',
      '        f96: 0,',
      '        f97: 0,',
      '        f98: 0,',
      '-       f99: 2,',
      '+       f99: 1,',
      '        f100: 0,',
      '        f101: 0,',
      '        f102: 0,',
      '  …',
    ]);
  });

  it('are shown whole up to 200 lines', () => {
    class Row {
      constructor(count: number, last: number) {
        for (let field = 1; field < count; field++) Object.assign(this, { [`f${field}`]: 0 });
        Object.assign(this, { last });
      }
    }
    // Two lines around the fields, and one more for the field that differs.
    const linesOf = (count: number) => difference(new Row(count, 1), new Row(count, 2));
    expect(linesOf(197)).toHaveLength(200);
    expect(linesOf(198)).toEqual([
      '  …',
      '    f195: 0,',
      '    f196: 0,',
      '    f197: 0,',
      '-   last: 1',
      '+   last: 2',
      '  }',
    ]);
  });

  it('that have nothing in common near are not laid side by side: the first 1,000 lines are shown', () => {
    const lines = difference(new Import(() => 2), new Import(() => 1));
    expect(lines.length).toBe(1_001);
    expect(lines.at(-1)).toMatch(/^  … and [1-9]\d+ more lines$/);
  });
});
