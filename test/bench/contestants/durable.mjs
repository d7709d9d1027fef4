import { setTimeout as pause } from 'node:timers/promises';
import { median } from '../harness/loop.mjs';
import { inFlight } from './callers.mjs';

/** Messages until V8 has compiled what both sides run, unless a side says another number. */
const WARM_UP = 5000;

/** Jobs of one call, and of one turn of it. */
const BULK = 1000;

/** Jobs that wait, and how many are stored before they are counted. */
const [WAITING, BEFORE] = [100_000, 10_000];

/** Waits for the latency of one turn, and the milliseconds before each. */
const [WAITS, IDLE] = [20, 20];

const once = call => Object.assign(call, { once: true });

/** Stores messages one by one. */
export const enqueue =
  (newSide, count, call = 'store') =>
  async () => {
    const side = await newSide();
    return inFlight(count, side[call], side.warmUp ?? WARM_UP);
  };

/** Stores many with one call. */
export const enqueueAll = newSide => async () => {
  const { storeAll } = await newSide();
  const turn = async () => {
    const start = performance.now();
    await storeAll(BULK);
    return (performance.now() - start) / BULK;
  };
  for (let i = 0; i < 5; i++) await turn();
  return Object.assign(once(turn), { isRate: true });
};

/** Milliseconds of the processor that this process has taken. */
function worked() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * From the first to the last call of the handler, for jobs that are stored before.
 * @param now what is counted: the time, or the work of this process
 */
export const deliveries =
  (newSide, concurrency, now = () => performance.now()) =>
  async () => {
    const jobs = { 1: 100, 8: 400, 50: 1500 }[concurrency];
    const side = await newSide();
    let left = 0;
    let first = 0;
    let ended;
    await started(side, concurrency, () => {
      if (left === jobs) first = now();
      left -= 1;
      if (left === 0) ended(now());
    });
    const turn = async () => {
      const last = new Promise(resolve => (ended = resolve));
      left = jobs;
      await side.hold();
      await side.storeAll(jobs);
      await side.release();
      // Those that are taken first are there at once.
      const spent = (await last) - first;
      await side.settled();
      return spent / (jobs - concurrency);
    };
    for (let done = 0; done < (side.warmUp ?? WARM_UP); done += jobs) await turn();
    return Object.assign(once(turn), { isRate: true });
  };

/** What a delivery costs this process, wherever it waits for the engine. */
export const deliveryWork = (newSide, concurrency) => deliveries(newSide, concurrency, worked);

/** From the call that stores a message to the call of the handler, where nothing else is to do. */
export const latency = newSide => async () => {
  const side = await newSide();
  let handled;
  await started(side, 8, () => handled(performance.now()));
  const oneWait = async () => {
    const start = performance.now();
    const end = new Promise(resolve => (handled = resolve));
    await side.store();
    return (await end) - start;
  };
  const turn = async () => {
    const waits = [];
    for (let i = 0; i < WAITS; i++) {
      await pause(IDLE);
      waits.push(await oneWait());
    }
    return median(waits);
  };
  for (let i = 0; i < (side.warmUp ?? WARM_UP); i++) await oneWait();
  await turn();
  return once(turn);
};

/** Jobs that nobody handles: the time to store them, and what of them stays on the heap of this process. */
export const waiting = newSide => async () => {
  const { storeAll } = await newSide();
  const fill = async count => {
    for (let stored = 0; stored < count; stored += BULK) await storeAll(BULK);
  };
  const turn = async () => {
    const start = performance.now();
    await fill(WAITING);
    return (performance.now() - start) / WAITING;
  };
  const live = async () => {
    await fill(BEFORE);
    const before = await heap();
    await fill(WAITING);
    return ((await heap()) - before) / WAITING;
  };
  return Object.assign(once(turn), { live });
};

/** A side whose worker runs; a loop of a bare side never ends. */
async function started(side, concurrency, handle) {
  side
    .work(concurrency, async () => handle())
    .catch(error => {
      console.error(error);
      process.exit(1);
    });
  await pause(1000);
}

/** What is reachable, when the process has been idle for a while. */
async function heap() {
  await pause(1000);
  for (let i = 0; i < 2; i++) {
    globalThis.gc();
    await pause(10);
  }
  return process.memoryUsage().heapUsed;
}
