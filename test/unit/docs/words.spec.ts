import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { docsPages } from '../../support/docs-pages.js';
import { WORDS } from './words.js';

const root = join(import.meta.dirname, '../../..');

const filesIn = (folder: string, ending: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith(ending))
    .map(file => join(folder, file));

/** The lines of a text that hold a word of the list. */
const found = (text: string, file = ''): string[] =>
  text
    .split('\n')
    .flatMap((line, i) =>
      WORDS.flatMap(({ word, instead }) =>
        [...line.matchAll(word)].map(([hit]) => `${file}:${i + 1}: "${hit}" → ${instead}`),
      ),
    );

describe('plain English', () => {
  const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md', ...docsPages(root)];

  // Without the API reference, which is made from the comments of the library.
  it.each(pages)('is what %s is written in', file => {
    expect(found(readFileSync(join(root, file), 'utf8'), file)).toEqual([]);
  });

  it('is what the library is written in', () => {
    const files = filesIn('lib', '.ts');
    expect(files.length).toBeGreaterThan(100);
    expect(files.flatMap(file => found(readFileSync(join(root, file), 'utf8'), file))).toEqual([]);
  });

  it.each(['Whoever sends', 'what shall be done', 'is no class', 'what lies around it', 'mended', 'of the start'])(
    'knows the word in "%s"',
    text => expect(found(text)).toHaveLength(1),
  );

  it.each(['There is no option', 'is not a class', 'recommended', 'the start of', 'is no longer'])(
    'has nothing against "%s"',
    text => expect(found(text)).toEqual([]),
  );
});
