import { QueryBus, StreamQuery } from '../../../lib/index.js';
import { observe } from '../../../lib/extension.js';

class Lines extends StreamQuery<number> {}

const broken = new Error('broken');

/** What begins and ends, and what the source does. */
const log: unknown[] = [];

/** @param fails where the source fails in place of its second row */
function watched({ fails = false } = {}): QueryBus {
  const bus = new QueryBus();
  bus.register(Lines, async function* () {
    try {
      log.push('row 1');
      yield 1;
      if (fails) throw broken;
      log.push('row 2');
      yield 2;
    } finally {
      await undefined;
      log.push('source ended');
    }
  });
  observe(bus, {
    rows: ({ query, context }) => {
      log.push(`begin of ${query.constructor.name}, a ${context.kind}`);
      return { end: (...given) => void log.push(['end', ...given]) };
    },
  });
  return bus;
}

beforeEach(() => void (log.length = 0));

const BEGIN = ['begin of Lines, a query', 'row 1'];

describe('the rows of a stream query, as a probe sees them,', () => {
  it('begin at the first read, and end after the last row', async () => {
    const rows = watched().stream(new Lines())[Symbol.asyncIterator]();
    expect(log).toEqual([]);
    await rows.next();
    expect(log).toEqual(BEGIN);
    await rows.next();
    expect(log).toEqual([...BEGIN, 'row 2']);
    expect(await rows.next()).toEqual({ done: true, value: undefined });
    expect(log).toEqual([...BEGIN, 'row 2', 'source ended', ['end']]);
  });

  it('end when the reader has left, and the source has ended', async () => {
    for await (const row of watched().stream(new Lines())) if (row === 1) break;
    expect(log).toEqual([...BEGIN, 'source ended', ['end']]);
  });

  it('fail with their source', async () => {
    const read = async () => {
      for await (const row of watched({ fails: true }).stream(new Lines())) expect(row).toBe(1);
    };
    await expect(read()).rejects.toBe(broken);
    expect(log).toEqual([...BEGIN, 'source ended', ['end', broken]]);
  });

  it('are none where nothing is read', async () => {
    const rows = watched().stream(new Lines())[Symbol.asyncIterator]();
    await rows.return!();
    expect(log).toEqual([]);
  });
});
