import { Injectable } from '@nestjs/common';
import { Cached, CqrsModule, memoryCache, Message, Query, QueryHandler } from 'nestjs-cqrs';
import { start } from '../../support/application.js';

/** Two classes of one form. */
class Is {
  constructor(readonly value: string) {}
}

class IsNot {
  constructor(readonly value: string) {}
}

/** Hides what it holds. */
class Password {
  constructor(readonly value: string) {}

  toJSON() {
    return '***';
  }
}

@Message({ name: 'keys.range' })
class Range {
  constructor(
    readonly from: number,
    readonly to: number,
  ) {}
}

@Cached({ ttl: 60_000 })
class Find extends Query<number> {
  constructor(readonly by: unknown) {
    super();
  }
}

@Injectable()
class Finder {
  runs = 0;

  @QueryHandler(Find)
  async find() {
    return ++this.runs;
  }
}

const startFinder = () =>
  start({ imports: [CqrsModule.forRoot({ cache: memoryCache(), messages: [Range] })], providers: [Finder] });

const withHidden = (id: string) => Object.defineProperty({ kind: 'row' }, 'id', { value: id });

describe('two queries', () => {
  it.each<[string, unknown, unknown]>([
    ['values of two classes with the same fields', new Is('a'), new IsNot('a')],
    ['a value of a class, and a plain one', new Is('a'), { value: 'a' }],
    ['values whose toJSON() hides the difference', new Password('a'), new Password('b')],
    ['values that differ in a field that is not enumerable', withHidden('a'), withHidden('b')],
    ['numbers', 0, -0],
    ['nothing', undefined, null],
    ['texts of which UTF-8 makes one', '\ud800'.repeat(400), '\ud801'.repeat(400)],
    ['a date, and its text', new Date(0), new Date(0).toISOString()],
    ['a tag of the codec', 1n, { $type: 'bigint', value: '1' }],
    ['long texts', 'x'.repeat(1_000), `${'x'.repeat(1_000)}y`],
    ['ranges', new Range(1, 2), new Range(1, 3)],
  ])('that are not equal have answers of their own: %s', async (_what, one, other) => {
    const { queries } = await startFinder();
    const both = async () => [await queries.ask(new Find(one)), await queries.ask(new Find(other))];
    const [first, second] = await both();
    expect(first).not.toBe(second);
    const [again, secondAgain] = await both();
    expect(again).not.toBe(secondAgain);
  });

  it.each<[string, unknown, unknown]>([
    ['of fields in another order', { a: 1, b: [2] }, { b: [2], a: 1 }],
    ['of a class that messages names', new Range(1, 2), new Range(1, 2)],
    ['of dates', new Date(0), new Date(0)],
  ])('that are equal have one answer: %s', async (_what, one, other) => {
    const { queries } = await startFinder();
    expect([await queries.ask(new Find(one)), await queries.ask(new Find(other))]).toEqual([1, 1]);
  });

  it('of which one cannot be told from another are not kept, and that is told', async () => {
    const { queries, log } = await startFinder();
    await queries.ask(new Find(new Password('a')));
    expect(log.warnings).toEqual([expect.stringContaining('Find is not cached: its key cannot be made.')]);
  });
});
