import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { applicationFile } from '../../../lib/cli/wiring/application-file.js';
import { TemporaryProject } from './temporary-project.js';

const found = (files: Readonly<Record<string, string>>, given?: string) => {
  using project = new TemporaryProject(files);
  // Written before all others.
  for (const file of Object.keys(files).filter(name => /\.[cm]?ts$/.test(name)))
    utimesSync(join(project.folder, file), 1, file.includes('newer') ? Date.now() : 1);
  for (const file of Object.keys(files).filter(name => name.includes('same-time')))
    utimesSync(join(project.folder, file), 1, 1);
  const inFolder = (path: string | undefined) => path?.slice(project.folder.length + 1);
  const { file, tsconfig, compiled } = applicationFile(project.folder, given);
  return { file: inFolder(file), tsconfig: inFolder(tsconfig), compiled: inFolder(compiled) };
};

describe('the file of an application', () => {
  it.each([
    ['in src', { 'src/app.module.ts': '' }, 'src/app.module.ts'],
    [
      'in the sourceRoot',
      { 'nest-cli.json': '{ "sourceRoot": "apps/shop/src" }', 'apps/shop/src/app.module.js': '' },
      'apps/shop/src/app.module.js',
    ],
    ['that is an ES module', { 'src/app.module.mjs': '' }, 'src/app.module.mjs'],
  ])('is by default the root module %s', (_, files, file) => {
    expect(found(files)).toMatchObject({ file, compiled: undefined });
  });

  it('needs no compiler if it is JavaScript', () => {
    const files = { 'tsconfig.json': '{}', 'src/app.module.js': '', 'dist/app.module.js': '' };
    expect(found(files)).toEqual({ file: 'src/app.module.js', tsconfig: undefined, compiled: undefined });
  });

  it.each([
    [
      'tsconfig.app.json, before a tsconfig.json',
      { 'tsconfig.app.json': '{}', 'tsconfig.json': '{}' },
      'tsconfig.app.json',
    ],
    ['the nearest one', { 'src/tsconfig.json': '{}', 'tsconfig.json': '{}' }, 'src/tsconfig.json'],
    [
      'what nest-cli.json names',
      {
        'nest-cli.json': '{ "compilerOptions": { "tsConfigPath": "tsconfig.build.json" } }',
        'tsconfig.build.json': '{}',
        'tsconfig.json': '{}',
      },
      'tsconfig.build.json',
    ],
    [
      'another one if what nest-cli.json names is not there',
      { 'nest-cli.json': '{ "compilerOptions": { "tsConfigPath": "gone.json" } }', 'tsconfig.json': '{}' },
      'tsconfig.json',
    ],
  ])('is compiled as %s says', (_, files, tsconfig) => {
    expect(found({ ...files, 'src/app.module.ts': '' })).toMatchObject({ tsconfig });
  });

  it.each([
    ['src/app.module.ts', 'dist/app.module.js'],
    ['src/app.module.mts', 'dist/app.module.mjs'],
    ['src/app.module.cts', 'dist/app.module.cjs'],
    ['src/app.module.ts', 'dist/src/app.module.js'],
  ])('%s has the compiled twin %s', (source, compiled) => {
    expect(found({ [source]: '', [compiled]: '' }, source)).toMatchObject({ compiled });
  });

  it('has its twin below the rootDir of its tsconfig', () => {
    const files = {
      'tsconfig.json': '{ "compilerOptions": { "rootDir": "apps" } }',
      'apps/shop/src/shop.module.ts': '',
      'dist/shop/src/shop.module.js': '',
    };
    expect(found(files, 'apps/shop/src/shop.module.ts').compiled).toBe('dist/shop/src/shop.module.js');
  });

  it('has its twin below the sourceRoot, of which any newer source makes the twin old', () => {
    const files = {
      'nest-cli.json': '{ "sourceRoot": "src" }',
      'src/shop/shop.module.ts': '',
      'dist/shop/shop.module.js': '',
    };
    expect(found(files, 'src/shop/shop.module.ts').compiled).toBe('dist/shop/shop.module.js');
    const more = { 'src/other/newer.ts': '', 'dist/other/newer.js': '' };
    expect(found({ ...files, ...more }, 'src/shop/shop.module.ts').compiled).toBeUndefined();
  });

  it('has a twin that was written at the same time; installed sources and other files do not count', () => {
    const files = { 'src/same-time.ts': '', 'dist/same-time.js': '' };
    expect(found(files, 'src/same-time.ts').compiled).toBe('dist/same-time.js');
    const more = { 'src/node_modules/a/newer.ts': '', 'dist/node_modules/a/newer.js': '' };
    const text = { 'src/read.text': '', 'dist/read.text': '' };
    expect(found({ ...files, ...more, ...text }, 'src/same-time.ts').compiled).toBe('dist/same-time.js');
  });

  it('has a compiled twin: in the outDir of the tsconfig, whose comments and bases are read', () => {
    const files = {
      'tsconfig.json': '{ "extends": "./base", /* a comment */ "compilerOptions": { "outDir": "build", }, }',
      'base.json': '{ "compilerOptions": { "rootDir": "src" /* "outDir": "no" */ } } // a comment',
      'src/app.module.ts': '',
      'src/app.module.spec.ts': '',
      'build/app.module.js': '',
    };
    expect(found(files)).toEqual({
      file: 'src/app.module.ts',
      tsconfig: 'tsconfig.json',
      compiled: 'build/app.module.js',
    });
  });

  it.each(['null', '{ "projects": { "shop": null } }', '{ "projects": 7 }'])(
    'is found beside an odd nest-cli.json and tsconfig.json: %s',
    text => {
      const files = { 'nest-cli.json': text, 'tsconfig.json': '{ "compilerOptions": null }', 'src/app.module.ts': '' };
      expect(found(files)).toMatchObject({ file: 'src/app.module.ts', compiled: undefined });
    },
  );

  it('has none if any source beside it is newer', () => {
    const files = { 'src/app.module.ts': '', 'src/newer.ts': '', 'dist/app.module.js': '', 'dist/newer.js': '' };
    expect(found({ 'src/app.module.ts': '', 'dist/app.module.js': '' }).compiled).toBe('dist/app.module.js');
    expect(found(files).compiled).toBeUndefined();
  });

  it('is compiled as its project in nest-cli.json says, wherever the compiler has put it', () => {
    const files = {
      'nest-cli.json': JSON.stringify({
        projects: {
          library: { type: 'library' },
          admin: { sourceRoot: 'apps/admin/src', compilerOptions: { tsConfigPath: 'apps/admin/tsconfig.build.json' } },
          shop: { sourceRoot: 'apps/shop/src', compilerOptions: { tsConfigPath: 'apps/shop/tsconfig.build.json' } },
        },
      }),
      'apps/admin/tsconfig.build.json': '{}',
      'apps/shop/tsconfig.build.json': '{ "compilerOptions": { "outDir": "../../dist/apps/shop" } }',
      'apps/shop/src/order/order.module.ts': '',
      'dist/apps/shop/apps/shop/src/order/order.module.js': '',
    };
    expect(found(files, 'apps/shop/src/order/order.module.ts')).toEqual({
      file: 'apps/shop/src/order/order.module.ts',
      tsconfig: 'apps/shop/tsconfig.build.json',
      compiled: 'dist/apps/shop/apps/shop/src/order/order.module.js',
    });
  });

  it('must be there', () => {
    expect(() => found({})).toThrow('The file src/app.module.ts does not exist. Name the file of the root module');
    expect(() => found({ 'tsconfig.json': 'no JSON' }, 'src/shop.module.ts')).toThrow('shop.module.ts does not exist.');
  });
});
