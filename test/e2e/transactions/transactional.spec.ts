import { join } from 'node:path';
import { unitOfWorkConformance } from 'nestjs-cqrs/testing';
import { describeWithPostgres } from '../../support/postgres.js';
import { answerOf } from '../../support/program.js';

const { cases } = unitOfWorkConformance({
  name: 'names',
  hasSavepoints: true,
  transactions: () => never(),
  insert: () => never(),
  fail: () => never(),
  end: () => never(),
  rows: () => never(),
  durable: () => never(),
});

const never = (): never => {
  throw new Error('The cases run in a program.');
};

describeWithPostgres('transactional() of nestjs-cqrs/transactional, over', postgres => {
  describe.each(['pg', 'drizzle', 'typeorm'])('%s', library => {
    let ends: Record<string, string> = {};

    beforeAll(async () => {
      ends = await answerOf(join(import.meta.dirname, 'conformance-program.ts'), [library, postgres.url]);
    }, 120_000);

    it.each(cases.map(({ name }) => name))('%s', name => expect(ends[name]).toBe('passed'));
  });
});
