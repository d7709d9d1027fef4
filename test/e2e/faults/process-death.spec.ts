import { join } from 'node:path';
import { jest } from '@jest/globals';
import { runProgram } from './program.js';

/** Each test starts a process that compiles the library. */
jest.setTimeout(60_000);

const PROGRAMS = join(import.meta.dirname, 'programs.ts');

/**
 * What `@nestjs/cqrs` lets end the process. Each scenario is a program in `programs.ts` that runs in a process of its
 * own; the exit code is 0 only if nothing reached `uncaughtException` or `unhandledRejection`.
 */
describe('The process survives an application that', () => {
  it.each([
    ['publishes what is no event', ['handled 1', 'handled 2', 'handled 3']],
    ['puts what is no event into subject$', ['handled 1']],
    ['has a source that completes and one that fails', ['handled 1', 'seen 1', 'handled 2', 'seen 2']],
    ['commits to a publisher that rejects', ['survived']],
    ['has publishers that reject and throw', ['worked 1', 'answer', 'worked 2', 'answer']],
    [
      'rethrows unhandled exceptions',
      [
        'handled 1',
        'failing 1',
        'handled 2',
        'failing 2',
        'handled 3',
        'failing 3',
        'caller is told: broken',
        'handled 4',
        'failing 4',
      ],
    ],
    [
      'has publishers of failures that throw and reject',
      ['handled 1', 'failing 1', 'handled 2', 'failing 2', 'handled 3', 'failing 3'],
    ],
    ['has subscribers that throw', ['handled 1', 'worked 2', 'answer', 'handled 4']],
    ['has a saga that throws in every way', ['handled 1', 'handled 2', 'handled 3', 'worked 3', 'worked 30']],
    [
      'has handlers that reject with anything',
      ['handled 0', 'handled 1', 'handled 2', 'handled 3', 'handled 4', 'handled 5', 'reported 6'],
    ],
    ['has a logger that throws', ['handled 1', 'handled 2']],
    ['has handlers that return a strange thenable', ['handled 1', 'handled 2']],
    ['publishes after the end', ['BusClosedException', 'survived']],
  ])('%s', async (program, seen) => {
    const { code, output, errors } = await runProgram(PROGRAMS, [program]);
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(JSON.parse(output)).toEqual(seen);
  });
});
