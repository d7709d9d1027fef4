import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import manifest from '../../package.json' with { type: 'json' };
import { expectTexts, KIT_TEXTS } from './failing-tests.js';
import { compile, root, run, Workspace } from './workspace.js';

jest.setTimeout(240_000);

const ESM_FILES = ['users.ts', 'users.spec.ts', 'matchers.ts', 'reminders.ts'];
const NODE_FILES = ['users.ts', 'reminders.ts'];

const workspace = new Workspace();
let packed: string[];
/** Runs while npm installs, which waits for the disk. */
let attw: ReturnType<typeof run>;

beforeAll(async () => {
  packed = await workspace.pack();
  const command = join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js');
  // The schema is data: JSON has no declarations.
  const given = [workspace.tarball, '--no-color', '--no-emoji', '--exclude-entrypoints', 'wiring.schema.json'];
  attw = run(process.execPath, [command, ...given], root);
});

afterAll(() => workspace.remove());

describe('the tarball', () => {
  it('holds dist, README, LICENSE and package.json, and nothing else', () => {
    const rest = packed.filter(path => !path.startsWith('dist/'));
    expect(new Set(rest)).toEqual(new Set(['LICENSE', 'README.md', 'package.json']));
    const built = packed.filter(path => path.startsWith('dist/'));
    expect(built).toContain('dist/cjs/package.json');
    for (const path of built)
      expect(path).toMatch(/\.js$|\.js\.map$|\.d\.ts$|^dist\/(cjs\/package|wiring\.schema)\.json$/);
  });

  it('passes publint', async () => {
    const tarball = new Uint8Array(readFileSync(workspace.tarball)).buffer;
    const { messages } = await publint({ pack: { tarball }, strict: true });
    expect(messages.map(message => formatMessage(message, manifest))).toEqual([]);
  });
});

describe('a consumer with', () => {
  it.each([
    ['Nest 12, ES modules and Jest', 'nest-12-jest-esm', ESM_FILES],
    ['Nest 12, ES modules and node:test', 'node-test', NODE_FILES],
    ['plain Node, Nest 11 and require', 'node-require', ['users.mjs']],
    ['Nest 11, require, and messages between processes', 'nest-11-remote', []],
    ['plain Node, Nest 12 and import', 'node-import', ['users.mjs']],
    ['none of the optional peers', 'no-optional-peers', ['users.mjs']],
  ])('%s runs', async (_, name, shared) => {
    const folder = await workspace.install(name, shared);
    const { code, output } = await run('npm', ['test', '--silent'], folder);
    expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
  });
});

describe('a test that fails says what differs', () => {
  it('in Jest with ES modules', async () => {
    const folder = await workspace.install('nest-12-jest-esm', ESM_FILES);
    const command = ['npm', 'test', '--', '-t', 'fails by'];
    await expectTexts(folder, command, 'failing-matcher', ...KIT_TEXTS);
  });

  it('in node:test', async () => {
    const folder = await workspace.install('node-test', NODE_FILES);
    // Compiled by the test above.
    await expectTexts(folder, [process.execPath, '--test', 'out/failing.test.js'], ...KIT_TEXTS);
  });
});

it('time passes in node:test when the test says so', async () => {
  const folder = await workspace.install('node-test', NODE_FILES);
  // Compiled by the test above.
  const { code, output } = await run(process.execPath, ['--test', 'out/clock.test.js'], folder);
  expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
});

describe.each([
  ['Nest 12 and ES modules', 'nest-12-bundle', 'mjs'],
  ['Nest 11 and CommonJS', 'nest-11-bundle', 'cjs'],
])('a bundle of %s, with a library that requires the package, holds one copy', (_, name, extension) => {
  let folder: string;
  let build: string;

  beforeAll(async () => {
    build = join(await workspace.install('bundlers'), 'build.mjs');
    folder = await workspace.install(name, ['bundled-app.mjs']);
  });

  it.each(['esbuild', 'rollup', 'webpack', 'vite'])('made by %s', async bundler => {
    const bundle = `${bundler}.${extension}`;
    const built = await run(process.execPath, [build, bundler, bundle], folder);
    expect(built).toEqual({ code: 0, output: '' });
    const { output } = await run(process.execPath, [bundle], folder);
    expect(JSON.parse(output)).toEqual({ reserved: ['12A'], differing: [], decoratorsSeen: true });
    const classes = readFileSync(join(folder, bundle), 'utf8').match(/\bclass CommandBus\d* /g);
    expect(classes).toHaveLength(1);
  });
});

describe('the types resolve', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await workspace.install('type-resolution', ['users.ts']);
  });

  it.each([
    // TypeScript 7 has no node10 resolution any more; before 5.8 CommonJS could not import Nest 12.
    ['nodenext', 'typescript-5.5'],
    ['nodenext', 'typescript-5.9'],
    ['nodenext', 'typescript-7'],
    ['commonjs', 'typescript-5.9'],
    ['commonjs', 'typescript-7'],
    ['bundler', 'typescript-5.9'],
    ['bundler', 'typescript-7'],
    ['node10', 'typescript-5.5'],
    ['node10', 'typescript-5.9'],
  ])('under %s with %s', async (resolution, compiler) => {
    expect(await compile(compiler, `tsconfig.${resolution}.json`, folder)).toBe('');
  });
});

it('the tarball passes attw', async () => {
  const { code, output } = await attw;
  expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
});
