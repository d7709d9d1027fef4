import { jest } from '@jest/globals';
import manifest from '../../../package.json' with { type: 'json' };
import { run } from '../../../lib/cli/run.js';
import { TemporaryProject } from './temporary-project.js';

// TypeScript is loaded anew for each file of tests, which takes seconds on a busy machine.
jest.setTimeout(60_000);

describe('nestjs-cqrs', () => {
  const project = new TemporaryProject({ 'a-file': '' });
  afterAll(() => project[Symbol.dispose]());

  it.each([['--help'], ['-h']])('prints its help with %s', async option => {
    const { code, output, errors } = await project.run(option);
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(output).toContain('\n  migrate    change a project from');
    expect(output).toContain('Exit codes');
  });

  it.each([['--version'], ['-v']])('prints its version with %s', async option => {
    expect(await project.run(option)).toEqual({ code: 0, output: manifest.version, errors: '' });
  });

  it.each([['--help'], ['-h']])('prints the help of a command with %s, in less than 25 lines', async option => {
    const { code, output } = await project.run('migrate', option);
    expect(code).toBe(0);
    expect(output).toContain('--dry-run');
    expect(output).toContain('--force');
    expect(output.split('\n').length).toBeLessThan(25);
  });

  it.each([
    [[], 'Usage: nestjs-cqrs <command>'],
    [['wat'], 'Unknown command "wat". Run "nestjs-cqrs --help"'],
    [['constructor'], 'Unknown command "constructor".'],
    [['--wat'], 'Unknown option "--wat". Run "nestjs-cqrs --help"'],
    [['migrate', '--wat'], `Unknown option '--wat'. Run "nestjs-cqrs migrate --help"`],
    [['migrate', '--force=yes'], 'Run "nestjs-cqrs migrate --help"'],
    [['migrate', 'a', 'b'], 'migrate takes one folder, not 2.'],
    [['migrate', 'nowhere'], 'There is no folder'],
    [['migrate', 'a-file'], 'is not a folder'],
  ])('%j is wrong use: exit code 2, and what to do', async (args, said) => {
    const { code, output, errors } = await project.run(...args);
    expect({ code, output }).toEqual({ code: 2, output: '' });
    expect(errors).toContain(said);
  });

  it.each<[string, unknown, string]>([
    ['an error without a stack', Object.assign(new Error('gone'), { stack: undefined }), 'gone'],
    ['a text', 'gone', 'gone'],
  ])('tells of %s too', async (_what, failure, told) => {
    const errors: string[] = [];
    const print = () => {
      throw failure;
    };
    const terminal = { folder: project.folder, print, complain: (text: string) => void errors.push(text) };
    expect(await run(['migrate', '--dry-run'], terminal)).toBe(1);
    expect(errors).toEqual([told]);
  });

  it('ends with exit code 1 and tells of a failure that is not foreseen', async () => {
    const errors: string[] = [];
    const print = () => {
      throw new Error('the terminal is gone');
    };
    const terminal = { folder: project.folder, print, complain: (text: string) => void errors.push(text) };
    expect(await run(['migrate', '--dry-run'], terminal)).toBe(1);
    expect(errors).toEqual([expect.stringMatching(/^Error: the terminal is gone\n +at /)]);
  });
});
