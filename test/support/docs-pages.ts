import { readdirSync } from 'node:fs';

/** Folders of docs/ that another test writes while this one runs: the API reference, and what builds the site. */
const WRITTEN = ['api', '.vitepress', 'node_modules'];

/** Every page of the guide, as a path such as `docs/recipes/retry.md`. */
export function docsPages(root: string, folder = 'docs'): string[] {
  return readdirSync(`${root}/${folder}`, { withFileTypes: true }).flatMap(entry => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return WRITTEN.includes(entry.name) ? [] : docsPages(root, path);
    return path.endsWith('.md') ? [path] : [];
  });
}
