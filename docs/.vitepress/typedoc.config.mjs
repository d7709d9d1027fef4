// The API reference: what users import from this package, from its doc comments, as Markdown in docs/api.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Converter } from 'typedoc';

const root = new URL('../..', import.meta.url);
const file = path => fileURLToPath(new URL(path, root));
const manifest = JSON.parse(readFileSync(file('package.json'), 'utf8'));

/** Paths that only code of `@nestjs/cqrs` imports; docs/migration.md lists them. */
const isOld = path => path.startsWith('./dist') || path === './decorators/constants';

/** The sources of the entry points, and the names by which they are imported. */
const entryPoints = new Map(
  Object.entries(manifest.exports)
    .filter(([path, conditions]) => !isOld(path) && typeof conditions !== 'string')
    .map(([path, conditions]) => [
      conditions.import.types.replace(/^\.\/dist\/(.+)\.d\.ts$/, 'lib/$1.ts'),
      path.replace('.', manifest.name),
    ]),
);

/** TypeDoc names an entry point after its file. */
const namedAsImported = app =>
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children ?? []) {
      const [source] = project.getSymbolIdFromReflection(module)?.fileName.match(/lib\/.+\.ts$/) ?? [];
      module.name = entryPoints.get(source) ?? module.name;
    }
  });

export default {
  name: 'API',
  entryPoints: [...entryPoints.keys()].map(file),
  tsconfig: file('tsconfig.json'),
  plugin: ['typedoc-plugin-markdown', 'typedoc-vitepress-theme', namedAsImported],
  docsRoot: file('docs'),
  out: file('docs/api'),
  readme: 'none',
  excludePrivate: true,
  excludeInternal: true,
  excludeExternals: true,
  disableSources: true,
  // `npm run typecheck` finds errors.
  skipErrorChecking: true,
  // As headings, parameters would take the anchors of properties of the same name.
  parametersFormat: 'table',
  validation: { notExported: false, invalidLink: true, notDocumented: false },
  treatValidationWarningsAsErrors: true,
};
