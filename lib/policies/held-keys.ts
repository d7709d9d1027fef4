import { newStorage } from '../context/context-storage.js';

/** A key that the running code holds until it ends. */
interface HeldKey {
  readonly owner: object;
  readonly id: string;
  readonly outer: HeldKey | undefined;
  isHeld: boolean;
}

const storage = newStorage<HeldKey | undefined>();

/** @param owner of the keys: the same key of another is another key */
export function isHeld(owner: object, id: string): boolean {
  for (let key = storage.getStore(); key !== undefined; key = key.outer)
    if (key.isHeld && key.owner === owner && key.id === id) return true;
  return false;
}

/** What the work leaves running when it ends holds the key no longer. */
export async function holding<R>(owner: object, id: string, work: () => Promise<R>): Promise<R> {
  const key: HeldKey = { owner, id, outer: storage.getStore(), isHeld: true };
  try {
    return await storage.run(key, work);
  } finally {
    key.isHeld = false;
  }
}

/** For work that no holder waits for: it may wait for the holder. */
export const holdingNone = <R>(run: () => R): R =>
  storage.getStore() === undefined ? run() : storage.run(undefined, run);
