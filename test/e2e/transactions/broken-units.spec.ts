import { unitOfWorkConformance } from 'nestjs-cqrs/testing';
import { testCases } from '../../support/conformance-cases.js';
import { BROKEN_UNITS } from './broken-units.js';
import { memoryUnits } from './memory-units.js';

/** How a case fails: by itself, or with what a command or an event of it says. */
const TOLD = /^(AssertionError|CqrsException|Error)$/;

describe('the conformance suite of units of work', () => {
  it.each(BROKEN_UNITS)('tells that %s', async (_how, breakage, told) => {
    const { cases } = unitOfWorkConformance({ ...breakage(), patience: 500 });
    const [found, ...others] = cases.filter(({ name }) => told.test(name));
    expect(others).toEqual([]);
    const failure: unknown = await found!.run().catch((error: unknown) => error);
    expect(failure?.constructor.name).toMatch(TOLD);
  });

  it('has broken transactions for each case', () => {
    const names = unitOfWorkConformance(memoryUnits()).cases.map(({ name }) => name);
    expect(names.filter(name => !BROKEN_UNITS.some(([, , told]) => told.test(name)))).toEqual([]);
  });

  describe('passes transactions in memory', () => {
    const adapter = memoryUnits();
    // Retries are due in virtual time.
    let timer: NodeJS.Timeout;
    beforeAll(() => void (timer = setInterval(() => void adapter.engine.clock.advance(5), 5)));
    afterAll(() => clearInterval(timer));
    testCases(unitOfWorkConformance(adapter));
  });
});
