import { jobId, Names } from '../../../../lib/integrations/pg-boss/names.js';

describe('names of queues in pg-boss', () => {
  const names = new Names('cqrs');

  it('hold only what pg-boss takes', () => {
    for (const name of ['billing.charge', 'a:b', 'ünïcode name', "it's {here}/*", '💌', 'Ω'.repeat(200)]) {
      expect(names.queue(name)).toMatch(/^[\w.\-/]+$/);
      expect(names.schedule(name)).toMatch(/^[\w.\-/]+$/);
    }
    expect(names.queue('billing.charge')).toBe('cqrs.billing.charge');
  });

  it('differ where the names differ', () => {
    const all = ['a:b', 'a/3a/b', 'a3ab', 'a_b', 'a-b', 'a.b', 'A:b', 'a::b', 'a: b', '-schedules.a', '.a'];
    const encoded = all.flatMap(name => [names.queue(name), names.schedule(name)]);
    expect(new Set(encoded).size).toBe(2 * all.length);
  });
});

describe('the id of a job in pg-boss', () => {
  const uuid = '018f3a5e-7b1c-7c3d-9e2f-1a2b3c4d5e6f';

  it('is the given one if that is a UUID in lower case', () => {
    expect(jobId('mail', uuid)).toBe(uuid);
    expect(jobId('mail', uuid.toUpperCase())).not.toBe(uuid);
  });

  it('is else a UUID of version 5, the same each time', () => {
    for (const id of ['mail-17', '', '💌', 'y'.repeat(255)]) {
      expect(jobId('mail', id)).toMatch(/^[\da-f]{8}-[\da-f]{4}-5[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
      expect(jobId('mail', id)).toBe(jobId('mail', id));
    }
  });

  it('differs by queue and id', () => {
    const pairs = [
      ['mail', 'a'],
      ['mail', 'b'],
      ['mai', 'la'],
      ['', 'maila'],
    ] as const;
    expect(new Set(pairs.map(([queue, id]) => jobId(queue, id))).size).toBe(pairs.length);
  });
});
