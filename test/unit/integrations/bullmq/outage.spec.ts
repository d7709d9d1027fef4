import { Outage } from '../../../../lib/integrations/bullmq/outage.js';

describe('an outage', () => {
  const told: string[] = [];
  const outageOf = (): Outage => {
    const outage = new Outage();
    outage.reportTo(problem => void told.push(problem));
    return outage;
  };
  const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });

  beforeEach(() => (told.length = 0));

  it('is told once each time', () => {
    const outage = outageOf();
    outage.lost();
    outage.failed('A worker failed', refused);
    outage.failed('A worker failed', new AggregateError([refused, refused]));
    outage.over();
    outage.failed('A worker failed', refused);
    const text = 'Redis cannot be reached; workers go on when it is back';
    expect(told).toEqual([text, text]);
  });

  it('is not what else fails, which is told once each', () => {
    const outage = outageOf();
    for (const text of ['Missing lock for job 1', 'Missing lock for job 1', 'Missing lock for job 2'])
      outage.failed('A worker failed', new Error(text));
    outage.failed('A worker failed', 'a text');
    outage.failed('Another worker failed', 'a text');
    expect(told).toEqual([...Array.from({ length: 3 }, () => 'A worker failed'), 'Another worker failed']);
  });

  it.each([
    ['several errors at once', new AggregateError([new Error('no route'), refused])],
    ['a code', refused],
    ['a name', Object.assign(new Error(''), { name: 'MaxRetriesPerRequestError' })],
    ['a text', 'Connection is closed.'],
  ])('is seen by %s', (_what, error) => {
    const outage = outageOf();
    outage.failed('A worker failed', error);
    expect(told).toEqual(['Redis cannot be reached; workers go on when it is back']);
  });

  it.each([
    ['an error without a text', new Error('')],
    ['several errors with a text of their own', new AggregateError([refused], 'cannot store')],
    ['a text that loads', 'while LOADING'],
  ])('is not seen by %s', (_what, error) => {
    const outage = outageOf();
    outage.failed('A worker failed', error);
    expect(told).toEqual(['A worker failed']);
  });

  it('is not told before there is anything to tell it, nor after the end', () => {
    const unheard = new Outage();
    expect(() => unheard.lost()).not.toThrow();
    const outage = outageOf();
    outage.end();
    outage.failed('A worker failed', new Error('Missing lock for job 1'));
    outage.lost();
    expect(told).toEqual([]);
  });
});
