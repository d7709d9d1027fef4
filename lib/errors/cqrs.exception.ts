/** What every exception of this library must tell: nothing may be left out but `where`. */
export interface Problem {
  /** Stable identifier, the same in every release; listed in docs/errors.md. */
  readonly code: string;
  /** What is wrong, one sentence that ends with a full stop. */
  readonly what: string;
  /** The culprit: class, method, module. */
  readonly where?: string;
  /** What to do about it, one sentence. */
  readonly remedy: string;
  /** The error underneath, if there is one. */
  readonly cause?: unknown;
}

/**
 * The base of every error this library makes itself. Errors of handlers and middleware are never
 * wrapped in one: they reach the caller unchanged.
 */
export class CqrsException extends Error {
  /** Stable identifier, the same in every release; listed in docs/errors.md. */
  readonly code: string;
  /** What is wrong, one sentence. */
  readonly what: string;
  /** The culprit: class, method, module; undefined where there is none to name. */
  readonly where: string | undefined;
  /** What to do about it. */
  readonly remedy: string;

  /**
   * @param problem what is wrong
   * @param text the message, where it is not that of the problem alone
   */
  constructor(problem: Problem, text = explain(problem)) {
    super(text, problem.cause === undefined ? undefined : { cause: problem.cause });
    // Defined, not assigned: where built-in prototypes are frozen an assignment would throw.
    const { name } = new.target;
    Object.defineProperty(this, 'name', { value: name, enumerable: true, configurable: true, writable: true });
    this.code = problem.code;
    this.what = problem.what;
    this.where = problem.where;
    this.remedy = problem.remedy;
  }
}

/** The text of a problem: what, where unless that is said already, remedy and code, on one line. */
export const explain = ({ code, what, where, remedy }: Problem): string =>
  [what, where && !isSaidIn(what, where) && `Where: ${where}.`, remedy, `[${code}]`].filter(Boolean).join(' ');

const isSaidIn = (what: string, where: string): boolean => where.split('; ').every(place => what.includes(place));
