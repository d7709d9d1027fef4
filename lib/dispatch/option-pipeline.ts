import { isArrival } from '../context/arrival.js';
import type { DispatchOptions } from '../context/message-context.js';
import type { ReadyMiddleware } from '../pipeline/middleware.js';
import { limitByCaller } from '../pipeline/time-limit.js';
import type { Pipeline } from './pipeline.js';
import { RunCounter } from './run-counter.js';

/** Outside of all other middleware. */
export const OPTION_MIDDLEWARE: readonly ReadyMiddleware[] = [limitByCaller];

/** Composed at the first use of such options. */
export function pipelineFor(
  composed: Pipeline,
  options: DispatchOptions,
  optionMiddleware: readonly ReadyMiddleware[],
): Pipeline {
  const { ofArrivals } = composed;
  const pipeline = ofArrivals !== undefined && isArrival(options) ? ofArrivals : composed;
  if (options.timeout === undefined && options.fromOutside !== true) return pipeline;
  if (pipeline.withOptions !== undefined) return pipeline.withOptions;
  const { kind } = pipeline;
  return (pipeline.withOptions = {
    ...pipeline,
    ...pipeline.within(optionMiddleware),
    runs: new RunCounter(pipeline.type, pipeline.invoker.identity),
    isDirect: false,
    isWatched: kind === 'event',
  });
}
