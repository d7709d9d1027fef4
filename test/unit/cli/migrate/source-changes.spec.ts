import ts from 'typescript';
import { changedText } from '../../../../lib/cli/migrate/change.js';
import { renameBy } from '../../../../lib/cli/migrate/package-name.js';
import { sourceChanges } from '../../../../lib/cli/migrate/source-changes.js';

const EXPORTS = { '.': {}, './dist/decorators/constants': {}, './dist/interfaces/*': './dist/interfaces/*.js' };
const rename = renameBy(EXPORTS, target => target === './dist/interfaces/index.js');

const changed = (text: string, file = '/project/file.ts') => {
  const change = sourceChanges(ts, { file, text }, rename);
  const findings = change.findings.map(({ kind, place, what }) => `${kind} ${place.line}:${place.column} ${what}`);
  return { text: changedText(change), findings };
};

describe('a module specifier is changed in', () => {
  it.each([
    `import { CommandBus } from '@nestjs/cqrs';`,
    `import type { CommandBus } from "@nestjs/cqrs"`,
    `import * as cqrs from '@nestjs/cqrs' // why`,
    `import '@nestjs/cqrs';`,
    `export { CommandBus } from '@nestjs/cqrs';`,
    `export * from '@nestjs/cqrs';`,
    `import cqrs = require('@nestjs/cqrs');`,
    `const cqrs = require("@nestjs/cqrs");`,
    `const cqrs = module.require('@nestjs/cqrs');`,
    'const cqrs = await import(`@nestjs/cqrs`);',
    `const path = require.resolve('@nestjs/cqrs');`,
    `const path = import.meta.resolve('@nestjs/cqrs');`,
    `type Bus = import('@nestjs/cqrs').CommandBus;`,
    `type Cqrs = typeof import('@nestjs/cqrs');`,
    `declare module '@nestjs/cqrs' { interface IEvent {} }`,
    `/// <reference types="@nestjs/cqrs" />\nrun();`,
    `jest.mock('@nestjs/cqrs', () => ({}));`,
    `jest.mock('./other').unmock('@nestjs/cqrs');`,
    `jest.mock<typeof import('@nestjs/cqrs')>('@nestjs/cqrs');`,
    `const actual = jest.requireActual('@nestjs/cqrs');`,
    `const mocked = jest.createMockFromModule('@nestjs/cqrs');`,
    `jest.unstable_mockModule('@nestjs/cqrs', () => ({}));`,
    `vi.mock(import('@nestjs/cqrs'), () => ({}));`,
    `vi.doMock('@nestjs/cqrs'); await vi.importActual('@nestjs/cqrs');`,
    `mock.module('@nestjs/cqrs', {});`,
    `vitest.mock('@nestjs/cqrs');`,
    `import { COMMAND_HANDLER_METADATA } from '@nestjs/cqrs/dist/decorators/constants';`,
    `import { IEvent } from '@nestjs/cqrs/dist/interfaces/index';`,
  ])('%s', text => {
    const expected = text.replaceAll('@nestjs/cqrs', 'nestjs-cqrs');
    expect(changed(text)).toEqual({ text: expected, findings: [] });
    expect(changed(expected)).toEqual({ text: expected, findings: [] });
  });

  it('a file of JavaScript, with the types in its comments', () => {
    const text = [
      `/** @import { CommandBus } from '@nestjs/cqrs' */`,
      `/** @type {import('@nestjs/cqrs').EventBus} */`,
      `let bus;`,
      `// import('@nestjs/cqrs') in a plain comment stays`,
      `const { QueryBus } = require('@nestjs/cqrs');`,
    ];
    const expected = text.map((line, i) => (i === 3 ? line : line.replace('@nestjs/cqrs', 'nestjs-cqrs')));
    expect(changed(text.join('\n'), '/project/file.js').text).toBe(expected.join('\n'));
  });

  it('a comment once that begins a file of JavaScript, before a parenthesis', () => {
    const text = `/** @type {import('@nestjs/cqrs').EventBus} */\n(bus).publish();\n`;
    expect(changed(text, '/project/file.js').text).toBe(text.replace('@nestjs/cqrs', 'nestjs-cqrs'));
  });

  it('a file with a sum that is nested deeper than calls can be', () => {
    const text = `import '@nestjs/cqrs';\nexport const sum = ${"'a' + ".repeat(20_000)}'a';\n`;
    expect(changed(text)).toEqual({ text: text.replace('@nestjs/cqrs', 'nestjs-cqrs'), findings: [] });
  });

  it('a file with a list that is longer than calls take arguments', () => {
    const text = `import '@nestjs/cqrs';\nexport const list = [${'1,'.repeat(300_000)}];\n`;
    expect(changed(text)).toEqual({ text: text.replace('@nestjs/cqrs', 'nestjs-cqrs'), findings: [] });
  });

  it('a component', () => {
    const text = `import '@nestjs/cqrs';\nexport const page = <p title="x">@nestjs/cqrs</p>;`;
    expect(changed(text, '/project/file.tsx').text).toBe(text.replace('@nestjs/cqrs', 'nestjs-cqrs'));
  });

  it('a path with ".js" that is served without it', () => {
    expect(changed(`import '@nestjs/cqrs/dist/decorators/constants.js';`).text).toBe(
      `import 'nestjs-cqrs/dist/decorators/constants';`,
    );
  });
});

describe('a compiler before 5.5, which reads no @import in comments', () => {
  it('changes the other types of a file of JavaScript', () => {
    const older = { ...ts, isJSDocImportTag: undefined } as unknown as typeof ts;
    const text = `/** @type {import('@nestjs/cqrs').EventBus} */\nlet bus;\nconst name = '@nestjs/cqrs';\n`;
    const { edits, findings } = sourceChanges(older, { file: '/project/file.js', text }, rename);
    expect(edits.map(({ start, to }) => [start, to])).toEqual([[text.indexOf('@nestjs'), 'nestjs-cqrs']]);
    expect(findings.map(({ kind, place }) => [kind, place.line])).toEqual([['mention', 3]]);
  });
});

describe('a path that this package serves under conditions', () => {
  const served = { './dist/*': { import: './dist/*.js', require: { node: './dist/cjs/*.js' }, browser: null } };

  it.each([
    ['the first', './dist/a.js', 'nestjs-cqrs/dist/a'],
    ['one within another', './dist/cjs/a.js', 'nestjs-cqrs/dist/a'],
    ['none', './dist/b.js', undefined],
  ])('is renamed if the file of %s is there', (_, existing, to) => {
    expect(renameBy(served, target => target === existing)('@nestjs/cqrs/dist/a')).toBe(to);
  });

  it('is renamed if its end is served too', () => {
    const renamed = renameBy({ './dist/*.json': './files/*.json' }, target => target === './files/a.json');
    expect(renamed('@nestjs/cqrs/dist/a.json')).toBe('nestjs-cqrs/dist/a.json');
    expect(renamed('@nestjs/cqrs/dist/a.text')).toBeUndefined();
  });

  it('is not renamed if it is closed', () => {
    expect(renameBy({ './dist/a': null }, () => true)('@nestjs/cqrs/dist/a')).toBeUndefined();
    expect(renameBy({ './dist/*': null }, () => true)('@nestjs/cqrs/dist/a')).toBeUndefined();
  });
});

describe('source text that stays unchanged', () => {
  it.each([
    `#!/usr/bin/env node @nestjs/cqrs`,
    `// import '@nestjs/cqrs';`,
    `/** @type {import('@nestjs/cqrs').EventBus} */ let bus;`,
    `import '@nestjs/cqrs-extra'; import '@nestjs/cqrsx'; import 'x/@nestjs/core';`,
    `const text = 'we use @nestjs/cqrs here';`,
  ])('is not told either: %s', text => {
    expect(changed(text)).toEqual({ text, findings: [] });
  });

  it.each([
    [`const name = '@nestjs/cqrs';`, 'mention 1:15 @nestjs/cqrs'],
    [`const map = { '^@nestjs/cqrs$': 'x' };`, 'mention 1:16 ^@nestjs/cqrs$'],
    ['const path = `@nestjs/cqrs/${file}`;', 'mention 1:15 @nestjs/cqrs/'],
    [`const external = /^@nestjs\\/cqrs/;`, 'mention 1:18 /^@nestjs\\/cqrs/'],
    [`load('@nestjs/cqrs'); other.mock('@nestjs/cqrs')`, 'mention 1:7 @nestjs/cqrs', 'mention 1:35 @nestjs/cqrs'],
    [`other.require('@nestjs/cqrs')`, 'mention 1:16 @nestjs/cqrs'],
    [`other.resolve('@nestjs/cqrs')`, 'mention 1:16 @nestjs/cqrs'],
    [`loaders[0]('@nestjs/cqrs')`, 'mention 1:13 @nestjs/cqrs'],
    [`this.mock('@nestjs/cqrs')`, 'mention 1:12 @nestjs/cqrs'],
    [`jest.mock('./a', '@nestjs/cqrs')`, 'mention 1:19 @nestjs/cqrs'],
    [`import { x } from '@nestjs\\u002fcqrs'; // @nestjs/cqrs`, 'mention 1:20 @nestjs\\u002fcqrs'],
    [
      `import { x } from '@nestjs/cqrs/dist/services/explorer.service';`,
      'deepPath 1:20 @nestjs/cqrs/dist/services/explorer.service',
    ],
    [`import { x } from '@nestjs/cqrs/dist/interfaces/none';`, 'deepPath 1:20 @nestjs/cqrs/dist/interfaces/none'],
    // As long as the folder of interfaces.
    [`import { x } from '@nestjs/cqrs/dist/decorators/index';`, 'deepPath 1:20 @nestjs/cqrs/dist/decorators/index'],
  ])('is told where it may select the package: %s', (text, ...findings) => {
    expect(changed(text)).toEqual({ text, findings });
  });

  it('is all but the name: line ends, byte order mark, quotes, decorators, missing semicolons', () => {
    const text =
      '\uFEFF// the start\r\n' +
      `import {Saga}   from "@nestjs/cqrs"\r\n\r\n` +
      `export class A{ @Saga( ) b=( )=>1 }\r\n\t// the end`;
    expect(changed(text)).toEqual({ text: text.replace('@nestjs/cqrs', 'nestjs-cqrs'), findings: [] });
  });
});

describe('a file with syntax errors', () => {
  it('is changed as far as it can be read, and told', () => {
    const text = `import { CommandBus } from '@nestjs/cqrs';\nclass {{ oops(\nimport '@nestjs/cqrs';\n`;
    const { text: result, findings } = changed(text);
    expect(result).toContain(`import { CommandBus } from 'nestjs-cqrs';`);
    expect(findings).toEqual([expect.stringMatching(/^syntax 2:\d+ \d+ syntax errors$/)]);
  });
  it('counts its errors in singular and plural, and tells where the first is', () => {
    expect(changed(`import '@nestjs/cqrs';\nconst a = ;\n`).findings).toEqual(['syntax 2:11 1 syntax error']);
    expect(changed(`import '@nestjs/cqrs';\nconst a = ;\nconst b = ;\n`).findings).toEqual([
      'syntax 2:11 2 syntax errors',
    ]);
  });

  it('is nothing to tell without the name of the package', () => {
    expect(changed('const a = ;\n').findings).toEqual([]);
  });
});
