import { Injectable } from '@nestjs/common';
import { jest } from '@jest/globals';
import { sameAsIncumbent, quiet } from './differential.js';

describe('Commands, as with @nestjs/cqrs:', () => {
  class Greet {
    constructor(readonly name: string) {}
  }

  sameAsIncumbent('execute resolves to what the handler returned', async ({ cqrs, start, note }) => {
    @cqrs.CommandHandler(Greet)
    class GreetHandler {
      execute({ name }: Greet) {
        return Promise.resolve(`hello ${name}`);
      }
    }
    const { commands } = await start([GreetHandler]);
    note(await commands.execute(new Greet('ada')));
  });

  sameAsIncumbent('the error of a handler reaches the caller unchanged', async ({ cqrs, start, note }) => {
    const failure = new RangeError('too far');
    @cqrs.CommandHandler(Greet)
    class GreetHandler {
      async execute() {
        await Promise.resolve();
        throw failure;
      }
    }
    const { commands, failures } = await start([GreetHandler]);
    failures.subscribe(info => note('reported', info));
    const error: unknown = await commands.execute(new Greet('ada')).catch((e: unknown) => e);
    note(error === failure);
  });

  sameAsIncumbent('a command without a handler has its own exception', async ({ start, note, outcome, cqrs }) => {
    const { commands } = await start([]);
    note(await outcome(async () => commands.execute(new Greet('ada'))));
    const error: unknown = await (async () => commands.execute(new Greet('ada')))().catch((e: unknown) => e);
    note(error instanceof cqrs.CommandHandlerNotFoundException, error instanceof Error);
  });

  sameAsIncumbent('a handler has run its synchronous part when execute returns', async ({ cqrs, start, note }) => {
    @cqrs.CommandHandler(Greet)
    class GreetHandler {
      async execute(command: Greet) {
        note('before', command.name);
        await Promise.resolve();
        note('after', command.name);
      }
    }
    const { commands } = await start([GreetHandler]);
    const running = commands.execute(new Greet('ada'));
    note('returned');
    await running;
  });

  sameAsIncumbent('a handler is called with the command alone', async ({ cqrs, start, note }) => {
    @cqrs.CommandHandler(Greet)
    class GreetHandler {
      execute(...given: [Greet]) {
        note(given.length, given[0] instanceof Greet);
        return Promise.resolve();
      }
    }
    const execute = jest.spyOn(GreetHandler.prototype, 'execute');
    const { commands } = await start([GreetHandler]);
    const command = new Greet('ada');
    await commands.execute(command);
    note(execute.mock.calls.length, execute.mock.calls[0]![0] === command, execute.mock.calls[0]!.length);
  });

  sameAsIncumbent('execute may be a field that holds an arrow function', async ({ cqrs, start, note }) => {
    @cqrs.CommandHandler(Greet)
    class GreetHandler {
      private readonly greeting = 'hi';
      execute = async ({ name }: Greet) => Promise.resolve(`${this.greeting} ${name}`);
    }
    const { commands } = await start([GreetHandler]);
    note(await commands.execute(new Greet('ada')));
  });

  sameAsIncumbent('a spy on the instance sees calls, put there after the start', async stage => {
    const { cqrs, start, note } = stage;
    @cqrs.CommandHandler(Greet)
    class GreetHandler {
      execute(): Promise<string> {
        return Promise.resolve('real');
      }
    }
    const { commands, module } = await start([GreetHandler]);
    const spy = jest.spyOn(module.get(GreetHandler), 'execute').mockResolvedValue('spy');
    const command = new Greet('ada');
    note(await commands.execute(command), spy.mock.calls);
    spy.mockRestore();
    note(await commands.execute(command));
  });

  sameAsIncumbent(
    'a handler may come from a factory, with a spy put there before the start',
    async stage => {
      const { cqrs, start, note } = stage;
      @cqrs.CommandHandler(Greet)
      class GreetHandler {
        execute(): Promise<string> {
          return Promise.resolve('real');
        }
      }
      const early = new GreetHandler();
      const spy = jest.spyOn(early, 'execute').mockResolvedValue('early spy');
      const { commands } = await start([{ provide: GreetHandler, useFactory: () => early }]);
      const command = new Greet('ada');
      note(await commands.execute(command), spy.mock.calls);
    },
    { only: 12 },
  );

  sameAsIncumbent('a spy on the bus replaces execute', async ({ start, note }) => {
    const { commands } = await start([]);
    const execute = jest.spyOn(commands, 'execute').mockResolvedValue('mocked');
    const command = new Greet('ada');
    note(await commands.execute(command), execute.mock.calls);
  });

  sameAsIncumbent('subscribers see a command before its handler, in the order of subscribing', async stage => {
    const { cqrs, start, note } = stage;
    @cqrs.CommandHandler(Greet)
    class GreetHandler {
      execute() {
        note('handler');
        return Promise.resolve();
      }
    }
    const { commands } = await start([GreetHandler]);
    commands.subscribe(command => note('first', command));
    commands.pipe(cqrs.ofType(Greet)).subscribe(command => note('second', command.name));
    void commands.execute(new Greet('ada'));
    note('returned');
    await quiet();
  });

  sameAsIncumbent('subscribers are not shown a command that has no handler', async ({ start, note, outcome }) => {
    const { commands } = await start([]);
    commands.subscribe(command => note('seen', command));
    note(await outcome(async () => commands.execute(new Greet('ada'))));
  });

  sameAsIncumbent('the publisher of the options gets each command alone, and subscribers nothing', async stage => {
    const { cqrs, start, note } = stage;
    @cqrs.CommandHandler(Greet)
    class GreetHandler {
      execute() {
        note('handled');
        return Promise.resolve();
      }
    }
    const publish = jest.fn((command: object) => note('published', command));
    const { commands } = await start([GreetHandler], { commandPublisher: { publish } });
    commands.subscribe(() => note('subscriber'));
    const command = new Greet('ada');
    await commands.execute(command);
    note(publish.mock.calls, publish.mock.calls[0]!.length);
  });

  sameAsIncumbent('the publisher of a command bus can be read and replaced', async ({ cqrs, start, note }) => {
    @cqrs.CommandHandler(Greet)
    class GreetHandler {
      execute() {
        note('handled');
        return Promise.resolve();
      }
    }
    const { commands } = await start([GreetHandler]);
    commands.subscribe(command => note('subscriber', command));
    const before = commands.publisher;
    const seen: object[] = [];
    commands.publisher = {
      publish: (command: object) => {
        seen.push(command);
        before.publish(command);
      },
    };
    await commands.execute(new Greet('ada'));
    note(seen);
  });

  sameAsIncumbent('commands that a handler sends run before it goes on', async ({ cqrs, start, note }) => {
    class Wave {}
    @cqrs.CommandHandler(Wave)
    class WaveHandler {
      execute() {
        note('wave');
        return Promise.resolve('waved');
      }
    }
    const wiring: { bus?: { execute(command: object): Promise<unknown> } } = {};
    @cqrs.CommandHandler(Greet)
    class GreetHandler {
      async execute() {
        note('greet');
        note(await wiring.bus!.execute(new Wave()));
        return 'greeted';
      }
    }
    const { commands } = await start([GreetHandler, WaveHandler]);
    wiring.bus = commands;
    note(await commands.execute(new Greet('ada')));
  });

  sameAsIncumbent('many commands at once are handled each on its own', async ({ cqrs, start, note }) => {
    @cqrs.CommandHandler(Greet)
    class GreetHandler {
      async execute({ name }: Greet) {
        await quiet();
        return name;
      }
    }
    const { commands } = await start([GreetHandler]);
    note(await Promise.all(['a', 'b', 'c'].map(name => commands.execute(new Greet(name)))));
  });

  sameAsIncumbent('a result that the type of the command names passes unchanged', async ({ cqrs, start, note }) => {
    class Open extends cqrs.Command<{ id: string }> {
      constructor(readonly owner: string) {
        super();
      }
    }
    @cqrs.CommandHandler(Open)
    class OpenHandler {
      execute({ owner }: Open) {
        return Promise.resolve({ id: `account of ${owner}` });
      }
    }
    const { commands } = await start([OpenHandler]);
    const { id } = await commands.execute(new Open('ada'));
    note(id, { ...new Open('ada') }, Object.keys(new Open('ada')));
  });

  sameAsIncumbent('handlers get what their constructors ask for', async ({ cqrs, start, note }) => {
    @Injectable()
    class Names {
      of(name: string) {
        return name.toUpperCase();
      }
    }
    @cqrs.CommandHandler(Greet)
    class GreetHandler {
      constructor(private readonly names: Names) {}
      execute({ name }: Greet) {
        return Promise.resolve(this.names.of(name));
      }
    }
    const { commands } = await start([Names, GreetHandler]);
    note(await commands.execute(new Greet('ada')));
  });
});
