import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isFields, type Fields } from './written-file.js';

/** Reads JSON with comments and trailing commas, as in `tsconfig.json`. Returns undefined if the file holds no JSON object. */
export function readJsonc(file: string): Fields | undefined {
  if (!existsSync(file)) return undefined;
  try {
    const text = readFileSync(file, 'utf8').replace(
      /("(?:\\.|[^"\\])*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g,
      (_match, string: string | undefined) => string ?? '',
    );
    const read: unknown = JSON.parse(
      text.replace(/("(?:\\.|[^"\\])*")|,(?=\s*[}\]])/g, (_match, string?: string) => string ?? ''),
    );
    return isFields(read) ? read : undefined;
  } catch {
    return undefined;
  }
}

/** `compilerOptions.rootDir` and `outDir` of a `tsconfig.json` or of those that it extends, as absolute paths. */
export function foldersOf(file: string, seen: readonly string[] = []): { rootDir?: string; outDir?: string } {
  const config = seen.includes(file) ? undefined : readJsonc(file);
  if (config === undefined) return {};
  const folder = dirname(file);
  const bases = [config['extends'] ?? []].flat().filter(base => typeof base === 'string' && base.startsWith('.'));
  const inherited = bases.map(base => {
    const path = resolve(folder, base as string);
    return foldersOf(path.endsWith('.json') ? path : `${path}.json`, [...seen, file]);
  });
  const options = config['compilerOptions'];
  const { rootDir, outDir } = isFields(options) ? options : {};
  return Object.assign({}, ...inherited, {
    ...(typeof rootDir === 'string' && { rootDir: resolve(folder, rootDir) }),
    ...(typeof outDir === 'string' && { outDir: resolve(folder, outDir) }),
  }) as { rootDir?: string; outDir?: string };
}
