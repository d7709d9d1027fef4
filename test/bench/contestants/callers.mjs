import { median } from '../harness/loop.mjs';

/** Calls of one turn for one in flight, and at least. */
const [SHORT, LONG] = [128, 256];

/**
 * Keeps so many calls in flight; gives the milliseconds that each took of the turn, and keeps the middle of how long a
 * caller waited.
 * @param warmUp calls before that, as many in flight: messages that share a statement or a script take another way
 */
export async function inFlight(count, send, warmUp) {
  await waits(warmUp, count, send);
  const calls = count === 1 ? SHORT : Math.max(LONG, 4 * count);
  const turn = async () => {
    const start = performance.now();
    turn.p50 = median(await waits(calls, count, send));
    return (performance.now() - start) / calls;
  };
  return Object.assign(turn, { once: true });
}

/** How long each caller waited. */
async function waits(calls, count, send) {
  const waited = [];
  let left = calls;
  const callers = Array.from({ length: count }, async () => {
    while (left-- > 0) {
      const sent = performance.now();
      await send();
      waited.push(performance.now() - sent);
    }
  });
  await Promise.all(callers);
  return waited;
}
