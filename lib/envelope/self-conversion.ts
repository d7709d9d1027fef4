import type { MessageType } from '../messages/message.js';

/** A class that makes its instances of what their `toJSON()` gave. */
export interface WithFromJSON {
  fromJSON(json: unknown): unknown;
}

/**
 * What an object wants to travel in its place; the object itself if it does not say. `toJSON()` of Date and Buffer does
 * not count for classes that extend them: nothing would make such an instance of a text or of a list of bytes.
 */
export function jsonOf(value: object): unknown {
  const { toJSON } = value as { toJSON?: unknown };
  return typeof toJSON !== 'function' || OF_BUILT_IN.has(toJSON) ? value : (value as { toJSON(): unknown }).toJSON();
}

const OF_BUILT_IN: ReadonlySet<unknown> = new Set<unknown>([Date.prototype.toJSON, Buffer.prototype.toJSON]);

/** Whether a class has a `static fromJSON()`, its own or one that it inherits. */
export const revives = (type: MessageType): boolean =>
  typeof (type as unknown as Partial<WithFromJSON>).fromJSON === 'function';

/** Whether a `fromJSON()` that a class only inherits makes an instance of another class, or fails. */
export function revivesAnother(type: MessageType, json: unknown): boolean {
  if (Object.hasOwn(type, 'fromJSON')) return false;
  try {
    return !((type as unknown as WithFromJSON).fromJSON(json) instanceof type);
  } catch {
    return true;
  }
}
