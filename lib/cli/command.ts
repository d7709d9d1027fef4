/** How a command ends. What it reports for a person to look at does not make it fail. */
export const EXIT = {
  done: 0,
  /** The command refused to work, or failed. */
  failed: 1,
  /** Unknown command or option, or a folder that is not there. */
  wrongUse: 2,
} as const;

/** Where a command runs and writes. */
export interface Terminal {
  /** The current folder. */
  readonly folder: string;
  /** Writes to the standard output. */
  print(text: string): void;
  /** Writes to the standard error output. */
  complain(text: string): void;
}

/** A command of `nestjs-cqrs`. */
export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** What `--help` prints. */
  readonly help: string;
  /**
   * @returns the exit code
   * @throws WrongUse
   */
  run(args: readonly string[], terminal: Terminal): Promise<number> | number;
}

/** The command line cannot be understood. */
export class WrongUse extends Error {}
