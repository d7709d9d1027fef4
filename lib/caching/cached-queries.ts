import type { MessageContext } from '../context/message-context.js';
import { watchingReads } from '../context/reads.js';
import { harmless, textOf } from '../dispatch/failures.js';
import type { MessageCatalog } from '../envelope/message-catalog.js';
import type { HandlerInvoker } from '../handlers/handler-invoker.js';
import { Beside } from '../messages/beside.js';
import { typeOfPrototype } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import type { MiddlewareFunction } from '../pipeline/middleware.js';
import { runningAt } from '../pipeline/place.js';
import { isPromiseLike } from '../pipeline/settled.js';
import type { UnitsOfWork } from '../units/units-of-work.js';
import { alone, Ask, CachedTexts, tellVary, type CachedPlan } from './cached-ask.js';
import { Flight, type Shared } from './flight.js';
import { FAILED, type GuardedCache, type Setting } from './guarded-cache.js';
import { lifetimeOf } from './lifetime.js';
import type { RunEnd } from './live-answers.js';
import type { LiveQueries } from './live-queries.js';
import type { LiveWatcher } from './live-watcher.js';
import { ReadsOfRun } from './reads-of-run.js';
import { resultIn } from './result-in.js';
import type { TouchedTags } from './touched-tags.js';
import { UncertainKeys } from './uncertain-keys.js';

/** The context in which the handler runs, beside that of the dispatch that has started it. Written and read here. */
const contextOfRun = new Beside<MessageContext>();

/** Answers queries from the cache, and lets the handler run once for equal ones. One per application. */
export class CachedQueries {
  private readonly texts: CachedTexts;
  private readonly flights = new Map<string, Flight>();
  private readonly uncertain = new UncertainKeys();

  constructor(
    private readonly cache: GuardedCache,
    private readonly touched: TouchedTags,
    private readonly catalog: MessageCatalog,
    private readonly units: UnitsOfWork | undefined,
    private readonly live: LiveQueries,
  ) {
    this.texts = new CachedTexts(catalog);
  }

  /** Runs of handlers that are under way. */
  get running(): number {
    return this.flights.size;
  }

  /**
   * Goes innermost, so that all other middleware runs for each caller.
   * @param planOf undefined for queries that are not cached
   */
  middleware(planOf: (type: MessageType) => CachedPlan | undefined): MiddlewareFunction {
    const plans = new Map<MessageType, CachedPlan | undefined>();
    const known = (type: MessageType) => {
      if (!plans.has(type)) plans.set(type, planOf(type));
      return plans.get(type);
    };
    const cached: MiddlewareFunction = (query, next, context) => {
      const type = typeOfPrototype(Object.getPrototypeOf(query) as object);
      const plan = known(type);
      return plan === undefined ? next(query) : this.answer(new Ask(plan, query, type, context, next));
    };
    Object.defineProperty(cached, 'name', { value: '@Cached' });
    cached.wraps = type => known(type) !== undefined;
    return runningAt(cached, 'handle');
  }

  /** The handler gets the context of its run, which ends when the last caller leaves, not when the first does. */
  invoker(invoker: HandlerInvoker): HandlerInvoker {
    const { identity, target, middleware } = invoker;
    const invoke = (query: object, context?: MessageContext) => {
      const own = context && contextOfRun.take(context);
      if (own === undefined) return invoker.invoke(query, context);
      own.attempt = context!.attempt;
      return invoker.invoke(query, own);
    };
    return {
      identity,
      target,
      middleware,
      get usesContext() {
        return invoker.usesContext;
      },
      invoke,
    };
  }

  private answer(ask: Ask): Promise<unknown> {
    // It sees what its transaction has written, and others must not.
    if (this.units?.isActive === true) return alone(ask);
    const key = this.texts.keyOf(ask);
    if (key === undefined) return alone(ask);
    tellVary(ask);
    ask.key = key;
    ask.watcher = this.live.watcherOf(ask.context);
    return ask.watcher === undefined ? this.readOrRun(ask) : this.answerWatcher(ask, ask.watcher);
  }

  private async answerWatcher(ask: Ask, watcher: LiveWatcher): Promise<unknown> {
    const outcome = this.live.enter(watcher, ask.key, this.texts.tagsOf(ask));
    if (outcome === undefined || this.isTouched(ask, outcome))
      return watcher.isTouched ? this.joinOrRun(ask) : this.readOrRun(ask);
    watcher.tried = outcome.begun;
    if ('error' in outcome) throw outcome.error;
    return this.catalog.valueFromJSON(outcome.json);
  }

  private readOrRun(ask: Ask): Promise<unknown> {
    const { key } = ask;
    const got = this.cache.get(key);
    return isPromiseLike(got)
      ? (got as Promise<unknown>).then(found => this.choose(ask, found))
      : Promise.resolve(this.choose(ask, got));
  }

  /** @returns the answer, or a promise of it */
  private choose(ask: Ask, found: unknown): unknown {
    const result = resultIn(found);
    if (result === undefined || this.uncertain.has(ask.key) || this.isTouched(ask, result)) return this.joinOrRun(ask);
    const late = Date.now() - result.freshUntil;
    // A watcher would keep the old answer until the next touch.
    const grace = ask.watcher === undefined ? (ask.options.grace ?? 0) : 0;
    if (late >= grace) return this.joinOrRun(ask);
    let answer: unknown;
    try {
      answer = this.catalog.valueFromJSON(result.value);
    } catch {
      // Another version of the application has written it.
      return this.joinOrRun(ask);
    }
    if (late >= 0) this.refresh(ask);
    return answer;
  }

  private isTouched({ query, options }: Ask, { begun }: { readonly begun: number }): boolean {
    try {
      return this.touched.isTouched(() => options.tags?.(query) ?? [], begun);
    } catch {
      return true;
    }
  }

  private async joinOrRun(ask: Ask): Promise<unknown> {
    const signal = ask.context.bounds?.signal;
    signal?.throwIfAborted();
    const flight = this.flights.get(ask.key);
    // It would wait for itself.
    if (flight !== undefined && ReadsOfRun.isWithin(flight)) return alone(ask);
    if (flight === undefined) return this.run(ask, (started, result) => started.awaited(result, signal));
    noteTried(ask, flight);
    const shared = await flight.join(signal);
    return shared === undefined ? alone(ask) : this.catalog.valueFromJSON(shared.json);
  }

  /** No caller waits for it. If it fails, the old answer is given as long as it may be. */
  private refresh(ask: Ask): void {
    if (this.flights.has(ask.key)) return;
    const { type } = ask;
    const refreshing = this.run(ask, (_started, result) => result);
    harmless(
      refreshing.then(
        () => this.texts.told.forget(type, 'refresh'),
        error =>
          this.texts.told.tell(
            type,
            'refresh',
            () => `a run that was to replace an old answer failed. ${textOf(error)}`,
          ),
      ),
    );
  }

  /** @param wait for the result */
  private run(ask: Ask, wait: (flight: Flight, result: Promise<unknown>) => Promise<unknown>): Promise<unknown> {
    const { query, key, context, options, next } = ask;
    const tags = this.texts.tagsOf(ask);
    if (tags === undefined) return alone(ask);
    const flight: Flight = new Flight(this.touched.clock.next(), tags, () => {
      if (this.flights.get(key) === flight) this.flights.delete(key);
    });
    const own = context.boundBy(flight.bounds);
    const reads = new ReadsOfRun(flight, own, options.vary ?? [], ask.isScoped);
    const handle = () => {
      contextOfRun.set(context, own);
      return next(query);
    };
    noteTried(ask, flight);
    const unwatch = this.touched.watch(flight);
    this.flights.set(key, flight);
    const ended = () => {
      flight.leave();
      unwatch();
    };
    const start = () => watchingReads(reads, own, () => own.run(handle));
    const result = flight.start(
      tags.length > 0 && this.cache.asksBefore ? () => this.begin(flight).then(start) : start,
      answer => {
        // Fields of the answer may be read only now.
        const shared = watchingReads(reads, own, () => this.texts.share(ask, answer, reads));
        reads.end();
        const lifetime = lifetimeOf(options, answer);
        if (shared !== undefined)
          this.tellWatchers(ask, flight, { json: shared.json, freshUntil: Date.now() + (lifetime ?? 0) });
        const setting = this.store(ask, flight, shared, lifetime);
        // Those that ask while it is on its way still get it.
        if (setting === undefined) ended();
        else void this.settle(ask.key, flight, setting).then(ended);
        return shared;
      },
      error => {
        const isPersonal = reads.personal !== undefined;
        reads.end();
        if (!isPersonal) this.tellWatchers(ask, flight, { error });
        ended();
        return isPersonal;
      },
    );
    return wait(flight, result);
  }

  /** What is not joined any more, since a tag was touched or all have left, is not told. */
  private tellWatchers({ key }: Ask, flight: Flight, ended: RunEnd): void {
    if (this.flights.get(key) === flight) this.live.answers.note(key, { begun: flight.begun, ...ended });
  }

  private async begin(flight: Flight): Promise<void> {
    flight.began = await this.cache.begin(flight.tags);
  }

  /** @param lifetime undefined: it is not kept */
  private store({ key, options }: Ask, flight: Flight, shared: Shared, lifetime: number | undefined) {
    if (shared === undefined || lifetime === undefined) return undefined;
    if (flight.isTouched || flight.began === FAILED) return undefined;
    const { begun, tags, began } = flight;
    const result = { value: shared.json, begun, freshUntil: Date.now() + lifetime };
    return this.cache.set(key, result, { tags, keep: lifetime + (options.grace ?? 0), began });
  }

  private async settle(key: string, flight: Flight, { told, ended }: Setting): Promise<void> {
    flight.storing = told;
    const certain = this.uncertain.add(key);
    const isLate = (await told) === FAILED;
    if (isLate) flight.leave();
    await ended;
    if (isLate && flight.isTouched) void this.touched.touchAgain(flight.tags);
    certain();
  }
}

/** The watcher does not get the failure of this run from another. */
const noteTried = ({ watcher }: Ask, { begun }: Flight): void => {
  if (watcher !== undefined) watcher.tried = begun;
};
