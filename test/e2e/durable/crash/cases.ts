import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { newSchema } from '../../../support/pg-bosses.js';
import { escaped } from '../../../support/escaped-rejections.js';
import { until } from '../../../support/waiting.js';
import { Seeded } from '../../remote/faults/seeded.js';
import { compileAll } from './compiled.js';
import { Crew } from './crew.js';
import type { KillPoint } from './self-kill.js';
import { Effects } from './effects.js';
import { LEASE, type EngineName } from './engines.js';
import { newOrder, newOrders, Sender } from './sender.js';
import { idOf, Tally, type Order } from './tally.js';

/** How often a process is killed, of all engines together. */
const KILLS = Number(process.env['CQRS_KILLS'] ?? 10);

const ENGINES = 3;

const PROGRAM = 'test/e2e/durable/crash/worker-process.js';

/** Messages that are stored before each kill; each has three follow-ups. */
const ORDERS = 20;

/** The longest time between the storing of messages and a kill, in milliseconds. */
const LONGEST_LIFE = 1200;

/** Calls that store messages at a time while an engine is killed. */
const STORING = 4;

/** A server that the tests may kill. */
export interface Server {
  readonly url: string;
  kill(): Promise<void>;
  startAgain(): Promise<void>;
}

/** Two processes handle messages, and are killed; this one stores them. */
export function crashTests(name: EngineName, server: Server): void {
  const kills = Math.ceil(KILLS / ENGINES);
  const outages = Math.ceil(KILLS / 30);
  const random = new Seeded();
  let folder: string;
  let effects: Effects;
  let sender: Sender;
  let crew: Crew;

  beforeAll(async () => {
    const engine = { name, url: server.url, space: newSchema() };
    folder = compileAll();
    effects = new Effects(join(folder, 'effects.jsonl'));
    crew = new Crew(join(folder, PROGRAM), JSON.stringify(engine), effects.file);
    sender = await Sender.start(engine, effects, random);
  }, 60_000);

  afterAll(async () => {
    await crew.end();
    await sender.close();
    rmSync(folder, { recursive: true });
  }, 60_000);

  /** What came of the orders, once nothing is left to do. */
  const outcomeOf = async (orders: readonly Order[]): Promise<Tally> => {
    await sender.settled();
    const tally = new Tally(orders, effects.read());
    expect(tally.missing).toEqual([]);
    expect(await sender.wronglyDead()).toEqual([]);
    expect(escaped).toEqual([]);
    expect(effects.escaped).toBe('');
    return tally;
  };

  /** A row of the table of docs/reliability.md. */
  const print = (what: string, tally: Tally, more: readonly number[] = [0, 0]): void => {
    const { expected, done, cutOff, doubled, repeated, poison } = tally;
    const without = tally.repeatedOf(process => !crew.killed.has(process));
    const cells = [name, what, `${done} of ${expected}`, cutOff, doubled, repeated, without, poison, ...more];
    if (process.env['CQRS_COUNTS'] !== undefined) process.stdout.write(`| ${cells.join(' | ')} |\n`);
  };

  const points: readonly KillPoint[] = [
    'before the handler',
    'in the handler',
    'after the handler',
    'after completion',
  ];

  it('handles at least once what a process held that killed itself at a known place', async () => {
    await crew.has(0);
    const orders = points.map(() => newOrder('well'));
    const killed: number[] = [];
    for (const [i, point] of points.entries()) {
      // It also handles what the one before has left.
      const worker = await crew.dying(point, idOf(orders[i]!));
      killed.push(worker.pid);
      await sender.settled();
      await sender.storeNow(orders[i]!);
      await until(() => !worker.isRunning);
      expect(worker.endedBy).toBe('SIGKILL');
    }
    await crew.has(1);
    // So that a job whose lease has ended would be handled again.
    await pause(1.5 * LEASE);
    const tally = await outcomeOf(orders);
    const effectsByKilled = orders.map((order, i) => placedBy(tally, order, killed[i]!).length);
    expect(effectsByKilled).toEqual([0, 1, 1, 1]);
    const isHandledAgain = orders.map((order, i) => tally.effectsOf(order, 'place').length > effectsByKilled[i]!);
    expect(isHandledAgain).toEqual([true, true, true, false]);
    // A second attempt stores the same command again, which is a duplicate, and publishes another event.
    expect(orders.map(order => tally.jobsOf(order, 'ship'))).toEqual([1, 1, 1, 1]);
    expect(tally.jobsOf(orders[2]!, 'bill')).toBeGreaterThan(1);
    print('workers kill themselves at 4 known places', tally);
  }, 120_000);

  it(`handles everything at least once while processes are killed ${kills} times (seed ${random.seed})`, async () => {
    await crew.has(2);
    const orders: Order[] = [];
    let killed = 0;
    while (killed < kills) {
      const more = newOrders(ORDERS);
      orders.push(...more);
      await sender.store(more);
      await pause(random.below(LONGEST_LIFE));
      // One, or both.
      const first = random.below(2);
      const victims = kills - killed > 1 && random.below(4) === 0 ? [first, 1 - first] : [first];
      await Promise.all(victims.map(victim => crew.replace(victim)));
      killed += victims.length;
    }
    await crew.working();
    print(`workers are killed ${killed} times, seed ${random.seed}`, await outcomeOf(orders));
  }, 1_200_000);

  it(`loses nothing that was acknowledged when the engine is killed ${outages} times under load`, async () => {
    await crew.has(2);
    const processes = crew.workers.map(({ pid }) => pid);
    const orders: Order[] = [];
    const { refused, duplicates } = sender;
    const load = new AbortController();
    const storing = Array.from({ length: STORING }, async () => {
      while (!load.signal.aborted) {
        const more = newOrders(3);
        orders.push(...more);
        await sender.store(more);
        await pause(100);
      }
    });
    for (let i = 0; i < outages; i++) {
      await pause(500 + random.below(1000));
      await server.kill();
      await pause(random.below(1000));
      await server.startAgain();
      const before = effects.read().length;
      const goOn = () =>
        effects
          .read()
          .slice(before)
          .filter(({ what }) => what === 'begun')
          .map(entry => entry.process);
      while (!processes.every(pid => goOn().includes(pid))) await pause(50);
    }
    load.abort();
    await Promise.all(storing);
    const tally = await outcomeOf(orders);
    expect(crew.workers.map(({ pid, isRunning }) => [pid, isRunning])).toEqual(processes.map(pid => [pid, true]));
    print(`the engine is killed and started again ${outages} times, seed ${random.seed}`, tally, [
      sender.refused - refused,
      sender.duplicates - duplicates,
    ]);
  }, 600_000);
}

const placedBy = (tally: Tally, order: Order, pid: number) =>
  tally.effectsOf(order, 'place').filter(entry => entry.process === pid);
