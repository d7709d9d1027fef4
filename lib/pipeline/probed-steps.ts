import type { MessageContext } from '../context/message-context.js';
import { Beside } from '../messages/beside.js';
import { callerWithin, interceptOf, isObject, nextWithoutMessage, readsContext, type Composed } from './compose.js';
import { middlewareName, type Next, type ReadyMiddleware } from './middleware.js';
import type { NextWatch } from './next-promise.js';
import type { Probe, ProbePoint, ProbeReport, Watched } from './probe.js';
import { settled, type RawRun } from './settled.js';
import { watchedStep } from './watched-step.js';

/** The watch of a run, past steps that know only message and context. Written and read here. */
const watches = new Beside<NextWatch>();

/** The steps of one pipeline, wrapped by probes: the latest probe is outermost. */
export class ProbedSteps {
  /** A probe has wrapped one of them. */
  isWrapped = false;

  constructor(
    private readonly probes: readonly Probe[],
    private readonly pipeline: Omit<ProbePoint, 'at' | 'middleware'>,
    private readonly report: ProbeReport,
  ) {}

  wrap(at: ProbePoint['at'], step: Watched, middleware?: string): Watched {
    const point: ProbePoint = Object.freeze({ at, ...this.pipeline, ...(middleware !== undefined && { middleware }) });
    const wrapped = this.probes.reduce((run, probe) => watchedStep(probe, point, run, this.report), step);
    this.isWrapped ||= wrapped !== step;
    return wrapped;
  }

  /** The outermost step. */
  enclose(run: RawRun): RawRun {
    const step = this.wrap('dispatch', (message, context) => run(message, context, watches.of(context)));
    return (message, context, watch) => {
      if (watch !== undefined) watches.set(context!, watch);
      return step(message, context!);
    };
  }

  /** @param depth the number of layers outside */
  compose(middleware: readonly ReadyMiddleware[], handler: Composed, depth = 0): Composed {
    return middleware.reduceRight<Composed>((inner, layer, i) => {
      const caller = callerWithin(inner, layer);
      const name = middlewareName(layer);
      const intercept = interceptOf(layer, readsContext(layer));
      const holder = { name, depth: depth + i };
      const step = (message: object, context: MessageContext) => {
        const watch = watches.of(context);
        const next: Next = inward => {
          const promise = inner.run(inward, context, watch);
          return watch === undefined ? promise : watch.next(promise, holder);
        };
        return intercept(message, next, context);
      };
      const watched = this.wrap('middleware', step, name);
      const run = settled((message, context) => {
        if (!isObject(message)) throw nextWithoutMessage(message, caller);
        return watched(message, context!);
      });
      return { run, usesContext: true, caller };
    }, handler);
  }
}
