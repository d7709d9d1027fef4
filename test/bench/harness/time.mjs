import { loopOver, median } from './loop.mjs';

const SLICE = 4e6;

const now = () => Number(process.hrtime.bigint());

/**
 * Times contestants in turns, each turn a few milliseconds long, so that whatever else the machine does hits all.
 * @param contestants name → call
 * @param rounds how many turns each has
 * @returns name → { ns, ratio }: nanoseconds an operation, and how many times the first contestant's of the same round;
 *   { p50, p50Ratio } likewise where a contestant says how long its callers waited; isRate where it says that its figure
 *   is read best as a number per second
 */
export async function time(contestants, rounds) {
  const entries = Object.entries(contestants);
  const turns = new Map();
  for (const [name, call] of entries) turns.set(name, await calibrate(call));
  const spent = new Map(entries.map(([name]) => [name, []]));
  const waited = new Map(entries.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    // Every other round runs backwards: nobody always runs after the same neighbour.
    for (const [name, call] of round % 2 ? entries.toReversed() : entries) {
      spent.get(name).push(await turns.get(name)());
      if (call.p50 !== undefined) waited.get(name).push(call.p50 * 1e6);
    }
  }
  return Object.fromEntries(
    entries.map(([name, { isRate }]) => {
      const [ns, ratio] = compared(name, spent, entries);
      const [p50, p50Ratio] = compared(name, waited, entries);
      return [name, { ns, ratio, ...(p50 !== undefined && { p50, p50Ratio }), ...(isRate && { isRate }) }];
    }),
  );
}

/** The middle time, and the middle of the ratios to the first of the same round. */
function compared(name, all, [[first]]) {
  const [times, reference] = [all.get(name), all.get(first)];
  return [median(times), median(times.map((ns, round) => ns / reference[round]))];
}

/** Warms a contestant up and finds how many operations fill one turn. */
async function calibrate(call) {
  // An operation that measures itself does what it takes once, and says how long the part that counts took.
  if (call.once) return async () => (await call()) * 1e6;
  const loop = loopOver(call);
  let at = 0;
  let operations = 1;
  const run = async () => {
    const start = now();
    await loop(at, (at += operations));
    return (now() - start) / operations;
  };
  const end = now() + (call.warmUp ?? 250) * 1e6;
  do {
    const ns = await run();
    operations = Math.max(1, Math.min(operations * 4, Math.round(SLICE / ns)));
  } while (now() < end);
  return run;
}
