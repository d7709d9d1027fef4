import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import {
  BusClosedException,
  Command,
  CommandBus,
  CommandHandlerNotFoundException,
  HandlerRegistry,
  NotWiredException,
} from '../../../lib/index.js';
import type { StartGate } from '../../../lib/dispatch/dispatcher.js';
import { soon } from '../../support/waiting.js';

class Create extends Command<string> {
  constructor(readonly id: string) {
    super();
  }
}
class CreateAdmin extends Create {}
class Delete extends Command {}

beforeAll(() => Logger.overrideLogger(false));

describe('CommandBus without Nest', () => {
  let bus: CommandBus;
  beforeEach(() => {
    bus = new CommandBus();
  });

  it('executes sync and async handlers, and returns what they return', async () => {
    bus.register(Create, command => `created ${command.id}`);
    bus.register(Delete, async () => undefined);
    expect(await bus.execute(new Create('1'))).toBe('created 1');
    expect(await bus.execute(new Delete())).toBeUndefined();
  });

  it('follows thenables', async () => {
    bus.register(Create, () => ({ then: (done: (value: string) => void) => done('later') }) as PromiseLike<string>);
    expect(await bus.execute(new Create('1'))).toBe('later');
  });

  it('returns the very promise of an async handler where nothing wraps it', () => {
    const promise = Promise.resolve('x');
    bus.register(Create, () => promise);
    expect(bus.execute(new Create('1'))).toBe(promise);
  });

  it('dispatches without an answer, whatever the handler returns', async () => {
    bus.register(Create, () => 'created');
    expect(await bus.dispatch(new Create('1'))).toBeUndefined();
  });

  it('waits for an async handler on dispatch', async () => {
    let done = false;
    bus.register(Create, async () => {
      await Promise.resolve();
      done = true;
      return '';
    });
    await bus.dispatch(new Create('1'));
    expect(done).toBe(true);
  });

  it.each([new Error('boom'), 'text', null, undefined, Object.freeze({ code: 1 })])(
    'lets what a handler throws (%p) reach the caller unchanged, as a rejection',
    async error => {
      bus.register(Create, () => {
        throw error;
      });
      bus.register(Delete, () => Promise.reject(error));
      for (const send of [
        () => bus.execute(new Create('1')),
        () => bus.dispatch(new Create('1')),
        () => bus.execute(new Delete()),
        () => bus.dispatch(new Delete()),
      ]) {
        const reason: unknown = await send().then(
          () => 'resolved',
          (thrown: unknown) => thrown,
        );
        expect(reason).toBe(error);
      }
    },
  );

  it('rejects for a type without a handler, naming it', async () => {
    await expect(bus.dispatch(new Create('1'))).rejects.toBeInstanceOf(CommandHandlerNotFoundException);
    await expect(bus.dispatch(new Create('1'))).rejects.toThrow('"Create"');
  });

  it('names a near miss: a handler of another class of the same name', async () => {
    const other = { Create: class Create {} };
    bus.register(other.Create, () => 'other');
    await expect(bus.execute(new Create('1'))).rejects.toThrow(/loaded twice\?/);
  });

  it('handles instances of a subclass by the handler of the base, until the subclass has its own', async () => {
    bus.register(Create, () => 'base');
    expect(await bus.execute(new CreateAdmin('1'))).toBe('base');
    const dispose = bus.register(CreateAdmin, () => 'own');
    expect(await bus.execute(new CreateAdmin('1'))).toBe('own');
    expect(await bus.execute(new Create('1'))).toBe('base');
    dispose();
    expect(await bus.execute(new CreateAdmin('1'))).toBe('base');
  });

  it('does not handle instances of the base by the handler of a subclass', async () => {
    bus.register(CreateAdmin, () => 'own');
    await expect(bus.execute(new Create('1'))).rejects.toBeInstanceOf(CommandHandlerNotFoundException);
  });

  it('handles all other messages by a handler of Object, which every class extends', async () => {
    bus.register(Object, () => 'anything');
    bus.register(Create, () => 'created');
    expect(await bus.execute(new Delete())).toBe('anything');
    expect(await bus.execute({ plain: true })).toBe('anything');
    expect(await bus.execute(new CreateAdmin('1'))).toBe('created');
  });

  it('sees at once what is registered, disposed and cleared', async () => {
    const dispose = bus.register(Create, () => 1 as never);
    expect(await bus.execute(new Create('1'))).toBe(1);
    dispose();
    await expect(bus.execute(new Create('1'))).rejects.toBeInstanceOf(CommandHandlerNotFoundException);
    bus.register(Create, () => 2 as never);
    expect(await bus.execute(new Create('1'))).toBe(2);
    bus.registry.clear();
    await expect(bus.execute(new Create('1'))).rejects.toBeInstanceOf(CommandHandlerNotFoundException);
    bus.register(Create, () => 3 as never);
    expect(await bus.execute(new Create('1'))).toBe(3);
  });

  it('shares a registry with another bus, each with its own middleware', async () => {
    const registry = new HandlerRegistry();
    const plain = new CommandBus({ registry });
    const loud = new CommandBus({
      registry,
      middleware: [async (message, next) => `${(await next(message)) as string}!`],
    });
    plain.register(Create, () => 'created');
    expect(plain.registry).toBe(registry);
    expect(await plain.execute(new Create('1'))).toBe('created');
    expect(await loud.execute(new Create('1'))).toBe('created!');
    registry.clear();
    await expect(loud.execute(new Create('1'))).rejects.toBeInstanceOf(CommandHandlerNotFoundException);
  });

  it('takes its options from an object of any make', async () => {
    class Settings {
      middleware = [() => 'answered'];
    }
    const settings = new Settings();
    for (const options of [settings, Object.assign(Object.create(null) as Settings, settings)]) {
      const configured = new CommandBus(options);
      configured.register(Create, () => 'handled');
      expect(await configured.execute(new Create('1'))).toBe('answered');
    }
  });

  it('lets a handler send further commands through it', async () => {
    bus.register(Create, async ({ id }) => {
      if (id.length > 2) return id;
      return bus.execute(new Create(`${id}x`));
    });
    expect(await bus.execute(new Create(''))).toBe('xxx');
  });

  it('lets a handler register and dispose of handlers, its own too', async () => {
    const dispose = bus.register(Create, () => {
      dispose();
      bus.register(Create, () => 'second');
      return 'first';
    });
    expect(await bus.execute(new Create('1'))).toBe('first');
    expect(await bus.execute(new Create('1'))).toBe('second');
  });

  it('continues while a handler never settles', async () => {
    bus.register(Create, () => new Promise<string>(() => undefined));
    bus.register(Delete, () => undefined);
    void bus.execute(new Create('1'));
    expect(await bus.dispatch(new Delete())).toBeUndefined();
  });

  it('calls a mock handler with the command alone', async () => {
    const handler = jest.fn((_command: Create) => 'x');
    bus.register(Create, handler);
    const command = new Create('1');
    await bus.execute(command, { headers: { tenant: 'a' } });
    expect(handler).toHaveBeenCalledWith(command);
  });

  it('refuses what is sent with an aborted signal, with its reason, and calls no handler', async () => {
    const handler = jest.fn(() => 'x');
    bus.register(Create, handler);
    const reason = new Error('gone');
    const signal = AbortSignal.abort(reason);
    await expect(bus.execute(new Create('1'), { signal })).rejects.toBe(reason);
    await expect(bus.dispatch(new Create('1'), { signal })).rejects.toBe(reason);
    expect(handler).not.toHaveBeenCalled();
  });

  it('hands signal and headers to a handler that declares the context', async () => {
    const { signal } = new AbortController();
    bus.register(Create, (_, context) => [context.signal === signal, context.headers.tenant, context.kind] as never);
    expect(await bus.execute(new Create('1'), { signal, headers: { tenant: 'a' } })).toEqual([true, 'a', 'command']);
  });

  it('refuses commands after it was closed, and completes its subscribers', async () => {
    const complete = jest.fn();
    bus.subscribe({ complete });
    bus.register(Create, () => 'x');
    await bus.execute(new Create('1'));
    bus.close();
    await expect(bus.execute(new Create('1'))).rejects.toBeInstanceOf(BusClosedException);
    await expect(bus.dispatch(new Delete())).rejects.toThrow('"Delete"');
    expect(complete).toHaveBeenCalledTimes(1);
  });
});

describe('observers of the commands of a bus', () => {
  it('subscribe to the bus; each is called before the handler, even if another throws', async () => {
    const bus = new CommandBus();
    const trace: string[] = [];
    bus.subscribe(() => {
      throw new Error('subscriber');
    });
    bus.subscribe(command => trace.push(`seen ${(command as Create).id}`));
    bus.register(Create, ({ id }) => {
      trace.push(`handled ${id}`);
      return id;
    });
    expect(await bus.execute(new Create('1'))).toBe('1');
    expect(trace).toEqual(['seen 1', 'handled 1']);
  });

  it('can be a custom publisher; its errors and rejections are ignored', async () => {
    const publish = jest.fn<(command: object) => unknown>();
    const bus = new CommandBus(undefined, { commandPublisher: { publish } });
    bus.register(Create, ({ id }) => id);
    const command = new Create('1');
    expect(await bus.execute(command)).toBe('1');
    expect(publish).toHaveBeenCalledWith(command);
    publish.mockImplementation(() => {
      throw new Error('sync');
    });
    expect(await bus.execute(command)).toBe('1');
    publish.mockImplementation(() => Promise.reject(new Error('async')));
    expect(await bus.execute(command)).toBe('1');
    await soon();
  });

  it('can spy on the publisher of the bus and replace it', async () => {
    const bus = new CommandBus();
    bus.register(Create, ({ id }) => id);
    const seen: object[] = [];
    bus.subscribe(command => seen.push(command));
    const spy = jest.spyOn(bus.publisher, 'publish');
    const command = new Create('1');
    await bus.execute(command);
    expect(spy).toHaveBeenCalledWith(command);
    expect(seen).toEqual([command]);
    bus.publisher = { publish: () => undefined };
    await bus.execute(command);
    expect(seen).toHaveLength(1);
  });
});

describe('a bus before its handlers are registered', () => {
  const gated = (gate: StartGate) => {
    const bus = new CommandBus();
    bus.dispatcher.gate = gate;
    return bus;
  };

  it('refuses commands while no start is under way', async () => {
    const bus = gated(() => undefined);
    bus.register(Create, () => 'x');
    await expect(bus.execute(new Create('1'))).rejects.toBeInstanceOf(NotWiredException);
    await expect(bus.execute(null as never)).rejects.toBeInstanceOf(NotWiredException);
    bus.open();
    expect(await bus.execute(new Create('1'))).toBe('x');
  });

  it('waits for the handlers and opens by itself', async () => {
    const gate = jest.fn(() => Promise.resolve());
    const bus = gated(gate);
    bus.register(Create, () => 'x');
    expect(await bus.execute(new Create('1'))).toBe('x');
    expect(await bus.execute(new Create('1'))).toBe('x');
    expect(gate).toHaveBeenCalledTimes(1);
  });

  it('rejects with the error of a failed start', async () => {
    const error = new Error('wiring');
    const bus = gated(() => Promise.reject(error));
    await expect(bus.execute(new Create('1'))).rejects.toBe(error);
  });
});
