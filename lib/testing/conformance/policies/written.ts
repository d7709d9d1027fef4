import type { IdempotentDispatch } from '../../../extension.js';

/** A result of the suite as JSON. */
interface Written {
  readonly list?: readonly unknown[];
  readonly date?: string;
  readonly bigint?: string;
  readonly plain?: unknown;
}

/** What `toJSON()` says to a function. */
export class Unwritable extends Error {}

function toJSON(result: unknown): Written {
  if (typeof result === 'function') throw new Unwritable('A function cannot be written.');
  if (Array.isArray(result)) return { list: result.map(toJSON) };
  if (result instanceof Date) return { date: result.toISOString() };
  if (typeof result === 'bigint') return { bigint: `${result}` };
  return result === undefined ? {} : { plain: result };
}

function fromJSON(json: unknown): unknown {
  const { list, date, bigint, plain } = json as Written;
  if (list !== undefined) return list.map(fromJSON);
  if (date !== undefined) return new Date(date);
  return bigint === undefined ? plain : BigInt(bigint);
}

/** As the `MessageCatalog` of an application: what is written has another form. */
export const written: Pick<IdempotentDispatch, 'toJSON' | 'fromJSON'> = { toJSON, fromJSON };
