import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DefaultTheme } from 'vitepress';

const docs = join(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(join(docs, file), 'utf8');

/** The sidebar of the guide: the headings of its index, each with the pages that it links. */
export const guideSidebar = (): DefaultTheme.SidebarItem[] => groupsOf(read('README.md'));

/** The sidebar that TypeDoc writes, where it has run. */
export const apiSidebar = (): DefaultTheme.SidebarItem[] =>
  existsSync(join(docs, SIDEBAR_OF_API)) ? (JSON.parse(read(SIDEBAR_OF_API)) as DefaultTheme.SidebarItem[]) : [];

const SIDEBAR_OF_API = 'api/typedoc-sidebar.json';

const PAGE_LINK = /\[([^\]]+)\]\((?!\w+:|\.\.\/)([^)#]+)\.md(?:#[^)]*)?\)/g;

/** A page stands where it is linked first. */
function groupsOf(index: string): DefaultTheme.SidebarItem[] {
  const listed = new Set<string>();
  const groups = index.split(/^#{2,3} /m).map(section => {
    const links = [...section.matchAll(PAGE_LINK)].filter(([, , page]) => !listed.has(page!) && listed.add(page!));
    const items = links.map(([, text, page]) => ({ text: capitalized(text!.replaceAll('`', '')), link: `/${page!}` }));
    return { text: section.split('\n', 1)[0]!.trim(), items };
  });
  return groups.filter(({ items }) => items.length > 0);
}

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
