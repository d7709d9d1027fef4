/** One count that must be right. */
export interface Count {
  readonly what: string;
  readonly expected: number;
  readonly counted: number;
}

/** One load: what it is, and how it is run. */
export interface Load {
  readonly name: string;
  run(): Promise<readonly Count[]>;
}

/** The loads, for a library and a size. */
export function loads(cqrs: object, size: { events: number; handlers: number }): readonly Load[];
