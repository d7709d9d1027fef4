import { dirname, join, relative, resolve } from 'node:path';
import type { MarkdownRenderer } from 'vitepress';
import { addressOf } from '../../.ci/repository-links.mjs';
import manifest from '../../package.json' with { type: 'json' };

const root = join(import.meta.dirname, '../..');
const docs = join(root, 'docs');

/** The anchor that GitHub gives to a heading, so that one link serves both. */
export const githubAnchor = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-');

/**
 * Links to files of the repository that are not pages of the guide, such as samples, tests and the license. They lead to
 * the repository where `package.json` names it. Else only their text is left: the site has no such page.
 */
export function linkRepository(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push('link-repository', ({ tokens, env }) => {
    for (const { children } of tokens) {
      for (const [i, token] of children?.entries() ?? []) {
        const href = token.type === 'link_open' ? String(token.attrGet('href')) : '';
        if (href === '' || /^(\w+:|#|\/)/.test(href)) continue;
        const file = resolve(dirname(String(env.path)), decodeURI(href.replace(/#.*$/, '')));
        // The index of the guide is README.md for GitHub; config.ts makes it the first page of the site.
        if (file === join(docs, 'README.md')) token.attrSet('href', href.replace('README.md', 'index.md'));
        if (!relative(docs, file).startsWith('..')) continue;
        const path = relative(root, file).replaceAll('\\', '/');
        const address = addressOf(path, 'HEAD', manifest);
        if (address) token.attrSet('href', address);
        else markAsText(children!, i, path);
      }
    }
  });
}

type Token = ReturnType<MarkdownRenderer['parse']>[number];

/** A link becomes text that names its file when you point at it. */
function markAsText(tokens: Token[], open: number, path: string): void {
  const close = tokens.findIndex(({ type }, i) => i > open && type === 'link_close');
  for (const token of [tokens[open]!, tokens[close]!]) Object.assign(token, { type: 'file', tag: 'span' });
  tokens[open]!.attrs = [['title', `${path}, in the repository`]];
}
