import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { NotLoaded } from './not-loaded.js';
import { foldersOf, readJsonc } from './jsonc.js';
import { isFields, type Fields } from './written-file.js';

/** Where the root module of an application is, and how it is compiled. */
export interface ApplicationFile {
  readonly file: string;
  /** The configuration of TypeScript that is nearest to it. */
  readonly tsconfig: string | undefined;
  /** Its compiled form, if that is not older than any source beside it. */
  readonly compiled: string | undefined;
}

interface NestProject {
  readonly sourceRoot?: unknown;
  readonly compilerOptions?: { readonly tsConfigPath?: unknown };
}

export const isTypeScript = (file: string): boolean => /\.[cm]?ts$/.test(file);

const NAMES = ['app.module.ts', 'app.module.js', 'app.module.mjs'];

/**
 * @param given on the command line, relative to the folder
 * @throws NotLoaded
 */
export function applicationFile(folder: string, given: string | undefined): ApplicationFile {
  const config = readJsonc(join(folder, 'nest-cli.json'));
  const file = given === undefined ? defaultFile(folder, config) : resolve(folder, given);
  if (!existsSync(file)) throw new NotLoaded(`The file ${file} does not exist.`);
  if (statSync(file).isDirectory()) throw new NotLoaded(`${file} is a folder. Name the file of the root module in it.`);
  if (!isTypeScript(file)) return { file, tsconfig: undefined, compiled: undefined };
  const project = projectOf(file, folder, config);
  const tsconfig = tsconfigOf(file, folder, project);
  return { file, tsconfig, compiled: compiledTwin(file, folder, tsconfig, project) };
}

function defaultFile(folder: string, config: NestProject | undefined): string {
  const root = typeof config?.sourceRoot === 'string' ? config.sourceRoot : 'src';
  const places = NAMES.map(name => join(folder, root, name));
  const found = places.find(place => existsSync(place));
  if (found !== undefined) return found;
  throw new NotLoaded(
    `The file ${join(root, NAMES[0]!)} does not exist. Name the file of the root module: npx nestjs-cqrs wiring src/shop.module.ts.`,
  );
}

/** A workspace of `nest-cli.json` has several projects. */
function projectOf(file: string, folder: string, config: Fields | undefined): NestProject | undefined {
  const projects: NestProject[] = Object.values(config?.['projects'] ?? {}).filter(isFields);
  const holds = ({ sourceRoot }: NestProject) =>
    typeof sourceRoot === 'string' && !relative(join(folder, sourceRoot), file).startsWith('..');
  return projects.find(holds) ?? config;
}

function tsconfigOf(file: string, folder: string, project: NestProject | undefined): string | undefined {
  const named = project?.compilerOptions?.tsConfigPath;
  if (typeof named === 'string' && existsSync(join(folder, named))) return join(folder, named);
  for (let at = dirname(file); ; at = dirname(at)) {
    const found = ['tsconfig.app.json', 'tsconfig.json'].map(name => join(at, name)).find(each => existsSync(each));
    if (found !== undefined || at === dirname(at)) return found;
  }
}

/** Where the compiler has put a file depends on what else it compiled, so all places are looked at. */
function compiledTwin(
  file: string,
  folder: string,
  tsconfig: string | undefined,
  project: NestProject | undefined,
): string | undefined {
  const { rootDir, outDir = join(folder, 'dist') } = tsconfig === undefined ? {} : foldersOf(tsconfig);
  const sourceRoot = typeof project?.sourceRoot === 'string' ? join(folder, project.sourceRoot) : dirname(file);
  for (const root of [rootDir, sourceRoot, folder])
    for (const extension of ['js', 'mjs', 'cjs']) {
      const twinOf = (source: string) => join(outDir, relative(root!, source)).replace(/\.[cm]?ts$/, `.${extension}`);
      if (root !== undefined && existsSync(twinOf(file)) && isUpToDate(sourceRoot, twinOf)) return twinOf(file);
    }
  return undefined;
}

/** Sources without a twin, as tests, are not compiled. */
function isUpToDate(sources: string, twinOf: (source: string) => string): boolean {
  return readdirSync(sources, { recursive: true, encoding: 'utf8' })
    .filter(name => /(?<!\.d)\.[cm]?ts$/.test(name) && !name.includes('node_modules'))
    .map(name => join(sources, name))
    .every(source => {
      const twin = statSync(twinOf(source), { throwIfNoEntry: false });
      return twin === undefined || twin.mtimeMs >= statSync(source).mtimeMs;
    });
}
