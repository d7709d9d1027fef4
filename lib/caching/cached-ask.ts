import type { MessageContext } from '../context/message-context.js';
import { textOf } from '../dispatch/failures.js';
import type { MessageCatalog } from '../envelope/message-catalog.js';
import { nameOf } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import type { Next } from '../pipeline/middleware.js';
import { CacheKeys } from './cache-key.js';
import type { CachedOptions } from './cached.decorator.js';
import { checkedTags } from './caching-problems.js';
import type { Shared } from './flight.js';
import type { LiveWatcher } from './live-watcher.js';
import type { ReadsOfRun } from './reads-of-run.js';
import { ToldOnce } from './told-once.js';

/** What `@Cached` says of the queries of one handler. */
export interface CachedPlan {
  readonly options: CachedOptions;
  /** The handler is made per request. */
  readonly isScoped: boolean;
}

/** One query on its way. */
export class Ask {
  /** Given before anything else is asked. */
  key!: string;
  /** Undefined: it is asked once. */
  watcher: LiveWatcher | undefined;
  readonly options: CachedOptions;
  readonly isScoped: boolean;

  constructor(
    { options, isScoped }: CachedPlan,
    readonly query: object,
    readonly type: MessageType,
    readonly context: MessageContext,
    readonly next: Next,
  ) {
    this.options = options;
    this.isScoped = isScoped;
  }
}

/** Its handler runs for it alone. What that sends has the context of the query, as in a run for many. */
export const alone = ({ query, next, context }: Ask): Promise<unknown> => context.run(() => next(query));

/** Where a run asks it, the answer of that depends on the same headers. */
export const tellVary = ({ options, context }: Ask): void => {
  for (const header of options.vary ?? []) context.header(header);
};

/** Reads from queries and answers what the cache needs. What cannot be read is told once, and not cached. */
export class CachedTexts {
  readonly told = new ToldOnce();
  private readonly keys: CacheKeys;

  constructor(private readonly catalog: MessageCatalog) {
    this.keys = new CacheKeys(catalog);
  }

  keyOf({ query, type, options, context }: Ask): string | undefined {
    try {
      return this.keys.of(query, options, context);
    } catch (error) {
      this.told.tell(type, 'key', () => `its key cannot be made. ${textOf(error)}`);
      return undefined;
    }
  }

  tagsOf({ query, type, options }: Ask): readonly string[] | undefined {
    try {
      return options.tags === undefined ? [] : checkedTags(options.tags(query), `@Cached of ${nameOf(type)}`);
    } catch (error) {
      this.told.tell(type, 'tags', () => `its tags cannot be told. ${textOf(error)}`);
      return undefined;
    }
  }

  /** Never throws. */
  share(ask: Ask, answer: unknown, reads: ReadsOfRun): Shared {
    const { type, key } = ask;
    // Before its answer is read: the code of fields may read headers, too.
    const shared = reads.personal === undefined ? this.write(type, answer) : undefined;
    if (reads.personal !== undefined) return this.tellPersonal(type, reads.personal);
    if (shared === undefined || this.keyOf(ask) === key) return shared;
    this.told.tell(type, 'changed', () => 'it was changed while its handler ran. Leave its fields as they are.');
    return undefined;
  }

  private tellPersonal(type: MessageType, personal: string): undefined {
    const what = `its run read ${personal}, and vary does not name it`;
    this.told.tell(type, personal, () => `${what}. Name what it depends on in vary, or do not read it.`);
  }

  private write(type: MessageType, answer: unknown): Shared {
    try {
      return { json: this.catalog.exactToJSON(answer, `the answer of ${nameOf(type)}`) };
    } catch (error) {
      this.told.tell(type, 'answer', () => `its answer cannot be kept. ${textOf(error)}`);
      return undefined;
    }
  }
}
