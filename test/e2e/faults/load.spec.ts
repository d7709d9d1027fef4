import { jest } from '@jest/globals';
import * as cqrs from 'nestjs-cqrs';
import { loads } from '../../bench/reliability-load.mjs';

jest.setTimeout(60_000);

/** The loads of `npm run reliability`, smaller. */
describe('Nothing is lost and everything is counted under', () => {
  it.each(loads(cqrs, { events: 2_000, handlers: 100 }).map(load => [load.name, load.run] as const))(
    '%s',
    async (_, run) => {
      for (const { what, expected, counted } of await run()) expect([what, counted]).toEqual([what, expected]);
    },
  );
});
