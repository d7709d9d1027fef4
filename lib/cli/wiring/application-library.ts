import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Type } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import * as ownExtension from '../../extension.js';
import * as own from '../../index.js';
import { OWN_FOLDER } from '../own-package.js';

/** One copy of this library. The package has two: ES modules and CommonJS. */
export interface Library {
  readonly index: typeof own;
  readonly extension: typeof ownExtension;
}

const OWN: Library = { index: own, extension: ownExtension };

/**
 * The copy that an application uses: another one would know neither its decorators nor its tokens. Loaders of TypeScript
 * may take the other copy than Node, so what the application imports counts.
 */
export async function libraryOf(root: Type, file: string): Promise<Library> {
  const imported = await modulesOf(root);
  const copies = await copiesOf(file);
  return copies.find(({ index }) => imported.has(index.CqrsModule)) ?? copies[0] ?? OWN;
}

/** Those that are loaded; first the one that Node would take. */
async function copiesOf(file: string): Promise<Library[]> {
  try {
    const { resolve, cache } = createRequire(file);
    const folder = new URL('.', pathToFileURL(resolve('nestjs-cqrs/package.json')));
    const taken = pathToFileURL(resolve('nestjs-cqrs')).href;
    const paths = ['dist/index.js', 'dist/cjs/index.js'].map(path => new URL(path, folder));
    const copies: Library[] = [];
    for (const path of paths.toSorted((one, other) => Number(other.href === taken) - Number(one.href === taken))) {
      const isLoaded = !path.pathname.includes('/dist/cjs/') || path.href === taken || fileURLToPath(path) in cache;
      if (isLoaded) copies.push(path.href === new URL('dist/index.js', OWN_FOLDER).href ? OWN : await copyAt(path));
    }
    return copies;
  } catch {
    return [];
  }
}

const copyAt = async (index: URL): Promise<Library> => ({
  index: (await import(index.href)) as typeof own,
  extension: (await import(new URL('extension.js', index).href)) as typeof ownExtension,
});

const metadata = new Reflector();

/** All modules that a module imports, also within others. */
async function modulesOf(root: unknown): Promise<ReadonlySet<unknown>> {
  const found = new Set<unknown>();
  const pending: unknown[] = [root];
  while (pending.length > 0) {
    const one = await (pending.pop() as Promise<unknown>);
    if (found.has(one) || one === undefined || one === null) continue;
    found.add(one);
    if (typeof one === 'function') pending.push(...(metadata.get<unknown[] | undefined>('imports', one as Type) ?? []));
    const { module, imports = [], forwardRef } = one as Partial<Record<'module' | 'imports' | 'forwardRef', unknown>>;
    if (module !== undefined) pending.push(module, ...(imports as unknown[]));
    if (typeof forwardRef === 'function') pending.push((forwardRef as () => unknown)());
  }
  return found;
}
