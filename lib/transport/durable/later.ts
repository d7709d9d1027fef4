import type { EnqueueOptions } from './enqueue-options.js';

/** A command that a saga emits to be stored. Made by `later()`. */
export class Later {
  constructor(
    readonly command: object,
    readonly options: LaterOptions,
  ) {}
}

/** Options of `later`. */
export type LaterOptions = Pick<EnqueueOptions, 'delay' | 'at' | 'key' | 'retry' | 'messageId'>;

/**
 * Emitted by a saga in place of a command: the command is stored, and handled later: `later(new Remind(id), { delay:
 * 3_600_000 })`. Its class has `@Durable()`.
 */
export const later = (command: object, options: LaterOptions = {}): Later => new Later(command, options);
