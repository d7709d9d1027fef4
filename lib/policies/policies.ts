import type { MessageContext } from '../context/message-context.js';
import type { MessageCatalog } from '../envelope/message-catalog.js';
import { messageIdentity } from '../envelope/message.decorator.js';
import { isRows, type UnitsOfWork } from '../units/units-of-work.js';
import { holding, isHeld } from './held-keys.js';
import { idOf } from './key-waiting.js';
import { MemoryLocks } from './memory-locks.js';
import { MemoryResults } from './memory-results.js';
import { insideOfUnit, invalidKey, keyIsHeld, LONGEST_KEY, outsideOfUnit, rowsUnderKey } from './policy-problems.js';
import type { KeyedDispatch, LockStore, ResultStore, StorePlace } from './stores.js';

/** One use of a decorator with a key. */
export interface KeyedUse {
  /** For errors. */
  readonly decorator: string;
  readonly name: string;
  readonly key: unknown;
  readonly context: MessageContext;
}

/** What the policies of one application share. */
export class Policies {
  constructor(
    private readonly units: UnitsOfWork | undefined,
    readonly catalog: MessageCatalog,
    readonly results: ResultStore = new MemoryResults(),
    readonly locks: LockStore = new MemoryLocks(),
  ) {}

  /** Runs work that waits for its key, and refuses what would wait for itself. */
  async underKey(
    use: KeyedUse,
    { place }: { readonly place: StorePlace },
    work: (dispatch: KeyedDispatch) => Promise<unknown>,
  ): Promise<unknown> {
    const { decorator, name, context } = use;
    const key = checkedKey(use);
    const transaction = this.transactionFor(place, use);
    const id = `${decorator} ${idOf({ name, key })}`;
    if (isHeld(this, id)) throw keyIsHeld(key, decorator, context.type.name);
    const result = await holding(this, id, () => work({ name, key, signal: context.signal, transaction }));
    if (isRows(result)) throw rowsUnderKey(decorator, context.handler.name);
    return result;
  }

  private transactionFor(place: StorePlace, { decorator, context: { handler } }: KeyedUse): unknown {
    const unit = this.units?.current(() => `${decorator} on ${handler.name}`);
    if (place === 'around-transaction') {
      if (unit !== undefined) throw insideOfUnit(decorator, handler.name);
      return undefined;
    }
    if (unit === undefined) throw outsideOfUnit(decorator, handler.name);
    return unit.transaction;
  }
}

function checkedKey({ key, decorator, context }: KeyedUse): string {
  if (typeof key === 'string' && key !== '' && key.length <= LONGEST_KEY) return key;
  throw invalidKey(key, decorator, context.type.name);
}

/** Each handler of an event handles it: it has keys of its own. */
export const nameOfUse = ({ kind, type, handler }: MessageContext, name = messageIdentity(type).name): string =>
  kind === 'event' ? `${name} ${handler.name}` : name;
