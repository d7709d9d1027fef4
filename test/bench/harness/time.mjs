import { loopOver, median } from './loop.mjs';

const SLICE = 4e6;

const now = () => Number(process.hrtime.bigint());

/**
 * Times contestants in turns, each turn a few milliseconds long, so that whatever else the machine does hits all.
 * @param contestants name → call
 * @param rounds how many turns each has
 * @returns name → { ns, ratio }: nanoseconds an operation, and how many times the first contestant's of the same round
 */
export async function time(contestants, rounds) {
  const entries = Object.entries(contestants);
  const turns = new Map();
  for (const [name, call] of entries) turns.set(name, await calibrate(call));
  const spent = new Map(entries.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    // Every other round runs backwards: nobody always runs after the same neighbour.
    for (const [name] of round % 2 ? entries.toReversed() : entries) spent.get(name).push(await turns.get(name)());
  }
  const reference = spent.get(entries[0][0]);
  return Object.fromEntries(
    entries.map(([name]) => {
      const times = spent.get(name);
      return [name, { ns: median(times), ratio: median(times.map((ns, round) => ns / reference[round])) }];
    }),
  );
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
