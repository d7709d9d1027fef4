import { join } from 'node:path';
import { foldersOf, readJsonc } from '../../../../lib/cli/wiring/jsonc.js';
import { TemporaryProject } from '../temporary-project.js';

describe('JSON with comments', () => {
  const project = new TemporaryProject();
  afterAll(() => project[Symbol.dispose]());

  const read = (text: string) => {
    project.write('a.json', text);
    return readJsonc(join(project.folder, 'a.json'));
  };

  it.each<[string, string, unknown]>([
    ['comments of both kinds', '{ // one\n "a": 1, /* two\n lines */ "b": 2 }', { a: 1, b: 2 }],
    ['commas at the end', '{ "a": [1, 2,], "b": { "c": 1, }, }', { a: [1, 2], b: { c: 1 } }],
    [
      'texts that look like either',
      '{ "a": "// x", "b": "/* y */", "c": ",]", "d": "\\"//" }',
      { a: '// x', b: '/* y */', c: ',]', d: '"//' },
    ],
    ['a comma before a comment', '{ "a": 1, // last\n}', { a: 1 }],
    ['what is not JSON', '{ a: 1 }', undefined],
    ['JSON that holds no object', 'null', undefined],
    ['JSON that holds a list', '[1]', undefined],
  ])('%s', (_title, text, value) => {
    expect(read(text)).toEqual(value);
  });

  it('of a file that is not there, or is a folder', () => {
    expect([join(project.folder, 'none.json'), project.folder].map(readJsonc)).toEqual([undefined, undefined]);
  });
});

describe('folders of a configuration of TypeScript', () => {
  const folders = (files: Record<string, object>) => {
    using project = new TemporaryProject(
      Object.fromEntries(Object.entries(files).map(([name, config]) => [name, JSON.stringify(config)])),
    );
    const found = foldersOf(join(project.folder, 'app/tsconfig.json'));
    return Object.fromEntries(Object.entries(found).map(([name, path]) => [name, path!.slice(project.folder.length)]));
  };

  it('are its own, relative to its place', () => {
    const compilerOptions = { rootDir: 'src', outDir: '../dist' };
    expect(folders({ 'app/tsconfig.json': { compilerOptions } })).toEqual({ rootDir: '/app/src', outDir: '/dist' });
    expect(folders({ 'app/tsconfig.json': { compilerOptions: { rootDir: 1, outDir: null } } })).toEqual({});
    expect(folders({ 'app/tsconfig.json': {} })).toEqual({});
    expect(folders({})).toEqual({});
  });

  it('may be those of a base, relative to the place of the base; the last of several bases wins, and its own', () => {
    const base = (compilerOptions: object) => ({ compilerOptions });
    expect(
      folders({
        'app/tsconfig.json': { extends: ['../base', '../configs/second.json'], compilerOptions: { rootDir: 'src' } },
        'base.json': base({ rootDir: 'first', outDir: 'first' }),
        'configs/second.json': base({ outDir: 'second' }),
      }),
    ).toEqual({ rootDir: '/app/src', outDir: '/configs/second' });
    expect(folders({ 'app/tsconfig.json': { extends: '@tsconfig/node20' } })).toEqual({});
    expect(folders({ 'app/tsconfig.json': { extends: [1, '../none'] } })).toEqual({});
  });

  it('of configurations that extend each other', () => {
    expect(
      folders({
        'app/tsconfig.json': { extends: './other', compilerOptions: { outDir: 'dist' } },
        'app/other.json': { extends: './tsconfig', compilerOptions: { rootDir: 'src' } },
      }),
    ).toEqual({ rootDir: '/app/src', outDir: '/app/dist' });
  });
});
