import type { MessageType } from '../messages/message.js';

export interface WithFromJSON {
  fromJSON(json: unknown): unknown;
}

/**
 * The object itself without a `toJSON()`. That of Date and Buffer does not count: no subclass could be restored from
 * it.
 */
export function jsonOf(value: object): unknown {
  const { toJSON } = value as { toJSON?: unknown };
  return typeof toJSON !== 'function' || OF_BUILT_IN.has(toJSON) ? value : (value as { toJSON(): unknown }).toJSON();
}

const OF_BUILT_IN: ReadonlySet<unknown> = new Set<unknown>([Date.prototype.toJSON, Buffer.prototype.toJSON]);

export const revives = (type: MessageType): boolean =>
  typeof (type as unknown as Partial<WithFromJSON>).fromJSON === 'function';

/** An inherited `fromJSON()` may make another class, or fail. */
export function revivesAnother(type: MessageType, json: unknown): boolean {
  if (Object.hasOwn(type, 'fromJSON')) return false;
  try {
    return !((type as unknown as WithFromJSON).fromJSON(json) instanceof type);
  } catch {
    return true;
  }
}
