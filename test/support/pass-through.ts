import { Probes } from '../../lib/dispatch/probes.js';
import type { Probe } from '../../lib/extension.js';

const watching = { run: <R>(part: () => R): R => part(), end: () => undefined };

/** Watches everything, and does nothing. */
const PASS_THROUGH: Required<Probe> = {
  isAsleep: () => false,
  wrap: (_point, run) => (message, context) => run(message, context),
  publish: () => watching,
  sagaWorks: () => watching,
  sagaEmits: () => watching,
  rows: () => watching,
  receives: () => watching,
  leaves: () => undefined,
};

const installed = new WeakSet<Probes>();

/** From now on a probe that does nothing watches every bus and every application of the test file. */
export function watchEverything(): void {
  const { add } = Probes.prototype;
  const watched = (probes: Probes): Probes => {
    if (!installed.has(probes)) {
      installed.add(probes);
      add.call(probes, PASS_THROUGH);
    }
    return probes;
  };
  Object.defineProperty(Probes.prototype, 'isEmpty', { get: isEmpty });
  for (const name of ['look', 'steps', 'sees', 'maySee', 'begin'] as const) {
    const asked = Probes.prototype[name] as (...given: unknown[]) => unknown;
    Object.defineProperty(Probes.prototype, name, {
      value(this: Probes, ...given: unknown[]) {
        return asked.apply(watched(this), given);
      },
    });
  }
  function isEmpty(this: Probes): boolean {
    watched(this);
    return false;
  }
}
