import { inspect } from 'node:util';
import { jest } from '@jest/globals';
import { ConsoleLogger, Logger, type LoggerService } from '@nestjs/common';
import { Command, CommandBus, Event, EventBus, logMessages, type LogMessagesOptions } from '../../../lib/index.js';
import { MessageLine } from '../../../lib/telemetry/message-line.js';
import { quietLog } from '../../support/quiet-log.js';

class CreateUser extends Command<string> {
  constructor(
    readonly name: string,
    readonly password = 'hunter2',
  ) {
    super();
  }
}

class UserCreated extends Event {}

const METHODS = ['log', 'error', 'warn', 'debug', 'verbose'] as const;

/** A logger that keeps what it is told. */
function keeping() {
  const lines: { level: string; line: MessageLine }[] = [];
  const logger = Object.fromEntries(
    METHODS.map(level => [level, (line: MessageLine) => void lines.push({ level, line })]),
  ) as unknown as LoggerService;
  return { lines, logger };
}

function busWith(options: LogMessagesOptions, handle: (command: CreateUser) => unknown = () => 'u1') {
  const commands = new CommandBus({ middleware: [logMessages(options)] });
  commands.register(CreateUser, async (command: CreateUser) => (await handle(command)) as string);
  return commands;
}

describe('logMessages', () => {
  it('logs one line for a handled message, with its handler, time, outcome and identifiers', async () => {
    const { lines, logger } = keeping();
    await busWith({ logger }).execute(new CreateUser('Ada'), {
      messageId: 'm1',
      correlationId: 'c1',
      causationId: 'm0',
    });

    expect(lines.map(({ level }) => level)).toEqual(['debug']);
    expect({ ...lines[0]!.line }).toEqual({
      kind: 'command',
      type: 'CreateUser',
      handler: expect.any(String),
      module: undefined,
      outcome: 'ok',
      duration: expect.any(Number),
      attempts: 1,
      messageId: 'm1',
      correlationId: 'c1',
      causationId: 'm0',
    });
    expect(String(lines[0]!.line)).toMatch(/^command CreateUser → .+ {2}\d+\.\d ms {2}ok {2}\[c1 < m0\]$/);
  });

  it.each(METHODS)('logs at the level %s', async level => {
    const { lines, logger } = keeping();
    await busWith({ logger, level }).execute(new CreateUser('Ada'));
    const failing = busWith({ logger, failures: level }, () => Promise.reject(new Error('taken')));
    await expect(failing.execute(new CreateUser('Ada'))).rejects.toThrow('taken');
    expect(lines.map(one => [one.level, one.line.outcome])).toEqual([
      [level, 'ok'],
      [level, 'failed'],
    ]);
  });

  it('tells the time in milliseconds with three digits, in the text with one', () => {
    const commands = new CommandBus();
    commands.register(CreateUser, () => Promise.resolve('u1'));
    const context = commands.dispatcher.describe(new CreateUser('Ada'), CreateUser, { name: 'CreateUserHandler' });
    const line = new MessageLine(context, 12.345_67, { isSlow: false, fields: { name: 'Ada', tags: ['a', 'b'] } });
    expect(line.duration).toBe(12.346);
    expect(String(line)).toContain("  12.3 ms  ok, the handler did not run  { name: 'Ada', tags: [ 'a', 'b' ] }  [");
  });

  it('prints as one line where a logger prints objects, and as fields where it writes JSON', async () => {
    const { lines, logger } = keeping();
    await busWith({ logger }).execute(new CreateUser('Ada'));
    const { line } = lines[0]!;

    expect(inspect(line)).toBe(String(line));
    expect(JSON.parse(JSON.stringify(line))).toMatchObject({ type: 'CreateUser', outcome: 'ok', attempts: 1 });
  });

  it('logs a failure as a warning, and the caller still has the error', async () => {
    const { lines, logger } = keeping();
    const error = Object.assign(new RangeError('taken:\n\u001b[31mforged'), { code: 'E_TAKEN' });
    const sent = busWith({ logger }, () => Promise.reject(error)).execute(new CreateUser('Ada'));

    await expect(sent).rejects.toBe(error);
    expect(lines).toMatchObject([
      {
        level: 'warn',
        line: { outcome: 'failed', error: { name: 'RangeError', message: error.message, code: 'E_TAKEN' } },
      },
    ]);
    expect(String(lines[0]!.line)).toContain('failed: RangeError: taken: [31mforged');
  });

  it('logs as a warning what takes as long as the option says', async () => {
    const { lines, logger } = keeping();
    await busWith({ logger, slow: 0 }).execute(new CreateUser('Ada'));
    expect(lines).toMatchObject([{ level: 'warn', line: { outcome: 'slow' } }]);
  });

  it('tells retries, and a handler that did not run', async () => {
    const { lines, logger } = keeping();
    let runs = 0;
    const commands = new CommandBus({
      middleware: [
        logMessages({ logger }),
        async (message, next) =>
          (message as CreateUser).name === 'none' ? 'cached' : next(message).catch(() => next(message)),
      ],
    });
    commands.register(CreateUser, () => (++runs === 1 ? Promise.reject(new Error('once')) : Promise.resolve('u1')));

    await commands.execute(new CreateUser('Ada'));
    await commands.execute(new CreateUser('none'));

    expect(lines.map(({ line }) => line.attempts)).toEqual([2, 0]);
    expect(String(lines[0]!.line)).toContain('ok, 2 attempts');
    expect(String(lines[1]!.line)).toContain('ok, the handler did not run');
  });

  it('logs each handler of an event', async () => {
    const { lines, logger } = keeping();
    const events = new EventBus({ middleware: [logMessages({ logger })] });
    events.register(UserCreated, () => undefined);
    events.register(UserCreated, () => undefined);
    await events.publish(new UserCreated());
    expect(lines.map(({ line }) => line.kind)).toEqual(['event', 'event']);
  });

  it.each(['level', 'failures'] as const)('writes nothing where %s is off', async option => {
    const { lines, logger } = keeping();
    const commands = busWith({ logger, [option]: 'off' }, ({ name }) => {
      if (name === 'bad') throw new Error('bad');
    });
    await commands.execute(new CreateUser('Ada'));
    await commands.execute(new CreateUser('bad')).catch(() => undefined);
    expect(lines.map(({ line }) => line.outcome)).toEqual([option === 'level' ? 'failed' : 'ok']);
  });

  describe('fields', () => {
    const fieldsOf = async (options: LogMessagesOptions, command: object = new CreateUser('Ada')) => {
      const { lines, logger } = keeping();
      await busWith({ logger, ...options }).execute(command as CreateUser);
      return lines[0]!.line.fields;
    };

    it('are not logged unless the option names them', async () => {
      expect(await fieldsOf({})).toBeUndefined();
      expect(await fieldsOf({ fields: ['name', 'absent'] })).toEqual({ name: 'Ada' });
      expect(await fieldsOf({ fields: ['absent'] })).toBeUndefined();
    });

    it('never show a password, at any depth', async () => {
      const fields = () => ({ name: 'Ada', Access_Token: 'x', list: [{ password: 'x', setCookie: 1 }] });
      expect(await fieldsOf({ fields: ['name', 'password'] })).toEqual({ name: 'Ada', password: '[redacted]' });
      expect(await fieldsOf({ fields })).toEqual({
        name: 'Ada',
        Access_Token: '[redacted]',
        list: [{ password: '[redacted]', setCookie: '[redacted]' }],
      });
    });

    it('are redacted by the names of the option too', async () => {
      const fields = () => ({ account: { 'e-mail': 'a@b.c', id: 7 } });
      expect(await fieldsOf({ fields, redact: ['Email'] })).toEqual({ account: { 'e-mail': '[redacted]', id: 7 } });
    });

    it('may be anything: what cannot be read is named, long texts and lists are cut', async () => {
      const round: Record<string, unknown> = { at: new Date(0), big: 2n, bad: new Date(NaN), map: new Map([[1, 2]]) };
      round.self = round;
      Object.defineProperty(round, 'getter', { enumerable: true, get: () => 'called' });
      round.proxy = new Proxy({}, {});
      round.bytes = new Uint8Array(3);
      round.run = () => 1;
      round.deep = { a: { b: { c: { d: { e: 1 } } } } };
      expect(await fieldsOf({ fields: () => round })).toEqual({
        at: '1970-01-01T00:00:00.000Z',
        big: '2n',
        bad: '[no date]',
        map: '[1 entries]',
        self: '[circular]',
        getter: '[getter]',
        proxy: '[proxy]',
        bytes: '[3 bytes]',
        run: '[function]',
        deep: { a: { b: { c: { d: '[object]' } } } },
      });
      expect(await fieldsOf({ fields: () => 'x'.repeat(501) })).toBe(`${'x'.repeat(500)}… (501 letters)`);
      const list = (await fieldsOf({ fields: () => Array.from({ length: 60 }, (_, i) => i) })) as unknown[];
      expect(list).toHaveLength(51);
      expect(list.at(-1)).toBe('[10 more]');
      const wide = Object.fromEntries(Array.from({ length: 52 }, (_, i) => [`f${i}`, i]));
      const shown = (await fieldsOf({ fields: () => wide })) as object;
      expect(Object.keys(shown)).toHaveLength(51);
      expect(shown).toMatchObject({ f49: 49, '…': '[2 more]' });
      expect(await fieldsOf({ fields: () => [[[[[['deep']]]]]] })).toEqual([[[[['[list]']]]]]);
    });

    it('with a value whose own code throws are named in the line', async () => {
      class Lazy extends Map {
        override get size(): number {
          throw new RangeError('not loaded');
        }
      }
      expect(await fieldsOf({ fields: () => ({ lazy: new Lazy() }) })).toBe('[cannot be read: RangeError]');
    });

    it('that throw are named in the line', async () => {
      const fields = () => {
        throw new Error('no tenant');
      };
      expect(await fieldsOf({ fields })).toBe('[fields cannot be read: no tenant]');
    });
  });

  it('logs what is thrown without being an error by its type', async () => {
    const { lines, logger } = keeping();
    const sent = busWith({ logger }, () => Promise.reject('closed' as unknown as Error)).execute(new CreateUser('Ada'));
    await expect(sent).rejects.toBe('closed');
    expect(lines[0]!.line.error).toEqual({ name: 'string', message: 'closed' });
  });

  it('logs a failure also where its error throws when it is read', async () => {
    const { lines, logger } = keeping();
    const error = Object.defineProperty(new Error('away'), 'code', {
      get() {
        throw new Error('unreadable');
      },
    });
    const failing = busWith({ logger }, () => {
      throw error;
    });
    await expect(failing.execute(new CreateUser('Ada'))).rejects.toBe(error);
    expect(lines.map(({ line }) => line.error)).toEqual([{ name: 'Error', message: 'away' }]);
  });

  it('logs by log() where a logger lacks the method of the level', async () => {
    const lines: MessageLine[] = [];
    const log = (line: MessageLine): void => void lines.push(line);
    const commands = busWith({ logger: { log, warn: () => undefined, error: () => undefined }, level: 'verbose' });
    await commands.execute(new CreateUser('Ada'));
    expect(lines.map(({ outcome }) => outcome)).toEqual(['ok']);
  });

  it('does not harm a message where the logger throws or rejects', async () => {
    const { error } = quietLog();
    const failing = (fail: () => unknown) => ({ log: fail, warn: fail, error: fail, debug: fail }) as LoggerService;
    const throwing = busWith({
      logger: failing(() => {
        throw new Error('full');
      }),
    });
    const rejecting = busWith({ logger: failing(() => Promise.reject(new Error('full'))) });

    expect(await throwing.execute(new CreateUser('Ada'))).toBe('u1');
    expect(await rejecting.execute(new CreateUser('Ada'))).toBe('u1');
    await new Promise(resolve => setImmediate(resolve));
    expect(error).toHaveBeenCalledTimes(2);
  });

  it('uses the logger of Nest by default', async () => {
    const debug = jest.spyOn(ConsoleLogger.prototype, 'debug').mockImplementation(() => undefined);
    const commands = new CommandBus({ middleware: [logMessages()] });
    commands.register(CreateUser, () => Promise.resolve('u1'));
    await commands.execute(new CreateUser('Ada'));
    expect(debug).toHaveBeenCalledWith(expect.objectContaining({ type: 'CreateUser' }), 'Messages');
  });

  it('reads nothing of a message whose line the logger of Nest would not show', async () => {
    const debug = jest.spyOn(ConsoleLogger.prototype, 'debug').mockImplementation(() => undefined);
    const read = jest.fn();
    const commands = busWith({ fields: read });
    Logger.overrideLogger(['warn', 'fatal']);
    try {
      await commands.execute(new CreateUser('Ada'));
      expect([read.mock.calls.length, debug.mock.calls.length]).toEqual([0, 0]);
    } finally {
      Logger.overrideLogger(false);
    }
  });

  it.each([
    [{ level: 'loud' }, /"level"/],
    [{ slow: -1 }, /"slow"/],
    [{ fields: [1] }, /"fields"/],
    [{ fields: [''] }, /"fields"/],
    [{ redact: 'password' }, /"redact"/],
    [{ logger: console.log }, /"logger"/],
    [{ levels: 'log' }, /"levels"/],
  ])('refuses %j', (options, told) => {
    expect(() => logMessages(options as never)).toThrow(told);
  });
});
