import { Injectable } from '@nestjs/common';
import { Cached, CqrsModule, Query, QueryHandler, TouchedTags, type Touched } from 'nestjs-cqrs';
import type { CachedResult, QueryCache } from 'nestjs-cqrs/extension';
import { start } from '../../support/application.js';

@Cached({ ttl: 60_000 })
class Read extends Query<string> {}

@Injectable()
class Reader {
  @QueryHandler(Read)
  async read() {
    return 'read';
  }
}

/** Answers each key with the same. */
class Foreign implements QueryCache {
  readonly name = 'foreign';

  constructor(private readonly answer: unknown) {}

  /** Says what other processes have touched. */
  say: (tags: readonly string[]) => void = () => undefined;

  get = () => this.answer as CachedResult;
  onTouched = (listener: Foreign['say']) => {
    this.say = listener;
    return () => undefined;
  };
  set(): void {}
  delete(): void {}
  touch(): void {}
  clear(): void {}
}

const result = (fields: object): unknown => ({ value: 'wrong', begun: 1, freshUntil: Infinity, ...fields });

describe('what a cache answers', () => {
  it.each<[string, unknown]>([
    ['null', null],
    ['a text', 'wrong'],
    ['a list', []],
    ['an empty object', {}],
    ['a promise of null', Promise.resolve(null)],
    ['a promise of an empty object', Promise.resolve({})],
    ['times that are texts', result({ begun: '1', freshUntil: '2' })],
    ['times that are NaN', result({ freshUntil: NaN })],
    ['a value of a class that nobody knows', result({ value: { $type: 'class', name: 'gone', version: 1 } })],
    [
      'a field that throws',
      Object.defineProperty({ value: 'wrong', begun: 1 }, 'freshUntil', {
        get: () => {
          throw new Error('no field');
        },
      }),
    ],
    ['undefined', undefined],
  ])('and is no result fails no query, and is no answer: %s', async (_what, answer) => {
    const { queries } = await start({
      imports: [CqrsModule.forRoot({ cache: new Foreign(answer) })],
      providers: [Reader],
    });
    expect(await queries.ask(new Read())).toBe('read');
  });

  it('a result is the answer', async () => {
    const { queries } = await start({
      imports: [CqrsModule.forRoot({ cache: new Foreign(result({ value: 'kept' })) })],
      providers: [Reader],
    });
    expect(await queries.ask(new Read())).toBe('kept');
  });
});

describe('what a cache says of touches elsewhere', () => {
  it('and is no list of tags harms nothing, and is told', async () => {
    const cache = new Foreign(undefined);
    const { app, log } = await start({ imports: [CqrsModule.forRoot({ cache })], providers: [Reader] });
    const heard: Touched[] = [];
    app.get(TouchedTags).onTouched(touched => heard.push(touched));
    const wrong: unknown[] = [null, 'row', [5], undefined];
    for (const tags of wrong) cache.say(tags as string[]);
    cache.say(['row']);
    expect(heard).toEqual([{ tags: ['row'], from: 'elsewhere' }]);
    expect(log.errors).toEqual(wrong.map(() => expect.stringContaining('The bus of the cache failed: Tags must be')));
  });
});
