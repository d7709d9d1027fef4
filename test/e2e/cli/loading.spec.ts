import { jest } from '@jest/globals';
import { run } from '../../../lib/cli/run.js';
import { loadsTypeScript } from '../../support/loads-typescript.js';
import { TemporaryProject } from '../../unit/cli/temporary-project.js';

jest.setTimeout(60_000);

const project = new TemporaryProject().withPackages();
loadsTypeScript();
afterAll(() => project[Symbol.dispose]());

/** A module of one command, named after it. */
const moduleOf = (name: string) => `
class ${name} extends Command {}
@CommandHandler(${name}) class ${name}Handler { execute() {} }
@Module({ imports: [CqrsModule.forRoot()], providers: [${name}Handler] }) class ${name}Module {}
`;

let files = 0;
const write = (text: string) => {
  const file = `app${(files += 1)}.ts`;
  project.write(
    file,
    `import { Module } from '@nestjs/common';
     import { Command, CommandHandler, CqrsModule } from 'nestjs-cqrs';
     ${text}`,
  );
  return file;
};

const shown = (name: string) => ({
  code: 0,
  errors: '',
  output: `Commands\n  ${name} → ${name}Handler (${name}Module)`,
});

/** Without handlers of other tests, which this process has loaded too. */
const wiring = async (...args: string[]) => {
  const { output, ...ended } = await project.run('wiring', ...args);
  return { ...ended, output: output.replace(/\nNot provided\n.*$/s, '') };
};

const twoModules = moduleOf('Pay') + moduleOf('Ship');

describe('which export of a file is the application', () => {
  it.each<[string, string, string]>([
    ['AppModule', `${twoModules} export { PayModule, ShipModule as AppModule, PayModule as default };`, 'Ship'],
    ['the default export', `${twoModules} export { ShipModule }; export default PayModule;`, 'Pay'],
    [
      'the only module, under whatever name',
      `${twoModules} export const x = 1, none = null; export { ShipModule as Root };`,
      'Ship',
    ],
    ['the only module, also under two names', `${twoModules} export { ShipModule as A, ShipModule as B };`, 'Ship'],
    ['a module among the fields of the default export', `${twoModules} export default { ShipModule };`, 'Ship'],
  ])('%s', async (_title, text, name) => {
    expect(await wiring(write(text))).toEqual(shown(name));
  });

  it('several that nothing tells apart are not guessed; one of them can be named', async () => {
    const file = write(`${twoModules} export { PayModule, ShipModule };`);
    const { code, output, errors } = await wiring(file);
    expect({ code, output }).toEqual({ code: 2, output: '' });
    expect(errors).toMatch(/app\d+\.ts exports several classes with @Module\. Name the export: --export ShopModule\.$/);
    expect(await wiring(file, '--export', 'ShipModule')).toEqual(shown('Ship'));
  });

  it('a name that is missing is told with those that are there', async () => {
    const { errors } = await wiring(write('export {};'), '--export', 'ShipModule');
    expect(errors).toMatch(/has no export "ShipModule" with @Module\. It exports nothing\.$/);
    expect((await wiring(write('export const a = 1, b = 2;'), '--export', 'a')).errors).toMatch(/It exports a, b\.$/);
  });

  it.each(['imports', 'controllers', 'providers', 'exports'])('a class whose @Module has %s is one', async key => {
    expect((await wiring(write(`@Module({ ${key}: [] }) class Only {} export { Only };`))).code).toBe(0);
  });

  it('a class with an empty @Module is none: it may be any class', async () => {
    expect((await wiring(write('@Module({}) class Empty {} export { Empty };'))).code).toBe(2);
  });
});

describe('a file that fails', () => {
  it.each([
    ["throw new Error('no database');", /cannot be loaded\. Error: no database\n.*app\d+\.ts/s],
    ["throw 'no database';", /cannot be loaded\. no database$/],
    ["throw Object.assign(new Error('no database'), { stack: undefined });", /cannot be loaded\. no database$/],
    ["import 'no-such-package';", /cannot be loaded\..*no-such-package/s],
  ])('%s', async (text, said) => {
    const { code, output, errors } = await wiring(write(text));
    expect({ code, output }).toEqual({ code: 2, output: '' });
    expect(errors).toMatch(said);
  });

  it('what a file prints goes beside what the command prints', async () => {
    const printed = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    const { log, info, debug } = console;
    const said = "console.log('one'); console.info('two'); console.debug('three');";
    expect(await wiring(write(`${said} ${moduleOf('Pay')} export { PayModule };`))).toEqual(shown('Pay'));
    expect(printed.mock.calls).toEqual([['one'], ['two'], ['three']]);
    await wiring(write("throw new Error('x');"));
    expect([console.log, console.info, console.debug]).toEqual([log, info, debug]);
    printed.mockRestore();
  });
});

describe('an application that Nest refuses', () => {
  const broken = '@Module({ imports: [undefined as never] }) export class AppModule {}';

  it('is told with its reason, and that the compiled form may start', async () => {
    const { code, errors } = await wiring(write(broken));
    expect(code).toBe(2);
    expect(errors).toMatch(/^Nest cannot load the application\. .*undefined/s);
    expect(errors).toMatch(/\nIf it starts compiled, compile it first: npx nest build\. Now Jest has loaded it\.$/);
  });

  it('is told when it was to be started: mistakes of the wiring with 1, else 2', async () => {
    const text = `${moduleOf('Pay')} @Module({ imports: [PayModule], providers: [PayHandler] }) export class AppModule {}`;
    const { code, output, errors } = await wiring(write(text), '--instantiate');
    expect({ code, output }).toEqual({ code: 1, output: '' });
    expect(errors).toContain('PayHandler, which handles "Pay", is provided by');
    const { errors: said, ...ended } = await wiring(write(broken), '--instantiate');
    expect(ended).toEqual({ code: 2, output: '' });
    // Once: Nest logs it too.
    expect(said).toMatch(/^Nest cannot load the application\. /);
    const failing = "@Module({ imports: [] }) export class AppModule { onModuleInit() { throw 'no database'; } }";
    const { errors: failed } = await wiring(write(failing), '--instantiate');
    expect(failed).toMatch(/^Nest cannot load the application\. no database$/m);
  });

  it('shows an application that was started, and closes it', async () => {
    const text = `${moduleOf('Pay')}
      @Module({ imports: [PayModule] }) export class AppModule {
        onModuleInit() { console.error('started'); }
        onModuleDestroy() { console.error('closed'); }
      }`;
    const printed = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    expect(await wiring(write(text), '--instantiate')).toEqual(shown('Pay'));
    expect(printed.mock.calls).toEqual([['started'], ['closed']]);
    printed.mockRestore();
  });
});

describe('warnings of an application', () => {
  const logging = (context: string) => `${moduleOf('Pay')}
    import { Logger } from '@nestjs/common';
    @Module({ imports: [PayModule] }) export class AppModule {
      onModuleInit() {
        new Logger('${context}').warn('careful');
        new Logger('${context}').error('broken');
        new Logger('${context}').log('fine');
      }
    }`;

  it('stand beside what is shown', async () => {
    const ended = await wiring(write(logging('Shop')), '--instantiate');
    expect(ended).toEqual({ ...shown('Pay'), errors: 'careful\nbroken' });
  });

  it('stand beside a preview if they are of this library', async () => {
    const file = write(`${moduleOf('Ask')}
      import { Logger } from '@nestjs/common';
      class Pay extends Command {}
      @CommandHandler(Pay) class PayHandler { execute() {} }
      @CommandHandler(Pay) class OtherHandler { execute() {} }
      const options = () => {
        new Logger('Shop').warn('careful');
        return { duplicates: 'warn' };
      };
      @Module({
        imports: [CqrsModule.forRootAsync({ useFactory: options })],
        providers: [PayHandler, OtherHandler],
      })
      class PayModule {}
      export { PayModule };`);
    expect(await wiring(file)).toEqual({
      ...shown('Pay'),
      errors: expect.stringMatching(/^"Pay" has two handlers: [^\n]+$/),
    });
  });
});

describe('a diagram of one message', () => {
  it('shows what its handlers handle besides, and no more', async () => {
    const file = write(`
      import { Event, EventsHandler } from 'nestjs-cqrs';
      class Pay extends Command {}
      class Paid extends Event {}
      class Orders {
        @CommandHandler(Pay) pay() {}
        @EventsHandler(Paid) note() {}
      }
      class Ledger { @EventsHandler(Paid) write() {} }
      @Module({ imports: [CqrsModule.forRoot()], providers: [Orders, Ledger] }) export class AppModule {}`);
    const { output } = await project.run('wiring', file, '--format', 'mermaid', '--message', 'Pay');
    expect(output).toContain('Orders.note');
    expect(output).not.toContain('Ledger');
  });
});

describe('nestjs-cqrs queues', () => {
  /** An application whose engine tells these numbers. */
  const telling = (numbers: string) => `
    import { Durable, Message } from 'nestjs-cqrs';
    import { MemoryTransport } from 'nestjs-cqrs/testing';
    class Told extends MemoryTransport {
      inspect(queue) {
        const all = ${numbers};
        if (all[queue] instanceof Error) return Promise.reject(all[queue]);
        return Promise.resolve(all[queue]);
      }
    }
    @Durable() @Message({ name: 'a' }) class A extends Command {}
    @Durable() @Message({ name: 'bills.send' }) class B extends Command {}
    @CommandHandler(A) class AHandler { execute() {} }
    @CommandHandler(B) class BHandler { execute() {} }
    @Module({
      imports: [CqrsModule.forRoot({ durable: { transport: new Told() } })],
      providers: [AHandler, BHandler],
    })
    export class AppModule {}`;

  const none = '{ ready: 0, delayed: 0, active: 0, dead: 0, oldest: undefined, handledLastMinute: undefined }';
  const ago = (seconds: number) => `new Date(Date.now() - ${seconds * 1000})`;
  const queue = (numbers: string) => `{ ...${none}, ${numbers} }`;

  it('shows a table; columns are as wide as they must be', async () => {
    const numbers = `{ a: ${none}, 'bills.send': ${queue(`ready: 1234567, dead: 2, delayed: 3, active: 4, oldest: ${ago(200)}, handledLastMinute: 60`)} }`;
    expect(await project.run('queues', write(telling(numbers)))).toEqual({
      code: 0,
      errors: '',
      output: [
        'queue         ready  later  active  dead  oldest  per minute',
        'a                 0      0       0     0                    ',
        'bills.send  1234567      3       4     2   3 min          60',
      ].join('\n'),
    });
  });

  it.each([
    [-5, '0 s'],
    [119, '119 s'],
    [120, '2 min'],
    [7199, '120 min'],
    [7200, '2 h'],
    [9000, '3 h'],
    [172_799, '48 h'],
    [172_800, '2 d'],
    [216_000, '3 d'],
    [10 * 86_400, '10 d'],
  ])('a message that has waited for %i seconds is %s old', async (seconds, age) => {
    jest.useFakeTimers({
      now: 1_000_000_000_000,
      doNotFake: ['nextTick', 'setImmediate', 'setTimeout', 'queueMicrotask'],
    });
    try {
      const numbers = `{ a: ${queue(`oldest: new Date(${1_000_000_000_000 - seconds * 1000})`)}, 'bills.send': ${none} }`;
      const { output } = await project.run('queues', write(telling(numbers)));
      expect(output.split('\n')[1]!.trim().split(/ {2,}/).at(-1)).toBe(age);
    } finally {
      jest.useRealTimers();
    }
  });

  it('shows queues with dead letters in red, on a terminal with colours', async () => {
    const output: string[] = [];
    const terminal = { folder: project.folder, isColoured: true, complain: () => undefined };
    const numbers = `{ a: ${none}, 'bills.send': ${queue('dead: 1')} }`;
    expect(await run(['queues', write(telling(numbers))], { ...terminal, print: text => void output.push(text) })).toBe(
      0,
    );
    const lines = output.join('\n').split('\n');
    expect(lines.map(line => line.startsWith('\u001B[31m'))).toEqual([false, false, true]);
    expect(lines[0]!.startsWith('\u001B[1mqueue')).toBe(true);
  });

  it('closes the application', async () => {
    const printed = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    const closing = "class AppModule { onModuleDestroy() { console.error('closed'); } }";
    await project.run(
      'queues',
      write(telling(`{ a: ${none}, 'bills.send': ${none} }`).replace(/class AppModule {}/, closing)),
    );
    expect(printed.mock.calls).toEqual([['closed']]);
    printed.mockRestore();
  });

  it('ends with 1 where the engine does not answer, and says why', async () => {
    const numbers = `{ a: ${none}, 'bills.send': new Error('connect ECONNREFUSED') }`;
    expect(await project.run('queues', write(telling(numbers)))).toEqual({
      code: 1,
      output: '',
      errors: 'connect ECONNREFUSED',
    });
  });

  it('says so where there are no queues', async () => {
    const text = `import { MemoryTransport } from 'nestjs-cqrs/testing';
      @Module({ imports: [CqrsModule.forRoot({ durable: { transport: new MemoryTransport() } })] })
      export class AppModule {}`;
    expect(await project.run('queues', write(text))).toEqual({
      code: 0,
      errors: '',
      output: 'The application has no queues.',
    });
  });

  it('takes one file', async () => {
    expect(await project.run('queues', 'a', 'b')).toMatchObject({ code: 2 });
  });
});
