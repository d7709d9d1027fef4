import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { applicationFile } from '../../../lib/cli/wiring/application-file.js';
import { TemporaryProject } from './temporary-project.js';

const found = (files: Readonly<Record<string, string>>, given?: string) => {
  using project = new TemporaryProject(files);
  // Written before all others.
  for (const file of Object.keys(files).filter(name => name.endsWith('.ts')))
    utimesSync(join(project.folder, file), 1, file.includes('newer') ? Date.now() : 1);
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
  ])('is by default the root module %s', (_, files, file) => {
    expect(found(files)).toMatchObject({ file, compiled: undefined });
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
          shop: { sourceRoot: 'apps/shop/src', compilerOptions: { tsConfigPath: 'apps/shop/tsconfig.app.json' } },
        },
      }),
      'apps/shop/tsconfig.app.json': '{ "compilerOptions": { "outDir": "../../dist/apps/shop" } }',
      'apps/shop/src/order/order.module.ts': '',
      'dist/apps/shop/apps/shop/src/order/order.module.js': '',
    };
    expect(found(files, 'apps/shop/src/order/order.module.ts')).toEqual({
      file: 'apps/shop/src/order/order.module.ts',
      tsconfig: 'apps/shop/tsconfig.app.json',
      compiled: 'dist/apps/shop/apps/shop/src/order/order.module.js',
    });
  });

  it('must be there', () => {
    expect(() => found({})).toThrow('The file src/app.module.ts does not exist. Name the file of the root module');
    expect(() => found({ 'tsconfig.json': 'no JSON' }, 'src/shop.module.ts')).toThrow('shop.module.ts does not exist.');
  });
});
