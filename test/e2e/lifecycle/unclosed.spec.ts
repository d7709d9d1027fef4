import { join } from 'node:path';
import { jest } from '@jest/globals';
import { runProgram } from '../faults/program.js';

jest.setTimeout(60_000);

it('An application that is never closed leaves the memory, unless an aggregate may publish to it', async () => {
  const program = join(import.meta.dirname, 'unclosed-program.ts');
  const { output, errors } = await runProgram(program, [], ['--expose-gc']);
  expect(errors).toBe('');
  expect(JSON.parse(output)).toEqual({ withoutAggregates: 0, withAggregates: 1, byAggregate: 1 });
});
