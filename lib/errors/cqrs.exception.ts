/** What every exception tells. */
export interface Problem {
  /** Stable; listed in docs/errors.md. */
  readonly code: string;
  readonly what: string;
  /** The culprit: class, method, module. */
  readonly where?: string;
  /** What to do, one sentence. */
  readonly remedy: string;
  readonly cause?: unknown;
}

/** The base of this library's errors. Errors of handlers and middleware are never wrapped. */
// A new exception also belongs into: docs/errors.md, index.ts, `OWN` in transport/failure-data.ts (if it means the same
// in every process), `cannotEndWell` in transport/durable/delivery-runner.ts (if another attempt would not help).
export class CqrsException extends Error {
  /** Stable; listed in docs/errors.md. */
  readonly code: string;
  /** What is wrong. */
  readonly what: string;
  readonly where: string | undefined;
  readonly remedy: string;

  constructor(problem: Problem, text = explain(problem)) {
    super(text, problem.cause === undefined ? undefined : { cause: problem.cause });
    // Assigning would throw where built-in prototypes are frozen.
    const { name } = new.target;
    Object.defineProperty(this, 'name', { value: name, enumerable: true, configurable: true, writable: true });
    this.code = problem.code;
    this.what = problem.what;
    this.where = problem.where;
    this.remedy = problem.remedy;
  }
}

/** On one line; without `where` if `what` names it. */
export const explain = ({ code, what, where, remedy }: Problem): string =>
  [what, where && !isSaidIn(what, where) && `Where: ${where}.`, remedy, `[${code}]`].filter(Boolean).join(' ');

const isSaidIn = (what: string, where: string): boolean => where.split('; ').every(place => what.includes(place));
