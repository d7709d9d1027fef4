/** Findings do not make a command fail. */
export const EXIT = {
  done: 0,
  /** Includes refusals. */
  failed: 1,
  wrongUse: 2,
} as const;

export interface Terminal {
  readonly folder: string;
  /** It shows colours. Default: false. */
  readonly isColoured?: boolean;
  print(text: string): void;
  /** To standard error. */
  complain(text: string): void;
}

export interface Command {
  readonly help: string;
  /**
   * @returns the exit code
   * @throws WrongUse
   */
  run(args: readonly string[], terminal: Terminal): Promise<number> | number;
}

export class WrongUse extends Error {}
