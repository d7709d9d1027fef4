import { setTimeout as pause } from 'node:timers/promises';
import type { Delivery, DurableTransport, Outcome } from 'nestjs-cqrs/extension';
import { CuttingProxy, type Cut, type Protocol } from '../../../support/cutting-proxy.js';
import { dead, DONE, eventually, failed, jobOf, queueOf, retries } from '../durable-runs.js';

/** An engine, and how a transport of it is made. */
export interface CutEngine {
  readonly host: string;
  readonly port: number;
  readonly protocol: Protocol;
  /** In milliseconds. */
  readonly lease: number;
  /** Milliseconds after which each outcome is stored, where one that is stored again could bury what was redriven. */
  readonly settles?: number;
  /** All messages have one key. */
  readonly isKeyed?: boolean;
  make(host: string, port: number): DurableTransport;
}

/** What the story of one cut came to. */
export interface Told {
  /** Successful runs, by message. */
  readonly handled: Readonly<Record<string, number>>;
  /** Messages by their first run. */
  readonly order: readonly string[];
  /** Steps that were sent, by kind. */
  readonly counts: ReadonlyMap<string, number>;
  readonly isCut: boolean;
  /** Of each message, from the last try to store it. */
  readonly duplicates: readonly boolean[];
  readonly numbers: {
    readonly ready: number;
    readonly delayed: number;
    readonly active: number;
    readonly dead: number;
  };
  /** Milliseconds. */
  readonly took: number;
}

/** How often a call is made again. */
const TRIES = 200;

const RETRY = retries(20, 20);

/** In this order. */
export const STORED = ['plain', 'failing', 'dying', 'hopeless'];

/**
 * Messages that succeed, fail once, die and are redriven, die and are discarded. The line of the first process is cut
 * once. A call that rejects is made again: by that process, or by the second one if the first was killed.
 */
export async function story(engine: CutEngine, cut?: Cut): Promise<Told> {
  const { isKeyed = false, settles = 0 } = engine;
  const queue = { ...queueOf(4), isKeyed };
  const key = isKeyed ? { key: 'account' } : {};
  const proxy = await CuttingProxy.start(engine, engine.protocol);
  const [first, second] = [engine.make('127.0.0.1', proxy.port), engine.make(engine.host, engine.port)];
  const handler = new StoryHandler();
  const isKilled = () => proxy.isCut && cut?.what === 'client';
  const again = async <T>(call: (transport: DurableTransport) => Promise<T>): Promise<T> => {
    for (let left = TRIES; ; left--)
      try {
        return await call(isKilled() ? second : first);
      } catch (error) {
        if (left === 0) throw error;
        await pause(20);
      }
  };
  const over = new AbortController();
  const takeOver = async () => {
    while (!over.signal.aborted && !isKilled()) await pause(10);
    if (!over.signal.aborted) await second.work(queue, handler.run);
  };
  try {
    for (const transport of [first, second]) await transport.open([queue], () => undefined);
    await first.work(queue, handler.run);
    const began = performance.now();
    proxy.arm(cut);
    const takingOver = takeOver();
    const jobs = STORED.map(id => jobOf(queue, { id, retry: RETRY, ...key }));
    const receipts = [
      await again(transport => transport.store(jobs.slice(0, 1))),
      await again(transport => transport.store(jobs.slice(1))),
    ];
    const letters = () => again(transport => transport.deadLetters.list(queue.name, { limit: 10 }));
    await eventually(letters, found => found.length === 2);
    await pause(settles);
    handler.isRepaired = true;
    await again(transport => transport.deadLetters.redrive(queue.name, 'dying'));
    await again(transport => transport.deadLetters.discard(queue.name, 'hopeless'));
    const look = () => again(transport => transport.inspect(queue.name));
    await eventually(look, ({ ready, delayed, active }) => ready + delayed + active === 0);
    const { ready, delayed, active, dead: left } = await second.inspect(queue.name);
    over.abort();
    await takingOver;
    return {
      handled: Object.fromEntries(handler.handled),
      order: [...handler.begun],
      counts: new Map(proxy.counts),
      isCut: proxy.isCut,
      duplicates: receipts.flat().map(({ isDuplicate }) => isDuplicate),
      numbers: { ready, delayed, active, dead: left },
      took: performance.now() - began,
    };
  } finally {
    over.abort();
    await Promise.all([first.close(), second.close()]);
    proxy.close();
  }
}

class StoryHandler {
  readonly handled = new Map<string, number>();
  readonly begun = new Set<string>();
  isRepaired = false;
  private hasFailed = false;

  readonly run = async ({ id }: Delivery): Promise<Outcome> => {
    this.begun.add(id);
    await pause(5);
    if (id === 'hopeless' || (id === 'dying' && !this.isRepaired)) return dead();
    if (id === 'failing' && !this.hasFailed) {
      this.hasFailed = true;
      return failed();
    }
    this.handled.set(id, (this.handled.get(id) ?? 0) + 1);
    return DONE;
  };
}
