import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const README = readFileSync(join(import.meta.dirname, '../../../README.md'), 'utf8');

/** The words of a page, without code blocks, comments and a table of contents, which is a list of links to its headings. */
const words = (page: string): string[] =>
  page
    .replaceAll(/^```[^]*?^```$/gm, '')
    .replaceAll(/<!--[^]*?-->/g, '')
    .replaceAll(/^ *[-*] \[[^\]]*\]\(#[^)]*\)$/gm, '')
    .replaceAll(/\]\([^)]*\)/g, ']')
    .split(/\s+/)
    .filter(word => /\p{L}|\p{N}/u.test(word));

describe('the README', () => {
  it('has at most 600 words beside its code', () => {
    expect(words(README).length).toBeLessThanOrEqual(600);
  });
});

describe('the count of words', () => {
  it.each([
    ['text and headings', '## One\n\ntwo, three - four\n', 4],
    ['no code', 'one\n\n```ts\ntwo();\n```\n\nthree\n', 2],
    ['no comments', '<!-- from a.ts -->\n\none\n', 1],
    ['no contents', '- [One](#one)\n- [Two](two.md)\n', 1],
    ['no targets of links', 'see [one](one.md)\n', 2],
  ])('takes %s', (_, page, count) => {
    expect(words(page)).toHaveLength(count);
  });
});
