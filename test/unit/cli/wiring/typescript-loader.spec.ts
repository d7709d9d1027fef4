import { jest } from '@jest/globals';
import { run } from '../../../../lib/cli/run.js';
import { TemporaryProject } from '../temporary-project.js';

jest.setTimeout(60_000);

/** A loader that tells how the process was started, in place of loading anything. */
const telling = (variable: string) => `
const { ${variable}: tsconfig, NESTJS_CQRS_LOADER: loader, SWC_NODE_INLINE_SOURCE_MAP: map, FORCE_COLOR: color } = process.env;
const [main, ...args] = process.argv.slice(1);
process.stdout.write(JSON.stringify({ tsconfig, loader, map, color, main, args, folder: process.cwd() }) + '\\n');
process.stderr.write('aside\\n');
process.exitCode = 3;
process.exit();
`;

const tsx = (text: string) => ({
  'node_modules/tsx/package.json': '{ "type": "module", "exports": "./loader.js" }',
  'node_modules/tsx/loader.js': text,
});

const swc = {
  'node_modules/@swc-node/register/package.json': '{ "main": "register.js" }',
  'node_modules/@swc-node/register/register.js': 'throw new Error("not this file");',
  'node_modules/@swc-node/register/esm/esm-register.mjs': telling('TS_NODE_PROJECT'),
};

const application = { 'src/app.module.ts': '', 'tsconfig.json': '{}' };

async function started(project: TemporaryProject, ...args: string[]) {
  const { output, ...ended } = await project.run(...args);
  const { main, color: _, ...told } = JSON.parse(output) as { main: string; color?: string };
  expect(main).toMatch(/[/\\]cli[/\\]main\.js$/);
  return { ...ended, told };
}

describe('a command on an application in TypeScript', () => {
  it('runs in a process with tsx, with its arguments, in its folder, by its tsconfig.json', async () => {
    using project = new TemporaryProject({ ...application, ...swc, ...tsx(telling('TSX_TSCONFIG_PATH')) });
    expect(await started(project, 'wiring', '--export', 'ShopModule')).toEqual({
      code: 3,
      errors: 'aside',
      told: {
        loader: 'tsx',
        tsconfig: `${project.folder}/tsconfig.json`,
        map: '1',
        args: ['wiring', '--export', 'ShopModule'],
        folder: project.folder,
      },
    });
  });

  it.each([
    ['explain', 'Pay'],
    ['queues', '--format', 'json'],
  ])('runs so with its name: %s', async (...args) => {
    using project = new TemporaryProject({ ...application, ...tsx(telling('TSX_TSCONFIG_PATH')) });
    expect((await started(project, ...args)).told).toMatchObject({ args });
  });

  it('runs with @swc-node/register if there is no tsx', async () => {
    using project = new TemporaryProject({ ...application, ...swc });
    expect((await started(project, 'wiring')).told).toMatchObject({
      loader: '@swc-node/register',
      tsconfig: `${project.folder}/tsconfig.json`,
    });
  });

  it('shows colours there if the terminal does; has no tsconfig.json if there is none', async () => {
    using project = new TemporaryProject({ 'src/app.module.ts': '', ...tsx(telling('TSX_TSCONFIG_PATH')) });
    const output: string[] = [];
    const terminal = { folder: project.folder, isColoured: true, complain: () => undefined };
    expect(await run(['wiring'], { ...terminal, print: text => void output.push(text) })).toBe(3);
    expect(JSON.parse(output.join(''))).toMatchObject({ color: '1' });
    expect(JSON.parse(output.join(''))).not.toHaveProperty('tsconfig');
  });

  it('has failed with 2 if that process was killed, and prints nothing for it', async () => {
    using project = new TemporaryProject({ ...application, ...tsx(`process.kill(process.pid, 'SIGKILL');`) });
    const [output, errors] = [[] as string[], [] as string[]];
    const terminal = { folder: project.folder, print: (text: string) => void output.push(text) };
    expect(await run(['wiring'], { ...terminal, complain: text => void errors.push(text) })).toBe(2);
    expect({ output, errors }).toEqual({ output: [], errors: [] });
  });

  it('fails with the reason if no process can be started', async () => {
    using project = new TemporaryProject({ ...application, ...tsx('') });
    const { execPath } = process;
    process.execPath = `${project.folder}/no-node`;
    try {
      expect(await project.run('wiring')).toEqual({ code: 1, output: '', errors: expect.stringContaining('ENOENT') });
    } finally {
      process.execPath = execPath;
    }
  });

  it('says what helps where there is no loader', async () => {
    using project = new TemporaryProject(application);
    const { code, output, errors } = await project.run('wiring');
    expect({ code, output }).toEqual({ code: 2, output: '' });
    expect(errors).toMatch(/app\.module\.ts is TypeScript, and its compiled form is missing or older\./);
  });
});

describe('the compiled form of an application', () => {
  const compiled = (body: string) => `import { Module } from '@nestjs/common';
    import { CqrsModule } from 'nestjs-cqrs';
    export class AppModule {${body}}
    Module({ imports: [CqrsModule.forRoot()] })(AppModule);`;

  it('is loaded in place of its source', async () => {
    using project = new TemporaryProject({ ...application, 'dist/app.module.js': compiled('') }).withPackages();
    expect(await project.run('wiring', '--module', 'X')).toMatchObject({ code: 1 });
  });

  it('that does not start is told without advice to compile it, and once', async () => {
    const body = `onModuleInit() { throw new Error('no database'); }`;
    using project = new TemporaryProject({ ...application, 'dist/app.module.js': compiled(body) }).withPackages();
    expect(await project.run('wiring', '--instantiate')).toEqual({
      code: 2,
      output: '',
      errors: 'Nest cannot load the application. no database',
    });
  });
});
