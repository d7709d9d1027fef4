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
    expect(told).toEqual(Array.from({ length: 3 }, () => 'A worker failed'));
  });

  it('is not told after the end', () => {
    const outage = outageOf();
    outage.end();
    outage.lost();
    expect(told).toEqual([]);
  });
});
