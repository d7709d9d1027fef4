import * as fc from 'fast-check';
import { Fifo } from '../../../lib/events/fifo.js';

describe('Fifo', () => {
  it('gives back what was put in, in order, however many', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -3000, max: 3000 }), { maxLength: 20 }), steps => {
        const fifo = new Fifo<number>();
        const array: number[] = [];
        let next = 0;
        const taken: [number | undefined, number | undefined][] = [];
        for (const step of steps)
          for (let i = 0; i < Math.abs(step); i++) {
            if (step < 0) taken.push([fifo.shift(), array.shift()]);
            else {
              fifo.push(next);
              array.push(next++);
            }
          }
        expect(taken.filter(([given, expected]) => given !== expected)).toEqual([]);
        expect(fifo.size).toBe(array.length);
      }),
      { numRuns: 20 },
    );
  });
});
