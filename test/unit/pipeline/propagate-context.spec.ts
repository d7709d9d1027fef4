import { defer, from, lastValueFrom, of, toArray, type Observable } from 'rxjs';
import { MessageContext } from '../../../lib/index.js';
import { compose } from '../../../lib/pipeline/compose.js';
import { propagateContext, propagateToRows } from '../../../lib/pipeline/propagate-context.js';

class Rows {}

const context = new MessageContext('query', Rows, { name: 'RowsHandler' });
const ask = (answer: () => unknown) =>
  compose([propagateContext, propagateToRows], { run: async () => answer(), usesContext: false }).run(
    new Rows(),
    context,
  );
const here = () => MessageContext.find() === context;

describe('the context of a query, for what its handler leaves to run later', () => {
  it.each<[string, () => unknown]>([
    [
      'an async generator',
      async function* () {
        yield here();
        await Promise.resolve();
        yield here();
      },
    ],
    [
      'a generator',
      function* () {
        yield here();
        yield here();
      },
    ],
  ])('is that of the query in %s, and its reader keeps its own', async (_, source) => {
    const rows = (await ask(source)) as AsyncIterable<boolean>;
    const seen: boolean[] = [];
    for await (const row of rows) seen.push(row, here());
    expect(seen).toEqual([true, false, true, false]);
  });

  it('is that of the query in an Observable', async () => {
    const rows = (await ask(() => defer(() => of(here(), here())))) as Observable<boolean>;
    expect(await lastValueFrom(rows.pipe(toArray()))).toEqual([true, true]);
    expect(here()).toBe(false);
  });

  it('is still there when a generator is ended, or told of an error', async () => {
    const ends: unknown[] = [];
    async function* counting() {
      try {
        yield 1;
        yield 2;
      } catch (error) {
        ends.push(error);
      } finally {
        ends.push(here());
      }
    }
    for await (const row of (await ask(counting)) as AsyncIterable<number>) if (row === 1) break;
    const rows = (await ask(counting)) as AsyncGenerator<number>;
    await rows.next();
    await rows.throw('told');
    expect(ends).toEqual([true, 'told', true]);
  });

  it.each<[string, unknown]>([
    ['a list', [1, 2]],
    ['a text', 'text'],
    ['nothing', undefined],
    ['null', null],
    ['an object', { next: 1 }],
  ])('changes nothing about %s', async (_, answer) => {
    expect(await ask(() => answer)).toBe(answer);
  });

  it('does not keep an Observable from passing its errors and its end on', async () => {
    const error = new Error('broken');
    const broken = (await ask(() => from(Promise.reject(error)))) as Observable<unknown>;
    await expect(lastValueFrom(broken)).rejects.toBe(error);
  });
});
