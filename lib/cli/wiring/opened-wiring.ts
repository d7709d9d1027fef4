import type { INestApplicationContext, LoggerService, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Wiring } from '../../index.js';
import { EXIT, type Terminal } from '../command.js';
import { applicationFile, isTypeScript } from './application-file.js';
import { loadApplication, type LoadedApplication } from './load-application.js';
import { NotLoaded } from './not-loaded.js';
import { loaderInUse, runWithLoader } from './typescript-loader.js';

/** Options of all commands that read an application. */
export const APPLICATION_OPTIONS = {
  export: { type: 'string' },
  instantiate: { type: 'boolean', default: false },
} as const;

export const APPLICATION_HELP = `  app module        file of the root module, .ts or .js (default: src/app.module.ts)
  --export <name>   its export (default: AppModule, the default export, or the only module)`;

/** A command as it was given. */
export interface Given {
  readonly terminal: Terminal;
  /** With the name of the command, for a process that can load TypeScript. */
  readonly args: readonly string[];
  readonly module: string | undefined;
  readonly export: string | undefined;
}

/**
 * Loads the application in this process, or runs the command in one that can.
 * @returns the exit code
 * @throws NotLoaded
 */
export async function withApplication(
  { terminal, args, module, export: name }: Given,
  use: (application: LoadedApplication) => Promise<number>,
): Promise<number> {
  const found = applicationFile(terminal.folder, module);
  if (isTypeScript(found.file) && found.compiled === undefined && loaderInUse() === undefined)
    return runWithLoader(args, terminal, found);
  return use(await loadApplication(loaderInUse() === undefined ? (found.compiled ?? found.file) : found.file, name));
}

/** Nothing is started, unless the instances are asked for. */
export async function withWiring(
  { root, library }: LoadedApplication,
  isInstantiated: boolean,
  terminal: Terminal,
  use: (wiring: Wiring) => number,
): Promise<number> {
  const logger = previewLoggerOf(terminal);
  const { previewWiring, Wiring } = library.index;
  if (!isInstantiated) return use(await loaded(() => previewWiring(root, { logger })));
  return withStarted(root, terminal, app => use(app.get(Wiring, { strict: false })));
}

/** @returns 1 for mistakes in the wiring */
async function withStarted(
  root: Type,
  terminal: Terminal,
  use: (app: INestApplicationContext) => number,
): Promise<number> {
  const start = () => NestFactory.createApplicationContext(root, { logger: loggerOf(terminal), abortOnError: false });
  try {
    const app = await loaded(start);
    try {
      return use(app);
    } finally {
      await app.close();
    }
  } catch (error) {
    if (!isWiringException(error)) throw error;
    terminal.complain(error.message);
    return EXIT.failed;
  }
}

/** Also of another copy of this library. */
export const isWiringException = (error: unknown): error is Error =>
  error instanceof Error && Array.isArray((error as { readonly problems?: unknown }).problems);

/** @throws NotLoaded where Nest refuses the application */
export async function loaded<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (isWiringException(error)) throw error;
    const said = error instanceof Error ? error.message : String(error);
    const loader = loaderInUse();
    if (loader === 'tsx' && isOfSecondCopy(said)) throw new NotLoaded(`${SECOND_COPY}${said}`);
    const hint =
      loader === undefined
        ? ''
        : `\nIf it starts compiled, compile it first: npx nest build. Now ${loader} has loaded it.`;
    throw new NotLoaded(`Nest cannot load the application. ${said}${hint}`);
  }
}

/** Nest misses what each application has from Nest itself. */
const isOfSecondCopy = (said: string): boolean => process.versions.node.startsWith('20.') && OF_NEST.test(said);

const OF_NEST =
  /argument (ExternalContextCreator|HttpAdapterHost|LazyModuleLoader|ModuleRef|ModulesContainer|Reflector|SerializedGraph)\b/;

const SECOND_COPY = `Nest cannot load the application: on Node 20, tsx gives packages that require Nest 12 a second copy of it.
Either of these helps:
  compile the application first:  npx nest build
  run a later version of Node:    22.12 or later
What Nest says: `;

/** Warnings and errors, beside what is printed. */
export const loggerOf = ({ complain }: Terminal): LoggerService => ({
  log: () => undefined,
  warn: (text: unknown) => complain(String(text)),
  error: (text: unknown, ...more: readonly unknown[]) => {
    // What stops the start is told by its error.
    if (more.at(-1) !== 'ExceptionHandler') complain(String(text));
  },
});

/** Warnings of this library. Those of Nest are about instances, which a preview does not make. */
const previewLoggerOf = (terminal: Terminal): LoggerService => ({
  ...loggerOf(terminal),
  warn: (text: unknown, context?: unknown) => {
    if (/^Cqrs|Bus$/.test(String(context))) terminal.complain(String(text));
  },
});
