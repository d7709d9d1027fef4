import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { jest } from '@jest/globals';
import { LOADER_VARIABLE } from '../../../lib/cli/wiring/typescript-loader.js';
import { compileHook } from '../../support/program.js';
import { TemporaryProject } from '../../unit/cli/temporary-project.js';

jest.setTimeout(60_000);

const root = join(import.meta.dirname, '../../..');

const SAMPLE = ['wiring', 'sample/00-getting-started/src/app.module.ts'];

const argumentsOf = (args: readonly string[]) => ['--import', compileHook, join(root, 'lib/cli/main.ts'), ...args];

const environment = (variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv => {
  const { NODE_OPTIONS: _, FORCE_COLOR: __, NO_COLOR: ___, ...env } = process.env;
  return { ...env, [LOADER_VARIABLE]: 'the compile hook', ...variables };
};

const started = (variables: NodeJS.ProcessEnv, args: readonly string[] = SAMPLE, cwd = root) =>
  spawn(process.execPath, argumentsOf(args), { cwd, env: environment(variables) });

async function output(variables: NodeJS.ProcessEnv): Promise<string> {
  const child = started(variables);
  child.stdout.setEncoding('utf8');
  let text = '';
  for await (const part of child.stdout) text += part as string;
  return text;
}

describe('the output of nestjs-cqrs', () => {
  it('has colours on a terminal or with FORCE_COLOR, none in a pipe and with NO_COLOR', async () => {
    const [inPipe, notForced, forced, refused] = await Promise.all([
      output({}),
      output({ FORCE_COLOR: '0' }),
      output({ FORCE_COLOR: '1' }),
      output({ FORCE_COLOR: '1', NO_COLOR: '1' }),
    ]);
    expect(forced).toContain('\u001B[1mCommands\u001B[22m');
    expect(inPipe).toMatch(/^Commands\n/);
    expect([notForced, refused]).toEqual([inPipe, inPipe]);
  });

  it('may be read in part, as by head', async () => {
    const child = started({});
    child.stdout.destroy();
    let errors = '';
    child.stderr.on('data', part => (errors += String(part)));
    const [code] = (await once(child, 'close')) as [number];
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
  });
});

const withFullDevice = existsSync('/dev/full') ? describe : describe.skip;

withFullDevice('the output of nestjs-cqrs, on a device that is full,', () => {
  it('ends the command with its reason', async () => {
    const full = openSync('/dev/full', 'w');
    const options = { cwd: root, env: environment({}) };
    const child = spawn(process.execPath, argumentsOf(SAMPLE), { ...options, stdio: ['ignore', full, 'pipe'] });
    const [errors, [code]] = await Promise.all([text(child.stderr!), once(child, 'close') as Promise<[number]>]);
    closeSync(full);
    expect(code).not.toBe(0);
    expect(errors).toContain('ENOSPC');
  });
});

describe('an application with a copy of this package of its own', () => {
  it('is shown by that copy, which sees its decorators', async () => {
    using project = new TemporaryProject({
      'app.mjs': `import { Module } from '@nestjs/common';
        export class AppModule {}
        Module({ providers: [] })(AppModule);`,
      'node_modules/nestjs-cqrs/package.json': '{ "type": "module" }',
      'node_modules/nestjs-cqrs/dist/extension.js': '',
      'node_modules/nestjs-cqrs/dist/index.js': `
        const document = { modules: [], messages: [], problems: [] };
        export const previewWiring = async ({ name }) => ({ document: () => document, toText: () => name + ' by another copy' });`,
    });
    project.link('node_modules/@nestjs', 'node_modules/@nestjs');
    const child = started({}, ['wiring', 'app.mjs'], project.folder);
    const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
    expect({ output, errors }).toEqual({ output: 'AppModule by another copy\n', errors: '' });
  });
});

describe('an application that does more than export its module', () => {
  const project = new TemporaryProject().withPackages();
  afterAll(() => project[Symbol.dispose]());

  const shop = `import { Logger, Module } from '@nestjs/common';
    import { Command, CommandHandler, CqrsModule } from 'nestjs-cqrs';
    class Pay extends Command {}
    @CommandHandler(Pay) class PayHandler { execute() {} constructor() { console.log('made'); } }
    @Module({ imports: [CqrsModule.forRoot()], providers: [PayHandler] }) export class AppModule {}`;

  const SHOWN = 'Commands\n  Pay → PayHandler (AppModule)\n';

  const ended = async (file: string, more: string, ...args: string[]) => {
    project.write(file, `${shop}\n${more}`);
    const child = started({}, ['wiring', file, ...args], project.folder);
    const [output, errors, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close') as Promise<[number]>,
    ]);
    return { output, errors, code };
  };

  it('may write to standard output, when it is loaded and when it starts: JSON stays JSON', async () => {
    const said = "new Logger('Shop').log('loaded'); process.stdout.write('as it is'); console.table([7]);";
    const { output, errors, code } = await ended('prints.ts', said, '--instantiate', '--format', 'json');
    expect(JSON.parse(output)).toMatchObject({ schema: 'nestjs-cqrs/wiring@1', messages: [{ name: 'Pay' }] });
    expect(errors).toMatch(/loaded[^]*as it is[^]*7[^]*made/);
    expect(code).toBe(0);
  });

  it('that fails is told with the line of its source', async () => {
    const { errors, code } = await ended('fails.ts', "throw new Error('no database');");
    expect(errors).toMatch(
      new RegExp(`fails\\.ts cannot be loaded\\. Error: no database[^]*fails\\.ts:${shop.split('\n').length + 1}:`),
    );
    expect(code).toBe(2);
  });

  it('may hold what would go on, as a timer: the command ends', async () => {
    const { output, code } = await ended('holds.ts', 'setInterval(() => undefined, 1000);');
    expect({ output, code }).toEqual({ output: 'Commands\n  Pay → PayHandler (AppModule)\n', code: 0 });
  });

  it.each<[string, string]>([
    ['a timer', 'setInterval(() => undefined, 1_000);'],
    ['a server', "(await import('node:http')).createServer().listen(0, '127.0.0.1');"],
    ['a thread', "new (await import('node:worker_threads')).Worker('setInterval(() => {}, 1000)', { eval: true });"],
    ['standard input', 'process.stdin.resume();'],
    ['a timer, and writes nothing to standard error', 'setInterval(() => {}, 1); process.stderr.write = () => true;'],
    [
      'a timer, and does not let the process exit',
      'setInterval(() => {}, 1); process.exit = (() => undefined) as never;',
    ],
  ])('may hold %s: the command ends with its own code', async (_what, more) => {
    expect(await ended('holds.ts', more)).toEqual({ output: SHOWN, errors: '', code: 0 });
  });

  it.each<[string, object, string[]]>([
    ['that starts', { output: SHOWN, code: 0 }, ['--instantiate']],
    ['with mistakes', { output: SHOWN.replace('AppModule', 'TwiceModule'), code: 1 }, ['--export', 'TwiceModule']],
    ['that cannot be loaded', { output: '', code: 2 }, ['--export', 'NoModule']],
  ])('may hold a timer: %s', async (_what, end, args) => {
    const more = `setInterval(() => {}, 1_000);
      @Module({ imports: [AppModule], providers: [PayHandler] }) export class TwiceModule {}`;
    expect(await ended('holds.ts', more, ...args)).toMatchObject(end);
  });

  it('may hold a timer: a long output reaches a slow reader whole', async () => {
    const many = `setInterval(() => undefined, 1_000);
      const handlers = Array.from({ length: 1_000 }, (_, i) => {
        const message = Object.defineProperty(class extends Command {}, 'name', { value: 'Message' + i });
        const handler = class { execute() {} };
        CommandHandler(message)(handler as never);
        return Object.defineProperty(handler, 'name', { value: 'Handler' + i });
      });
      @Module({ imports: [CqrsModule.forRoot()], providers: handlers }) export class ManyModule {}`;
    project.write('many.ts', `${shop}\n${many}`);
    const child = started({}, ['wiring', 'many.ts', '--export', 'ManyModule', '--format', 'json'], project.folder);
    const closed = once(child, 'close') as Promise<[number]>;
    const parts: Buffer[] = [];
    for await (const part of child.stdout) {
      parts.push(part as Buffer);
      // The pipe fills meanwhile.
      await new Promise(setImmediate);
    }
    const { messages } = JSON.parse(Buffer.concat(parts).toString()) as { messages: object[] };
    expect([messages.length, (await closed)[0]]).toEqual([1_000, 0]);
  });

  it.each<[string, string]>([
    ['process.exit()', 'process.exit();'],
    ['a failure outside of it', "setImmediate(() => { throw new Error('away'); }); await new Promise(() => {});"],
    ['an await that never ends', 'await new Promise(() => {});'],
  ])('that ends with %s is not taken for one that is fine', async (_what, more) => {
    const { output, errors, code } = await ended('ends.ts', more);
    expect({ output, code }).toEqual({ output: '', code: 2 });
    expect(errors).toContain('The process ended before the command did: ');
  });
});
