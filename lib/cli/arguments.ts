import { parseArgs, type ParseArgsConfig } from 'node:util';
import { WrongUse } from './command.js';

type Options = NonNullable<ParseArgsConfig['options']>;

type Parsed<O extends Options> = ReturnType<typeof parseArgs<{ args: string[]; options: O; allowPositionals: true }>>;

/** @throws WrongUse for unknown options, and options without their value */
export function parsedArguments<const O extends Options>(args: readonly string[], options: O): Parsed<O> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new WrongUse((error as Error).message.replace(/\.? To specify.*$|\.?$/s, '.'));
  }
}

/** @throws WrongUse for another word */
export function oneOf<const T extends string>(option: string, given: string | undefined, words: readonly T[]): T {
  if (given === undefined) return words[0]!;
  if ((words as readonly string[]).includes(given)) return given as T;
  throw new WrongUse(`--${option} takes ${words.join(', ')}, not "${given}".`);
}
