import { isFailedAssertion } from './failed-assertion.js';

/** `/app/dist` of `/app/dist/testing/flow/spot.js`; undefined in a bundle. */
const OWN_FOLDER = linesOf(new Error().stack)
  .map(frameOf)
  .find(frame => frame !== undefined)
  ?.file.match(/^(.*)\/testing\/flow\/spot\.[a-z]+$/)?.[1];

/** Frames of this package lie between the code of a test and here. */
const FRAMES = 40;

/** A place in the code, read from the stack only when it is asked for. */
export class Spot {
  private readonly holder: { stack?: string } = {};

  constructor() {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = FRAMES;
    Error.captureStackTrace(this.holder);
    Error.stackTraceLimit = stackTraceLimit;
  }

  /**
   * Runs what the code of this place asks for. A failure that the kit tells of gets its lines: nothing else has them where
   * the test does not await it.
   */
  async tells<R>(run: () => Promise<R>): Promise<R> {
    try {
      return await run();
    } catch (error) {
      if (isFailedAssertion(error)) this.mark(error);
      throw error;
    }
  }

  private mark(error: Error): void {
    const { message, stack = '' } = error;
    const frames = linesOf(this.holder.stack);
    const first = frames.findIndex(line => !isForeign(frameOf(line)?.file ?? ''));
    if (OWN_FOLDER === undefined || first < 0) return;
    const head = stack.slice(0, stack.indexOf(message) + message.length);
    error.stack = [head, ...frames.slice(first)].join('\n');
  }

  /** File and line of the nearest code that is neither of this package, nor of another, nor of Node. */
  get place(): string | undefined {
    return placeOf(this.holder.stack);
  }
}

/** Where an error comes from, such as `mailer.ts:17`. */
export const placeOfError = (error: unknown): string | undefined => {
  try {
    return error instanceof Error ? placeOf(error.stack) : undefined;
  } catch {
    return undefined;
  }
};

function placeOf(stack: string | undefined): string | undefined {
  if (OWN_FOLDER === undefined) return undefined;
  for (const line of linesOf(stack)) {
    const frame = frameOf(line);
    if (frame === undefined || isForeign(frame.file)) continue;
    return `${frame.file.slice(frame.file.lastIndexOf('/') + 1)}:${frame.line}`;
  }
  return undefined;
}

const isForeign = (file: string): boolean =>
  file.startsWith('node:') || file.includes('/node_modules/') || file.startsWith(`${OWN_FOLDER!}/`);

function linesOf(stack: unknown): string[] {
  return typeof stack === 'string' ? stack.split('\n').filter(line => /^\s+at /.test(line)) : [];
}

function frameOf(line: string): { readonly file: string; readonly line: string } | undefined {
  const found = /^\s+at (?:.*\()?(.+?):(\d+):\d+\)?$/.exec(line);
  if (found === null) return undefined;
  const file = found[1]!.replace(/^async /, '').replaceAll('\\', '/');
  return { file: file.startsWith('file://') ? decodeURI(file.slice('file://'.length)) : file, line: found[2]! };
}
