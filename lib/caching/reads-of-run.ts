import type { HeaderKey } from '../context/header.js';
import { MessageContext } from '../context/message-context.js';
import { readsFrom, readsHere, type ReadsOfCaller } from '../context/reads.js';

/** What one run has read of its caller, beside what its key has. */
export class ReadsOfRun implements ReadsOfCaller {
  /** What made the answer one for this caller alone, as logs name it; undefined while nothing did. */
  personal: string | undefined;
  private readonly callersScope: object | undefined;
  /** A run that has asked this query reads what this one reads. */
  private outer: ReadsOfRun | undefined;
  private hasEnded = false;

  /**
   * @param flight the run
   * @param context of the run
   * @param vary headers in its key
   * @param ownsScope the handler itself is made per request: `vary` says on what that depends
   */
  constructor(
    private readonly flight: object,
    private readonly context: MessageContext,
    private readonly vary: readonly HeaderKey<unknown>[],
    ownsScope: boolean,
  ) {
    this.callersScope = ownsScope ? undefined : context.scope;
    this.outer = runHere() ?? ReadsOfRun.running(readsFrom(context.parent) as ReadsOfRun | undefined);
  }

  header(key: string | symbol | undefined, of: object): void {
    this.outer?.header(key, of);
    if (this.personal !== undefined) return;
    if (key === undefined) this.personal = 'all headers';
    else if (!this.isCovered(key, of)) this.personal = `the header "${nameOf(key)}"`;
  }

  scope(scope: object): void {
    this.outer?.scope(scope);
    if (scope === this.callersScope) this.personal ??= 'request-scoped instances of its caller';
  }

  origin(of: object): void {
    this.outer?.origin(of);
    const isOfItsOwn = of !== this.context && isWithin(this.context, of);
    if (!isOfItsOwn) this.personal ??= 'fromOutside of its caller';
  }

  /** It is told nothing any more. */
  end(): void {
    this.hasEnded = true;
    // A chain of runs, each begun in one that then ends, must not grow.
    this.outer = ReadsOfRun.running(this.outer);
  }

  /** Whether the running code belongs to the run. */
  static isWithin(flight: object): boolean {
    let reads = runHere();
    while (reads !== undefined && reads.flight !== flight) reads = ReadsOfRun.running(reads.outer);
    return reads !== undefined;
  }

  /** It, or the nearest around it, that has not ended. */
  static running(reads: ReadsOfRun | undefined): ReadsOfRun | undefined {
    let nearest = reads;
    while (nearest?.hasEnded === true) nearest = nearest.outer;
    return nearest;
  }

  private isCovered(key: string | symbol, of: object): boolean {
    const isTheCallers = Object.is(valueIn(of, key), valueIn(this.context, key));
    if (isTheCallers) return this.vary.some(header => header.key === key);
    // The run has set it, for a message of its own.
    return isWithin(this.context, of);
  }
}

const runHere = (): ReadsOfRun | undefined => ReadsOfRun.running(readsHere() as ReadsOfRun | undefined);

const valueIn = (of: object, key: string | symbol): unknown => {
  const { allHeaders } = of as Pick<MessageContext, 'allHeaders'>;
  return Object.hasOwn(allHeaders, key) ? allHeaders[key] : undefined;
};

/** Of a long chain, of which contexts are copies, this is not known: no. */
function isWithin(outer: MessageContext, of: object): boolean {
  let context = of instanceof MessageContext ? of : undefined;
  while (context !== undefined && context !== outer) context = context.parent;
  return context !== undefined;
}

const nameOf = (key: string | symbol): string => (typeof key === 'string' ? key : (key.description ?? ''));
