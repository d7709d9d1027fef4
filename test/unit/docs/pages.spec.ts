import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import manifest from '../../../package.json' with { type: 'json' };
import { docsPages } from '../../support/docs-pages.js';
import { codeBlocks, excerpt, refreshed } from './markdown.js';

const root = join(import.meta.dirname, '../../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
/** Every page below docs/, as a path from the root. */
const guide = docsPages(root);
const INDEX = 'docs/README.md';
const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md', ...guide];

describe.each(pages)('%s', page => {
  const text = read(page);

  it('says of each block of code which file it comes from, and shows what is there', () => {
    // UPDATE_DOCS=1 brings the blocks up to date.
    if (process.env['UPDATE_DOCS']) writeFileSync(join(root, page), refreshed(text, read));
    expect(read(page)).toBe(refreshed(text, read));
    const withoutSource = codeBlocks(text).filter(
      ({ language, source }) => /^[jt]sx?$|script$/.test(language) && !source,
    );
    expect(withoutSource).toEqual([]);
  });

  it('has no link to a page that is not there', () => {
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, link]) =>
      normalize(join(dirname(page), link!)),
    );
    expect(links.filter(link => !existsSync(join(root, link)))).toEqual([]);
  });
});

describe('the README', () => {
  it('links every page of the guide, or the index, which links the others', () => {
    const linked = ['README.md', ...(existsSync(join(root, INDEX)) ? [INDEX] : [])].flatMap(page =>
      [...read(page).matchAll(/\]\(([^)#\s]+)/g)].map(([, link]) => normalize(join(dirname(page), link!))),
    );
    expect(guide.filter(page => !linked.includes(page))).toEqual([]);
  });

  it('names the two commands that do everything', () => {
    expect(codeBlocks(read('README.md')).map(({ code }) => code)).toEqual(
      expect.arrayContaining(['npm ci && npm start\n', 'npm ci && npm test\n']),
    );
  });
});

describe('docs/errors.md', () => {
  const documented = [...read('docs/errors.md').matchAll(/^\| (?:<a .*?<\/a>)?`(CQRS_[A-Z_]+)`/gm)].map(
    ([, code]) => code!,
  );
  const sources = readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts'))
    .map(file => read(join('lib', file)))
    .join('\n');
  const tokens = new Set([...sources.matchAll(/^export const (CQRS_[A-Z_]+) =/gm)].map(([, token]) => token!));
  const codes = new Set(
    [...sources.matchAll(/'(CQRS_[A-Z_]+)'/g)].map(([, code]) => code!).filter(code => !tokens.has(code)),
  );

  it('lists every code of the library, once, and no other', () => {
    expect(documented.toSorted()).toEqual([...codes].toSorted());
  });

  it('has one anchor for each code of the library, in its row, and no other', () => {
    const page = read('docs/errors.md');
    const anchors = [...page.matchAll(/<a id="([^"]*)"><\/a>/g)].map(([, id]) => id!);
    const idOf = (code: string) => code.toLowerCase().replaceAll('_', '-');
    expect(anchors.toSorted()).toEqual([...codes].map(idOf).toSorted());
    for (const code of codes) expect(page).toMatch(new RegExp(`^\\| <a id="${idOf(code)}"></a>\`${code}\` `, 'm'));
  });

  it('says of every code what it means and what to do', () => {
    const rows = read('docs/errors.md').matchAll(/^\|[^|]*`CQRS_[A-Z_]+` *\|.*$/gm);
    for (const [row] of rows) expect(row.split(/(?<!\\)\|/).filter(cell => cell.trim() !== '')).toHaveLength(4);
  });
});

describe('docs/dependencies.md', () => {
  it('lists every package that is installed, once, and no other', () => {
    const rows = [...read('docs/dependencies.md').matchAll(/^\| (`[^|]+) \|/gm)];
    const listed = rows.flatMap(([, cell]) => [...cell!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!));
    const { peerDependencies, devDependencies } = manifest;
    expect(listed.toSorted()).toEqual(Object.keys({ ...peerDependencies, ...devDependencies }).toSorted());
  });
});

describe('docs/module-options.md', () => {
  it('names every option', () => {
    const options = ['lib/module/cqrs.options.ts', 'lib/buses/bus-options.ts']
      .map(read)
      .flatMap(text => [
        ...text.matchAll(/^export interface (?:CqrsModuleOptions|BusModuleOptions)\b.*\{$([^]*?)^\}$/gm),
      ])
      .flatMap(([, members]) => [...members!.matchAll(/^ {2}(\w+)\?:/gm)].map(([, name]) => name!));
    expect(options).toEqual(expect.arrayContaining(['middleware', 'rethrowUnhandled']));
    const page = read('docs/module-options.md');
    expect(options.filter(name => !new RegExp(`\\| .*\`${name}[.\`]`).test(page))).toEqual([]);
  });
});

describe('the check of blocks', () => {
  const files: Record<string, string> = {
    'a.ts':
      'one();\n// #region inner\n  two();\n  // #region deeper\n    three();\n  // #endregion\n// #endregion\nfour();\n',
  };
  const readFile = (file: string): string => files[file]!;

  it('takes a file or a region of it, without the indentation and marks', () => {
    expect(excerpt('a.ts #region inner', readFile)).toBe('two();\n  three();\n');
    expect(excerpt('a.ts', readFile)).toBe('one();\n  two();\n    three();\nfour();\n');
  });

  it('sees a difference', () => {
    const page = block('a.ts #region deeper', 'three();\n');
    expect(refreshed(page, readFile)).toBe(page);
    const old = block('a.ts #region deeper', 'two();\n');
    expect(refreshed(old, readFile)).toBe(page);
  });

  it('sees a block without a source', () => {
    expect(codeBlocks('text\n\n```ts\nrun();\n```\n')).toEqual([
      { line: 3, language: 'ts', code: 'run();\n', source: undefined },
    ]);
  });

  it('sees a region that is not there, is there twice, or does not end', () => {
    files['twice.ts'] = '// #region a\n// #endregion\n// #region a\n// #endregion\n';
    files['open.ts'] = '// #region a\n';
    expect(() => excerpt('a.ts #region none', readFile)).toThrow('a.ts has 0 regions "none".');
    expect(() => excerpt('twice.ts #region a', readFile)).toThrow('twice.ts has 2 regions "a".');
    expect(() => excerpt('open.ts #region a', readFile)).toThrow('The region "a" of open.ts has no end.');
  });
});

const block = (source: string, code: string): string => `<!-- from ${source} -->\n\n\`\`\`ts\n${code}\`\`\`\n`;
