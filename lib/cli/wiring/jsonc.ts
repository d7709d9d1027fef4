import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** JSON with comments and trailing commas, as `tsconfig.json` has them. Undefined if it is not there or not JSON. */
export function readJsonc(file: string): Record<string, unknown> | undefined {
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, 'utf8').replace(
    /("(?:\\.|[^"\\])*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g,
    (_match, string: string | undefined) => string ?? '',
  );
  try {
    return JSON.parse(
      text.replace(/("(?:\\.|[^"\\])*")|,(?=\s*[}\]])/g, (_match, string?: string) => string ?? ''),
    ) as Record<string, unknown>;
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
  const { rootDir, outDir } = (config['compilerOptions'] ?? {}) as Record<string, unknown>;
  return Object.assign({}, ...inherited, {
    ...(typeof rootDir === 'string' && { rootDir: resolve(folder, rootDir) }),
    ...(typeof outDir === 'string' && { outDir: resolve(folder, outDir) }),
  }) as { rootDir?: string; outDir?: string };
}
