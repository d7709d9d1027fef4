import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Type } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import * as ownExtension from '../../extension.js';
import * as own from '../../index.js';
import { OWN_FOLDER } from '../own-package.js';

/** One copy of this library. The package has two, ES modules and CommonJS, of which loaders may make more. */
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
  return copies.find(({ index }) => imported.has(index.CqrsModule)) ?? copies.at(-1) ?? OWN;
}

/** Those that are loaded: what the application requires, which tsx makes anew of ES modules, too; then what it imports. */
async function copiesOf(file: string): Promise<Library[]> {
  const require = createRequire(file);
  try {
    const folder = dirname(require.resolve('nestjs-cqrs/package.json'));
    const required = ['dist', 'dist/cjs']
      .map(path => join(folder, path))
      .filter(path => join(path, 'index.js') in require.cache)
      .map(
        path => ({ index: require(join(path, 'index.js')), extension: require(join(path, 'extension.js')) }) as Library,
      );
    const at = (name: string) => pathToFileURL(join(folder, 'dist', name)).href;
    const isOwn = at('index.js') === new URL('dist/index.js', OWN_FOLDER).href;
    const imported: Library = isOwn
      ? OWN
      : {
          index: (await import(at('index.js'))) as typeof own,
          extension: (await import(at('extension.js'))) as typeof ownExtension,
        };
    return [...required, imported];
  } catch {
    return [];
  }
}

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
