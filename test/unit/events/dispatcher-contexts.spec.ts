import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { EventBus } from '../../../lib/index.js';

class Saved {}

describe('A name in a dispatcher context', () => {
  let warn: jest.SpiedFunction<Logger['warn']>;
  beforeEach(() => {
    warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  });
  afterEach(() => jest.restoreAllMocks());

  const near = async (context: object): Promise<string | undefined> => {
    await new EventBus().publish(new Saved(), context);
    return /Did you mean "(\w+)"/.exec(String(warn.mock.calls[0]?.[0] ?? ''))?.[1];
  };

  it.each([
    ['one other letter in a name of seven', { hexders: { tenant: 'a' } }, 'headers'],
    ['one other letter in a name of seven, of a number', { timeour: 5 }, 'timeout'],
    ['a letter too many in a short name', { modee: 'sequential' }, 'mode'],
    ['two letters of a short name that changed places', { moed: 'sequential' }, 'mode'],
    ['another case', { SIGNAL: AbortSignal.abort() }, 'signal'],
  ])('with %s is warned about', async (_what, context, expected) => {
    expect(await near(context)).toBe(expected);
  });

  it.each([
    ['one other letter in a name of six', { sigmal: AbortSignal.abort() }],
    ['a value that the option cannot have', { timeour: 'soon' }],
  ])('with %s is not', async (_what, context) => {
    expect(await near(context)).toBeUndefined();
  });
});
