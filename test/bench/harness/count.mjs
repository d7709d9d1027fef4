import { getHeapStatistics } from 'node:v8';
import { loopOver, median } from './loop.mjs';

const OPERATIONS = 100_000;
const PROBE = 1000;
const SAMPLE = 8 * 2 ** 20;

/** How many microtasks pass until the promise of a call has settled and its caller goes on. */
export async function microtasks(call) {
  let counting = true;
  let ticks = 0;
  const counter = (async () => {
    for (;;) {
      if (!counting) return;
      await undefined;
      ticks += 1;
    }
  })();
  await call(0);
  counting = false;
  const counted = ticks;
  await counter;
  return counted;
}

const used = () => getHeapStatistics().used_heap_size;

/** How many bytes one operation allocates once it is compiled; the process must run with --expose-gc. */
export async function bytes(call) {
  const loop = loopOver(call);
  const operations = await samplable(loop);
  const samples = [];
  for (let sample = 0; sample < 5; sample++) {
    globalThis.gc();
    const before = used();
    await loop(0, operations);
    samples.push((used() - before) / operations);
  }
  return Math.round(median(samples) * 10) / 10;
}

/** How many operations stay within the young generation; runs enough of them for the compiler. */
async function samplable(loop) {
  globalThis.gc();
  const before = used();
  await loop(0, PROBE);
  const each = Math.max(1, (used() - before) / PROBE);
  const operations = Math.min(OPERATIONS, Math.round(SAMPLE / each));
  await loop(0, operations);
  return operations;
}

/** Microtasks and bytes of every contestant. */
export async function count(contestants) {
  const counted = {};
  for (const [name, call] of Object.entries(contestants)) {
    if (call.live) counted[name] = { bytes: Math.round(await call.live()) };
    if (call.once) continue;
    await call(0);
    counted[name] = { microtasks: await microtasks(call), bytes: await bytes(call) };
  }
  return counted;
}
