import { fileURLToPath } from 'node:url';
import { withMermaid } from 'vitepress-plugin-mermaid';
import manifest from '../../package.json' with { type: 'json' };
import { githubAnchor, linkRepository } from './markdown.js';
import { apiSidebar, guideSidebar } from './sidebar.js';

// `npm run docs:dev`, `npm run docs:build`. The pages are those of docs/, which GitHub shows as well.
export default withMermaid({
  title: manifest.name,
  description: manifest.description,
  lang: 'en',
  // The path below which the site is served, such as /nestjs-cqrs/.
  base: process.env['DOCS_BASE'] ?? '/',
  rewrites: { 'README.md': 'index.md' },
  // A dead link fails the build.
  ignoreDeadLinks: false,
  // No icon, and no request for one.
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  // The sidebar of the API is long: one file holds it, not every page.
  metaChunk: true,
  // Few pages have a diagram.
  shouldPreload: link => !link.includes('mermaid'),
  markdown: {
    anchor: { slugify: githubAnchor },
    config: linkRepository,
  },
  vite: {
    resolve: {
      alias: [{ find: /^mermaid$/, replacement: fileURLToPath(new URL('lazy-mermaid.ts', import.meta.url)) }],
    },
    build: {
      // The bundle of mermaid has chunks of that size; each is loaded with the first diagram that needs it.
      chunkSizeWarningLimit: 1000,
      // A third of the time, for 1.5 % of the size.
      rollupOptions: { treeshake: false },
    },
  },
  themeConfig: {
    nav: [
      { text: 'Guide', link: '/', activeMatch: '^/(?!api/)' },
      { text: 'API', link: '/api/', activeMatch: '^/api/' },
      { text: manifest.version, link: '/releases' },
    ],
    sidebar: { '/': guideSidebar(), '/api/': apiSidebar() },
    outline: [2, 3],
    search: { provider: 'local' },
  },
});
