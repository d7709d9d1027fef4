import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { jest } from '@jest/globals';
import { LOADER_VARIABLE } from '../../../lib/cli/wiring/typescript-loader.js';
import { compileHook } from '../../support/program.js';
import { TemporaryProject } from '../../unit/cli/temporary-project.js';

jest.setTimeout(60_000);

const root = join(import.meta.dirname, '../../..');

const SAMPLE = ['wiring', 'sample/00-getting-started/src/app.module.ts'];

function started(variables: NodeJS.ProcessEnv, args: readonly string[] = SAMPLE, cwd = root) {
  const { NODE_OPTIONS: _, FORCE_COLOR: __, NO_COLOR: ___, ...env } = process.env;
  return spawn(process.execPath, ['--import', compileHook, join(root, 'lib/cli/main.ts'), ...args], {
    cwd,
    env: { ...env, [LOADER_VARIABLE]: 'the compile hook', ...variables },
  });
}

async function output(variables: NodeJS.ProcessEnv): Promise<string> {
  const child = started(variables);
  child.stdout.setEncoding('utf8');
  let text = '';
  for await (const part of child.stdout) text += part as string;
  return text;
}

describe('the output of nestjs-cqrs', () => {
  it('has colours on a terminal or with FORCE_COLOR, none in a pipe and with NO_COLOR', async () => {
    const [inPipe, forced, refused] = await Promise.all([
      output({}),
      output({ FORCE_COLOR: '1' }),
      output({ FORCE_COLOR: '1', NO_COLOR: '1' }),
    ]);
    expect(forced).toContain('\u001B[1mCommands\u001B[22m');
    expect(inPipe).toMatch(/^Commands\n/);
    expect(refused).toBe(inPipe);
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
    ['with mistakes', { output: SHOWN, code: 1 }, ['--export', 'TwiceModule']],
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
