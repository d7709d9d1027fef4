/** A handler, as reports name it. */
export interface HandlerIdentity {
  /** Class, or class and method: `CreateUserHandler`, `Users.create`. */
  readonly name: string;
  /**
   * Nest module; undefined outside Nest. Where a message leaves the process: the engine, or `relay` for events that are
   * stored before they leave.
   */
  readonly module?: string | undefined;
}

/** What a handler is: a method of a class. */
export interface HandlerTarget {
  readonly type: abstract new (...args: never[]) => unknown;
  readonly method: string | symbol;
}

/** `CreateUserHandler in UsersModule`. */
export const whereOf = ({ name, module }: HandlerIdentity): string => (module ? `${name} in ${module}` : name);
