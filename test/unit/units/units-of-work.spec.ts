import { UnitsOfWork } from '../../../lib/units/units-of-work.js';

describe('UnitsOfWork', () => {
  it('connects what has the transactions once, however many modules ask', () => {
    const gets: unknown[] = [];
    const units = new UnitsOfWork({
      name: 'library',
      connect: (get: unknown) => void gets.push(get),
      current: () => undefined,
      begin: async () => Promise.reject(new Error('never')),
    } as unknown as ConstructorParameters<typeof UnitsOfWork>[0]);
    const get = () => undefined as never;
    units.connect(get);
    units.connect(get);
    expect(gets).toEqual([get]);
  });
});
