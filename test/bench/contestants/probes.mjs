import { AsyncLocalStorage } from 'node:async_hooks';
import { createHistogram } from 'node:perf_hooks';
import { observe, whenDone } from 'nestjs-cqrs/extension';

/** Lets a probe watch a bus. */
export const watchedBy = probe => bus => void observe(bus, probe);

/** Comes and goes again. */
export const gone = bus => observe(bus, passing)();

/** Watches the handler and the whole, and does nothing. */
export const passing = {
  wrap: (_point, run) => (message, context) => run(message, context),
  publish: () => undefined,
};

/** Two clock reads and a histogram around the whole. */
export const timing = () => {
  const histogram = createHistogram();
  const record = start => histogram.record(Math.max(1, Math.round((performance.now() - start) * 1e6)));
  return {
    wrap: ({ at }, run) =>
      at === 'dispatch'
        ? (message, context) => {
            const start = performance.now();
            return whenDone(
              () => run(message, context),
              () => record(start),
            );
          }
        : run,
    publish: () => {
      const start = performance.now();
      return { end: () => record(start) };
    },
  };
};

/** Enters an AsyncLocalStorage around the whole. */
export const storing = () => {
  const storage = new AsyncLocalStorage();
  return {
    wrap: ({ at }, run) =>
      at === 'dispatch' ? (message, context) => storage.run(context, () => run(message, context)) : run,
    publish: published => ({ run: part => storage.run(published, part) }),
  };
};
