import { jest } from '@jest/globals';

jest.unstable_mockModule('../../../lib/cli/wiring/wiring.command.js', () => {
  throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
});
jest.unstable_mockModule('../../../lib/cli/wiring/explain.command.js', () => {
  throw new SyntaxError('it cannot be read');
});

const { run } = await import('../../../lib/cli/run.js');

const ended = async (command: string) => {
  const errors: string[] = [];
  const terminal = { folder: '.', print: () => undefined, complain: (text: string) => void errors.push(text) };
  return { code: await run([command, '--help'], terminal), errors };
};

describe('a command that loads Nest', () => {
  it('says so where Nest is not installed', async () => {
    expect(await ended('wiring')).toEqual({
      code: 2,
      errors: ['"wiring" needs the packages of the application. Run it in a project where Nest is installed.'],
    });
  });

  it('fails with what else stops it', async () => {
    await expect(ended('explain')).rejects.toThrow('it cannot be read');
  });
});
