import { pathToFileURL } from 'node:url';
import type { Type } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { libraryOf, type Library } from './application-library.js';
import { NotLoaded } from './not-loaded.js';

/** The root module of an application, and the copy of this library that it uses. */
export interface LoadedApplication {
  readonly root: Type;
  readonly library: Library;
}

/**
 * @param name of its export; default: `AppModule`, else the default export, else the only module
 * @throws NotLoaded
 */
export async function loadApplication(file: string, name: string | undefined): Promise<LoadedApplication> {
  const { log, info, debug, error: complain } = console;
  // What the application prints must not get into JSON.
  Object.assign(console, { log: complain, info: complain, debug: complain });
  try {
    process.setSourceMapsEnabled(true);
    const exported = (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
    const root = rootOf(exported, name, file);
    return { root, library: await libraryOf(root, file) };
  } catch (error) {
    if (error instanceof NotLoaded) throw error;
    throw new NotLoaded(
      `${file} cannot be loaded. ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  } finally {
    Object.assign(console, { log, info, debug });
  }
}

function rootOf(exported: Readonly<Record<string, unknown>>, name: string | undefined, file: string): Type {
  // A CommonJS module has its exports under `default` too.
  const all = { ...(exported['default'] as object | undefined), ...exported } as Readonly<Record<string, unknown>>;
  if (name !== undefined) {
    if (isModule(all[name])) return all[name];
    throw new NotLoaded(
      `${file} has no export "${name}" with @Module. It exports ${Object.keys(all).join(', ') || 'nothing'}.`,
    );
  }
  const modules = Object.values(all).filter(isModule);
  const chosen = [all['AppModule'], all['default'], ...(new Set(modules).size === 1 ? modules : [])].find(isModule);
  if (chosen !== undefined) return chosen;
  const problem = modules.length === 0 ? 'exports no class with @Module' : 'exports several classes with @Module';
  throw new NotLoaded(`${file} ${problem}. Name the export: --export ShopModule.`);
}

const MODULE_KEYS = ['imports', 'controllers', 'providers', 'exports'];

const metadata = new Reflector();

/** `@Module` writes each key that it is given. */
const isModule = (value: unknown): value is Type =>
  typeof value === 'function' && MODULE_KEYS.some(key => metadata.get<unknown>(key, value as Type) !== undefined);
