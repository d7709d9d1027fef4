import { luaOf } from '../../../../lib/integrations/bullmq/bullmq-script.js';

const script = { lua: 'return 1', numberOfKeys: 2 };

describe('a script of BullMQ', () => {
  it('is found by its name, whatever its version', () => {
    const scriptsSet = { 'moveToFinished:6.7.0': script, 'moveToFinishedTwice:6.7.0': {} };
    expect(luaOf({ scriptsSet } as never, 'moveToFinished')).toBe(script);
  });

  it.each([[{}], [{ scriptsSet: { 'moveToFinishedTwice:6.7.0': script } }]])(
    'that is not in the installed version is named: %j',
    client => {
      expect(() => luaOf(client as never, 'moveToFinished')).toThrow(
        'The version of BullMQ that is installed has no script "moveToFinished".',
      );
    },
  );
});
