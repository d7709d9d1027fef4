import { jest } from '@jest/globals';
import { Message, MessageCatalog } from '../../../lib/index.js';
import { readResult, writeResult } from '../../../lib/transport/value-codec.js';

@Message({ name: 'codec.money' })
class Money {
  constructor(readonly amount: bigint) {}
}

const catalog = new MessageCatalog([Money]);

describe('A result on its way', () => {
  it('is nothing where there is none', () => {
    expect(writeResult(catalog, undefined, 'the result')).toBeUndefined();
    expect(readResult(catalog, undefined)).toBeUndefined();
  });

  it.each([null, '', 'text', true, false])('is the same in JSON: %p', value => {
    const writing = jest.spyOn(catalog, 'valueToJSON');
    const reading = jest.spyOn(catalog, 'valueFromJSON');
    expect(writeResult(catalog, value, 'the result')).toBe(value);
    expect(readResult(catalog, value)).toBe(value);
    expect([writing.mock.calls, reading.mock.calls]).toEqual([[], []]);
    jest.restoreAllMocks();
  });

  it.each<[string, unknown]>([
    ['a number', 1.5],
    ['not a number', NaN],
    ['a large integer', 12n],
    ['a date', new Date(0)],
    ['a list', [1, undefined, null]],
    ['an object', { a: new Map([['b', 1n]]) }],
    ['an instance', new Money(5n)],
  ])('is written as an envelope writes it: %s', (_, value) => {
    const written = JSON.parse(JSON.stringify(writeResult(catalog, value, 'the result'))) as unknown;
    expect(readResult(catalog, written)).toStrictEqual(value);
  });

  it('is told by its name where it cannot be written', () => {
    expect(() => writeResult(catalog, { a: () => 1 }, 'the result of users.get')).toThrow(/the result of users\.get/);
  });
});
