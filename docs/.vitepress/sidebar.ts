import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DefaultTheme } from 'vitepress';

const docs = join(import.meta.dirname, '..');
const index = join(docs, 'README.md');
const hasIndex = existsSync(index);

export const home = hasIndex ? '/' : '/getting-started';

/** The sidebar of the guide: the groups and links of its index. While there is none, all pages. */
export const guideSidebar = (): DefaultTheme.SidebarItem[] =>
  hasIndex ? groupsOf(readFileSync(index, 'utf8')) : [{ text: 'Guide', items: allPages() }];

/** The sidebar that TypeDoc writes, where it has run. */
export function apiSidebar(): DefaultTheme.SidebarItem[] {
  const file = join(docs, 'api/typedoc-sidebar.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as DefaultTheme.SidebarItem[]) : [];
}

const PAGE_LINK = /\[([^\]]+)\]\((?!\w+:|\.\.\/|#)([^)#]+)\.md(?:#[^)]*)?\)/g;

/** Each heading of the second level is a group. A page stands where it is linked first. */
function groupsOf(index: string): DefaultTheme.SidebarItem[] {
  const listed = new Set<string>();
  const sections = index.split(/^## /m).slice(1);
  const groups = sections.map(section => {
    const links = [...section.matchAll(PAGE_LINK)].filter(([, , page]) => !listed.has(page!) && listed.add(page!));
    const items = links.map(([, text, page]) => ({ text: capitalized(text!.replaceAll('`', '')), link: `/${page!}` }));
    return { text: section.split('\n', 1)[0]!.trim(), items };
  });
  return groups.filter(({ items }) => items.length > 0);
}

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function allPages(): DefaultTheme.SidebarItem[] {
  const pages = readdirSync(docs).filter(file => file.endsWith('.md'));
  return pages.map(file => ({
    text: /^# (.+)$/m.exec(readFileSync(join(docs, file), 'utf8'))?.[1] ?? file,
    link: `/${file.replace(/\.md$/, '')}`,
  }));
}
