import { Session, type Debugger, type Runtime } from 'node:inspector';
import { findSourceMap } from 'node:module';
import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Source } from './wiring-document.js';

/** @param member of a class: one of its methods */
export type SourceOf = (target: object, member?: string | symbol) => Source | undefined;

/** File and line at the end of a line of a text. */
export const placeText = (source: Source | undefined): string =>
  source === undefined ? '' : `   ${source.file}:${source.line}`;

interface Position {
  readonly scriptId: string;
  /** Both count from 0. */
  readonly lineNumber: number;
  readonly columnNumber?: number;
}

/** Where the session finds the functions: the evaluated text can reach a global variable alone. */
const SHELF = '__nestjsCqrsFunctions';

/**
 * Where classes and functions are written, as V8 knows it, mapped to TypeScript where the process loads source maps
 * (`node --enable-source-maps`). Nothing is recorded before: what V8 knows costs nothing. The session lives as long as
 * `use` runs; where the process has no inspector, or a debugger is attached that refuses it, sources are left out.
 */
export function withSources<R>(use: (sourceOf: SourceOf) => R): R {
  const session = new Session();
  try {
    session.connect();
  } catch {
    return use(() => undefined);
  }
  try {
    return use(new SourceLocations(session).of);
  } finally {
    session.disconnect();
  }
}

class SourceLocations {
  private readonly scripts = new Map<string, string>();
  private readonly contexts: number[] = [];
  private readonly texts = new Map<string, string>();
  private readonly known = new Map<object, Source | undefined>();

  constructor(private readonly session: Session) {
    session.on('Debugger.scriptParsed', ({ params: { scriptId, url } }) => this.scripts.set(scriptId, url));
    session.on('Runtime.executionContextCreated', ({ params: { context } }) => this.contexts.push(context.id));
    session.post('Debugger.enable');
    session.post('Runtime.enable');
  }

  readonly of: SourceOf = (target, member) => {
    const owner = typeof target === 'function' ? target : target.constructor;
    const own: unknown = member === undefined ? undefined : (owner.prototype as Members | undefined)?.[member];
    const wanted = typeof own === 'function' ? own : owner;
    if (!this.known.has(wanted)) this.known.set(wanted, this.find(wanted));
    return this.known.get(wanted);
  };

  private find(wanted: object): Source | undefined {
    const position = this.positionOf(wanted);
    const url = position && this.scripts.get(position.scriptId);
    if (!url) return undefined;
    const { file, line } = original(url, this.startOfClass(wanted, position));
    const path = relative(process.cwd(), file.startsWith('file:') ? fileURLToPath(file) : file);
    return { file: path.split(sep).join('/'), line };
  }

  /** Of a class V8 tells where its constructor is: the text of the class says where it begins. */
  private startOfClass(wanted: object, position: Position): Position {
    const own = Function.prototype.toString.call(wanted);
    if (!own.startsWith('class')) return position;
    const text = this.textOf(position.scriptId);
    const start = text.lastIndexOf(own, offsetOf(text, position));
    if (start < 0) return position;
    const before = text.slice(0, start).split('\n');
    return { ...position, lineNumber: before.length - 1, columnNumber: before.at(-1)!.length };
  }

  private textOf(scriptId: string): string {
    if (!this.texts.has(scriptId))
      this.session.post(
        'Debugger.getScriptSource',
        { scriptId },
        (_error, answer?: Debugger.GetScriptSourceReturnType) => this.texts.set(scriptId, answer?.scriptSource ?? ''),
      );
    return this.texts.get(scriptId) ?? '';
  }

  private positionOf(wanted: object): Position | undefined {
    const shelf = globalThis as Record<string, unknown>;
    shelf[SHELF] = wanted;
    try {
      for (const contextId of this.contexts) {
        const objectId = this.evaluate(SHELF, contextId);
        if (objectId !== undefined) return this.location(objectId);
      }
      return undefined;
    } finally {
      delete shelf[SHELF];
    }
  }

  /** Tests run in contexts of their own, with other global variables. */
  private evaluate(name: string, contextId: number): string | undefined {
    let found: string | undefined;
    this.session.post(
      'Runtime.evaluate',
      { expression: `globalThis.${name}`, contextId, silent: true },
      (_error, answer?: Runtime.EvaluateReturnType) => (found = answer?.result.objectId),
    );
    return found;
  }

  private location(objectId: string): Position | undefined {
    let found: Position | undefined;
    this.session.post(
      'Runtime.getProperties',
      { objectId, ownProperties: true },
      (_error, answer?: Runtime.GetPropertiesReturnType) => {
        const location = answer?.internalProperties?.find(({ name }) => name === '[[FunctionLocation]]');
        found = location?.value?.value as Position | undefined;
      },
    );
    return found;
  }
}

/** Of a position in a text. */
function offsetOf(text: string, { lineNumber, columnNumber = 0 }: Position): number {
  let start = 0;
  for (let line = 0; line < lineNumber; line++) start = text.indexOf('\n', start) + 1;
  return start + columnNumber;
}

type Members = Readonly<Record<string | symbol, unknown>>;

/** The place in the source before compilation. */
function original(url: string, { lineNumber, columnNumber = 0 }: Position): Source {
  const compiled = { file: url, line: lineNumber + 1 };
  const map = findSourceMap(url.startsWith('file:') ? fileURLToPath(url) : url) ?? findSourceMap(url);
  const entry = map?.findEntry(lineNumber, columnNumber);
  return entry && 'originalSource' in entry && entry.originalSource
    ? { file: entry.originalSource, line: entry.originalLine + 1 }
    : compiled;
}
