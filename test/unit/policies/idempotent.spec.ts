import { AsyncLocalStorage } from 'node:async_hooks';
import { jest } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  Event,
  EventsHandler,
  Idempotent,
  Query,
  QueryHandler,
  StreamQuery,
} from '../../../lib/index.js';
import { start } from '../../support/application.js';
import { pending, soon } from '../../support/waiting.js';

interface Receipt {
  readonly of: string;
}

@Idempotent({ key: (command: Charge) => command.requestId })
class Charge extends Command<Receipt> {
  constructor(
    readonly requestId: string,
    readonly cents = 1,
  ) {
    super();
  }
}

@Idempotent({ key: (command: Refund) => command.requestId, name: 'payment' })
class Refund extends Command<string> {
  constructor(readonly requestId: string) {
    super();
  }
}

@Idempotent({ key: (command: Void) => command.requestId, name: 'payment' })
class Void extends Command<string> {
  constructor(readonly requestId: string) {
    super();
  }
}

class Charged extends Event {
  readonly requestId = 'r';
}

class GetRows extends StreamQuery<number> {}
class GetOne extends Query<number> {}

const tenant = new AsyncLocalStorage<string>();

@Injectable()
class Handlers {
  readonly ran: unknown[] = [];
  work: (command: Charge) => Promise<void> = async () => undefined;

  constructor(private readonly commands: CommandBus) {}

  @CommandHandler(Charge)
  async charge(command: Charge): Promise<Receipt> {
    this.ran.push([command.requestId, tenant.getStore()]);
    await this.work(command);
    return { of: command.requestId };
  }

  @CommandHandler(Refund)
  async refund({ requestId }: Refund) {
    this.ran.push('refund');
    return requestId;
  }

  @CommandHandler(Void)
  async void({ requestId }: Void) {
    this.ran.push('void');
    return this.commands.execute(new Refund(requestId));
  }

  @EventsHandler(Charged)
  @Idempotent({ key: (event: Charged) => event.requestId })
  async first() {
    this.ran.push('first');
  }

  @EventsHandler(Charged)
  @Idempotent({ key: (event: Charged) => event.requestId })
  async second() {
    this.ran.push('second');
  }

  @QueryHandler(GetRows)
  @Idempotent({ key: () => 'one' })
  async *rows() {
    yield 1;
  }

  @QueryHandler(GetOne)
  @Idempotent({ key: () => 'one' })
  async one() {
    this.ran.push('one');
    return 1;
  }
}

const application = async () => {
  const started = await start({ imports: [CqrsModule.forRoot()], providers: [Handlers] });
  return { ...started, handlers: started.app.get(Handlers) };
};

describe('@Idempotent', () => {
  it('answers a repeated command with the result of the first, the same object', async () => {
    const { commands, handlers } = await application();
    const receipt = await commands.execute(new Charge('1'));
    expect(await commands.execute(new Charge('1', 2))).toBe(receipt);
    await commands.dispatch(new Charge('1'));
    expect(await commands.execute(new Charge('2'))).toEqual({ of: '2' });
    expect(handlers.ran).toHaveLength(2);
  });

  it('lets a command that comes meanwhile wait', async () => {
    const { commands, handlers } = await application();
    const first = pending();
    handlers.work = () => first.promise;
    const both = [commands.execute(new Charge('1')), commands.execute(new Charge('1'))];
    await soon();
    expect(handlers.ran).toHaveLength(1);
    first.finish();
    const [one, two] = await Promise.all(both);
    expect(two).toBe(one);
    expect(handlers.ran).toHaveLength(1);
  });

  it('does not keep a failure: the next that waits runs, in its own asynchronous context', async () => {
    const { commands, handlers } = await application();
    const first = pending();
    handlers.work = () => (handlers.ran.length === 1 ? first.promise : soon());
    const all = ['a', 'b', 'c'].map(name => tenant.run(name, () => commands.execute(new Charge('1'))));
    await soon();
    first.fail(new Error('declined'));
    const ends = await Promise.allSettled(all);
    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(handlers.ran).toEqual([
      ['1', 'a'],
      ['1', 'b'],
    ]);
  });

  it('lets a caller that gives up stop waiting, while the first goes on', async () => {
    const { commands, handlers } = await application();
    const first = pending();
    handlers.work = () => first.promise;
    const running = commands.execute(new Charge('1'));
    const controller = new AbortController();
    const waiting = commands.execute(new Charge('1'), { signal: controller.signal });
    await soon();
    controller.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    await expect(commands.execute(new Charge('1'), { timeout: 1 })).rejects.toMatchObject({ code: 'CQRS_TIMEOUT' });
    first.finish();
    expect(await running).toEqual({ of: '1' });
    expect(handlers.ran).toHaveLength(1);
  });

  it('keeps the result of a handler whose caller has given up', async () => {
    const { commands, handlers } = await application();
    const first = pending();
    handlers.work = () => first.promise;
    await expect(commands.execute(new Charge('1'), { timeout: 100 })).rejects.toMatchObject({ code: 'CQRS_TIMEOUT' });
    const again = commands.execute(new Charge('1'));
    first.finish();
    expect(await again).toEqual({ of: '1' });
    expect(handlers.ran).toHaveLength(1);
  });

  it('shares keys among message types of one name, and with no others', async () => {
    const { commands, handlers } = await application();
    expect(await commands.execute(new Refund('1'))).toBe('1');
    expect(await commands.execute(new Void('1'))).toBe('1');
    await commands.execute(new Charge('1'));
    expect(handlers.ran).toEqual(['refund', ['1', undefined]]);
  });

  it('refuses a message that would wait for itself', async () => {
    const { commands } = await application();
    await expect(commands.execute(new Void('1'))).rejects.toMatchObject({
      code: 'CQRS_KEY_IS_HELD',
      what: '"Refund" would wait for ever: it was sent by code that holds its key "1" until it ends.',
    });
    expect(await commands.execute(new Refund('1'))).toBe('1');
  });

  it('each handler of an event has keys of its own', async () => {
    const { events, handlers } = await application();
    await events.publish(new Charged());
    await events.publish(new Charged());
    expect(handlers.ran).toEqual(['first', 'second']);
  });

  it('works for queries, and refuses rows', async () => {
    const { queries, handlers } = await application();
    expect([await queries.ask(new GetOne()), await queries.ask(new GetOne())]).toEqual([1, 1]);
    expect(handlers.ran).toEqual(['one']);
    const rows = queries.stream(new GetRows())[Symbol.asyncIterator]();
    await expect(rows.next()).rejects.toMatchObject({
      code: 'CQRS_ROWS_UNDER_KEY',
      where: '@Idempotent on Handlers.rows',
    });
  });

  it.each([[''], [undefined], [5], ['x'.repeat(501)]])('refuses the key %j', async key => {
    const { commands, handlers } = await application();
    await expect(commands.execute(new Charge(key as string))).rejects.toMatchObject({
      code: 'CQRS_INVALID_KEY',
      where: '@Idempotent of Charge',
    });
    expect(handlers.ran).toEqual([]);
  });

  it('takes a key of 500 characters', async () => {
    const { commands, handlers } = await application();
    const key = 'x'.repeat(500);
    expect(await commands.execute(new Charge(key))).toEqual({ of: key });
    expect(handlers.ran).toHaveLength(1);
  });

  it('keeps a result for a day, unless it is told another time', async () => {
    const { commands, handlers } = await application();
    const now = jest.spyOn(performance, 'now').mockReturnValue(0);
    await commands.execute(new Charge('1'));
    for (const [time, runs] of [
      [86_399_999, 1],
      [86_400_000, 2],
    ] as const) {
      now.mockReturnValue(time);
      await commands.execute(new Charge('1'));
      expect(handlers.ran).toHaveLength(runs);
    }
    now.mockRestore();
  });

  it('two applications do not share results', async () => {
    const one = await application();
    const two = await application();
    for (const { commands } of [one, two]) await commands.execute(new Charge('1'));
    expect([one.handlers.ran.length, two.handlers.ran.length]).toEqual([1, 1]);
  });

  it('without Nest, says that it needs it', async () => {
    const commands = new CommandBus();
    commands.register(Charge, async () => ({ of: '1' }));
    await expect(commands.execute(new Charge('1'))).rejects.toMatchObject({ code: 'CQRS_INVALID_MIDDLEWARE' });
  });

  it.each<[unknown, string]>([
    [undefined, 'must be an object with options, not undefined'],
    [() => '', 'must be an object with options, not the function'],
    [{}, 'The option "key" must be a function, not undefined'],
    [{ key: class Charge {} }, 'The option "key" must be a function, not the class Charge'],
  ])('refuses the options %p, and says what they are', (options, text) => {
    expect(() => Idempotent(options as never)).toThrow(
      expect.objectContaining({ code: 'CQRS_INVALID_OPTIONS', message: expect.stringContaining(text) }),
    );
  });

  it.each<[object]>([
    [{ key: 'requestId' }],
    [{ key: () => '', keep: 0 }],
    [{ key: () => '', keep: Infinity }],
    [{ key: () => '', name: '' }],
    [{ key: () => '', ttl: 5 }],
  ])('refuses the options %p', options => {
    expect(() => Idempotent(options as never)).toThrow(
      expect.objectContaining({ code: 'CQRS_INVALID_OPTIONS', where: '@Idempotent' }),
    );
  });
});
