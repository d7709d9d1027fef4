import {
  exportsEverything,
  homeOf,
  importedFiles,
  importedPackages,
  namesInCode,
  type SourceTree,
} from './source-tree.js';

/** The folders of `lib`: a file imports from its own or from those to its left. */
export const LAYERS =
  'errors options messages context envelope pipeline scopes handlers dispatch units policies caching transport buses events aggregates sagas telemetry introspection module'.split(
    ' ',
  );

/** Folders that know nothing of Nest: everything up to this one. */
const LAST_WITHOUT_NEST = 'pipeline';

/** The pages that entry points build on. */
const PUBLIC_PAGES = ['index.ts', 'extension.ts'];

/** What the core may import, beside Node itself. */
const PEERS = ['@nestjs/common', '@nestjs/core', 'reflect-metadata', 'rxjs'];

/** About 250 lines. */
const MOST_LINES = 260;

const FOLDERS_BY_KIND =
  /(^|\/)(base|classes|common|constants|core|decorators|enums|exceptions|helpers|impl|interfaces|misc|models|shared|types|utils?)\//;

/** Where alone something may be used as a value. */
const HOMES: readonly { name: string; files: readonly string[] }[] = [
  { name: 'Reflect', files: ['messages/metadata.ts'] },
  // The suites look whether a storage of the user is kept.
  {
    name: 'AsyncLocalStorage',
    files: [
      'context/context-storage.ts',
      // Of the test kit: `propagateContext` of the application stays as it is.
      'testing/flow/cause.ts',
      'testing/conformance/policies/world.ts',
      'testing/conformance/units/world.ts',
    ],
  },
  // An inspector of V8; nothing else may attach one.
  { name: 'Session', files: ['introspection/source-locations.ts'] },
  // Node has one object per channel, on which the first file leaves methods of its own. The second only listens to HTTP requests.
  { name: 'node:diagnostics_channel', files: ['telemetry/channels.ts', 'testing/flow/watch-http.ts'] },
  { name: 'DiscoveryService', files: ['module/provider-explorer.ts'] },
  // Nest's creators of guards, interceptors, pipes and filters ask for it; nothing is looked for in it.
  { name: 'ModulesContainer', files: ['module/enhancers.ts'] },
];

/** A folder behind a fence: the only file of it that others import, and the only file that does. */
const FENCED: readonly { folder: string; door: string; user: string }[] = [
  { folder: 'scopes/plans/', door: 'scopes/plans/planned-provider.ts', user: 'scopes/scoped-provider.ts' },
];

/** A rule gives back its violations, one line each. */
export type Rule = (tree: SourceTree) => string[];

const isLayer = (file: string): boolean => LAYERS.includes(homeOf(file));

/** An entry point is a folder of its own, or a file of its own at the top; each engine is one. */
const entryPointOf = (file: string): string | undefined => {
  if (isLayer(file) || PUBLIC_PAGES.includes(file)) return undefined;
  return homeOf(file) === 'integrations' ? file.split('/').slice(0, 2).join('/') : homeOf(file);
};

const eachFile =
  (check: (file: string, text: string, tree: SourceTree) => string[]): Rule =>
  tree =>
    [...tree].flatMap(([file, text]) => check(file, text, tree));

const eachImport = (forbids: (file: string, imported: string) => boolean): Rule =>
  eachFile((file, text) =>
    importedFiles(file, text)
      .filter(imported => forbids(file, imported))
      .map(imported => `${file} imports ${imported}`),
  );

/** The rules, by the sentence that says them. */
export const RULES: Readonly<Record<string, Rule>> = {
  'a layer imports from its own folder and from those to its left': eachImport(
    (file, imported) => isLayer(file) && !(LAYERS.indexOf(homeOf(imported)) >= 0 && leftOrOwn(file, imported)),
  ),

  'errors to pipeline import nothing of Nest': eachFile((file, text) =>
    LAYERS.indexOf(homeOf(file)) <= LAYERS.indexOf(LAST_WITHOUT_NEST) && isLayer(file)
      ? importedPackages(text)
          .filter(name => name.startsWith('@nestjs/'))
          .map(name => `${file} imports ${name}`)
      : [],
  ),

  'the core imports its peers, Node, and nothing else': eachFile((file, text) =>
    isLayer(file) || PUBLIC_PAGES.includes(file)
      ? importedPackages(text)
          .filter(isForeign)
          .map(name => `${file} imports ${name}`)
      : [],
  ),

  'an entry point imports the public pages and itself': eachImport((file, imported) => {
    const entryPoint = entryPointOf(file);
    return entryPoint !== undefined && !PUBLIC_PAGES.includes(imported) && entryPointOf(imported) !== entryPoint;
  }),

  'an integration imports one engine beside the peers and Node': tree => {
    const engines = new Map<string, Set<string>>();
    for (const [file, text] of tree) {
      const entryPoint = entryPointOf(file);
      if (!entryPoint?.startsWith('integrations/')) continue;
      const foreign = importedPackages(text).filter(isForeign).map(engineOf);
      engines.set(entryPoint, new Set([...(engines.get(entryPoint) ?? []), ...foreign]));
    }
    return [...engines].filter(([, { size }]) => size > 1).map(([name, of]) => `${name} imports ${[...of].join(', ')}`);
  },

  'a fenced folder is imported by one file, through one door': eachImport((file, imported) =>
    FENCED.some(
      ({ folder, door, user }) =>
        imported.startsWith(folder) && !file.startsWith(folder) && !(imported === door && file === user),
    ),
  ),

  'reflection, asynchronous storage, the inspector, channels and the container have one file each': eachFile(
    (file, text) => {
      const names = new Set([...namesInCode(text), ...importedPackages(text)]);
      return HOMES.filter(({ name, files }) => names.has(name) && !files.includes(file)).map(
        ({ name }) => `${file} uses ${name}`,
      );
    },
  ),

  'no file is much longer than 250 lines': eachFile((file, text) => {
    const lines = text.trimEnd().split('\n').length;
    return lines > MOST_LINES ? [`${file} has ${lines} lines`] : [];
  }),

  'no file imports itself by way of others': tree =>
    [...tree.keys()].flatMap(file => {
      const way = wayBack(file, tree);
      // Told once, by the file of the circle that comes first.
      return way && way.every(other => file <= other) ? [[file, ...way].join(' → ')] : [];
    }),

  'nothing is exported wholesale': eachFile((file, text) =>
    exportsEverything(text) ? [`${file} has an export *`] : [],
  ),

  'no layer has a page that hands on its files': eachFile(file =>
    isLayer(file) && file.endsWith('/index.ts') ? [`${file} is a barrel`] : [],
  ),

  'names are in kebab-case, with the role as a suffix': eachFile(file =>
    /^([a-z0-9]+(-[a-z0-9]+)*\/)*[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)?\.ts$/.test(file) ? [] : [file],
  ),

  'a folder is a concept, never a kind of file': eachFile(file => (FOLDERS_BY_KIND.test(file) ? [file] : [])),
};

/** `@scope/name` or `name`, without what follows. */
const packageOf = (specifier: string): string => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');

/** A package, or that which it is a plugin of. */
const engineOf = (specifier: string): string =>
  specifier === '@nestjs-cls/transactional' ? 'nestjs-cls' : packageOf(specifier);

const isForeign = (specifier: string): boolean =>
  !specifier.startsWith('node:') && !PEERS.includes(packageOf(specifier));

const leftOrOwn = (file: string, imported: string): boolean =>
  LAYERS.indexOf(homeOf(imported)) <= LAYERS.indexOf(homeOf(file));

/** The shortest way from a file by its imports back to itself; undefined if there is none. */
function wayBack(file: string, tree: SourceTree): string[] | undefined {
  const seen = new Set<string>();
  const ways: string[][] = [[file]];
  for (const way of ways) {
    const last = way.at(-1)!;
    for (const imported of importedFiles(last, tree.get(last) ?? '')) {
      if (imported === file) return [...way.slice(1), file];
      if (seen.has(imported)) continue;
      seen.add(imported);
      ways.push([...way, imported]);
    }
  }
  return undefined;
}
