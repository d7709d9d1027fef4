/** Of `ioredis`. */
type Commands = Partial<Record<(typeof DROPPED)[number], (...given: unknown[]) => unknown>>;

/** Commands whose promises Nest drops. */
const DROPPED = ['publish', 'unsubscribe'] as const;

const watched = new WeakSet<object>();

/**
 * Commands fail when the connection ends; an unhandled rejection would end the process. The calls themselves are told by
 * Nest.
 * @param clients of Redis, as `unwrap()` gives them
 */
export function handleRejections(clients: unknown): void {
  for (const client of Array.isArray(clients) ? (clients as Commands[]) : []) {
    if (watched.has(client)) continue;
    watched.add(client);
    for (const name of DROPPED) {
      const command = client[name]?.bind(client);
      if (command === undefined) continue;
      client[name] = (...given) => {
        const sent = command(...given);
        Promise.resolve(sent).catch(() => undefined);
        return sent;
      };
    }
  }
}
