import { bullmq, type BullMQOptions } from 'nestjs-cqrs/bullmq';
import { readOptions } from '../../../../lib/integrations/bullmq/options.js';

describe('the options of bullmq()', () => {
  it('have defaults', () => {
    expect(readOptions({})).toEqual({ prefix: 'cqrs', lease: 30_000, keep: { age: 86_400_000, count: 10_000 } });
    expect(readOptions({ keep: { count: 5 } }).keep).toEqual({ age: 86_400_000, count: 5 });
  });

  it.each([
    { prefix: 'a', lease: 100, keep: { age: 1, count: 1 } },
    { prefix: '{a:b}', lease: 2 ** 31 - 1, keep: { age: Number.MAX_SAFE_INTEGER, count: 2 } },
  ])('may be %j', options => {
    expect(readOptions(options)).toEqual(options);
  });

  it('come with a client of ioredis too', () => {
    const client = { duplicate: () => undefined, defineCommand: () => undefined };
    expect(bullmq(client as object).engine).toBe('bullmq');
  });

  it.each<[unknown, string]>([
    [null, 'must be an object'],
    [{ lese: 1 }, 'no option "lese"'],
    [{ prefix: '' }, '"prefix" must be'],
    [{ prefix: 'a:' }, '"prefix" must be'],
    [{ prefix: 7 }, '"prefix" must be'],
    [{ lease: 99 }, '"lease" must be'],
    [{ lease: 1000.5 }, '"lease" must be'],
    [{ lease: 2 ** 31 }, '"lease" must be'],
    [{ lease: '1000' }, '"lease" must be'],
    [{ keep: 5 }, '"keep" must be an object'],
    [{ keep: { ages: 5 } }, 'no option "keep.ages"'],
    [{ keep: { age: 0 } }, '"keep.age" must be'],
    [{ keep: { age: Infinity } }, '"keep.age" must be'],
    [{ keep: { count: 0 } }, '"keep.count" must be'],
  ])('cannot be %j', (options, said) => {
    const make = () => bullmq({}, options as BullMQOptions);
    expect(make).toThrow(said);
    expect(make).toThrow(expect.objectContaining({ code: 'CQRS_INVALID_OPTIONS' }));
  });

  it.each([undefined, null, 'redis://127.0.0.1', { duplicate: () => undefined }])(
    'need a connection, not %p',
    given => {
      const make = () => bullmq(given as object);
      expect(make).toThrow(expect.objectContaining({ code: 'CQRS_INVALID_OPTIONS' }));
    },
  );

  it('connect to nothing yet', () => {
    const transport = bullmq({ host: 'absent.invalid' });
    expect([transport.engine, transport.features.transaction, transport.features.keys]).toEqual([
      'bullmq',
      false,
      'none',
    ]);
  });
});
