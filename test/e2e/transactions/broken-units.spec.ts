import { unitOfWorkConformance, type UnitOfWorkConformanceAdapter } from 'nestjs-cqrs/testing';
import { leaveRejection, testCases } from '../../support/conformance-cases.js';
import { BROKEN_UNITS } from './broken-units.js';
import { memoryUnits, MemoryUnits, type Running } from './memory-units.js';

/** How a case fails: by itself, or with what a command or an event of it says. */
const TOLD = /^(AssertionError|CqrsException|Error)$/;

class LeavesRejection extends MemoryUnits {
  protected override async commit(running: Running) {
    leaveRejection();
    await super.commit(running);
  }
}

/** Without all that an adapter may leave out. */
function plainUnits(): UnitOfWorkConformanceAdapter {
  const { name, transactions, insert, rows } = memoryUnits();
  return { name, hasSavepoints: false, transactions, insert, rows };
}

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

  it('tells of a promise that is rejected without a handler, though the case holds', async () => {
    const { cases } = unitOfWorkConformance(memoryUnits(LeavesRejection));
    const commit = cases.find(({ name }) => name.startsWith('a commit keeps the rows'));
    await expect(commit!.run()).rejects.toThrow('left alone');
  });

  it('skips what an adapter does not promise, and says why', () => {
    const reasons = unitOfWorkConformance(plainUnits()).cases.flatMap(({ skipped }) => skipped ?? []);
    expect([...new Set(reasons)].toSorted()).toEqual([
      'the adapter has no engine',
      'the adapter has no savepoints',
      'the adapter has no statement that ends a transaction',
      'the adapter has no statement that fails',
    ]);
  });

  // What sagas note comes after the end of the command.
  it('waits for what runs after a commit, over a slow connection', async () => {
    const sound = plainUnits();
    const rows = async () => (await new Promise(resolve => setTimeout(resolve, 20)), sound.rows());
    const { cases } = unitOfWorkConformance({ ...sound, rows });
    const phases = cases.find(({ name }) => name.startsWith('each phase has the context'));
    await expect(phases!.run()).resolves.toBeUndefined();
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
