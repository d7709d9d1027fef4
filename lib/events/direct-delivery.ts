import { genuine, isPromiseLike } from '../pipeline/settled.js';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import { SETTLED } from './event-delivery.js';
import type { FailureReporter } from '../dispatch/failures.js';
import type { Pipeline } from '../dispatch/pipeline.js';

/**
 * Reports failures; only a failure makes a context.
 * @param pipeline a direct one
 * @returns never rejects
 */
export function deliverDirectly(
  event: object,
  pipeline: Pipeline,
  dispatcher: Dispatcher,
  reporter: FailureReporter,
): Promise<void> {
  let result: unknown;
  try {
    result = pipeline.invoker.invoke(event);
  } catch (error) {
    report(error, event, pipeline, dispatcher, reporter);
    return SETTLED;
  }
  if (!isPromiseLike(result)) return SETTLED;
  const { runningWork } = dispatcher;
  const end = runningWork === undefined ? nothing : runningWork.ending(pipeline.runs);
  const settled = genuine(result).then(end, error => {
    end();
    report(error, event, pipeline, dispatcher, reporter);
  });
  if (runningWork !== undefined) runningWork.begin(pipeline.runs);
  return settled;
}

const nothing = (): void => undefined;

function report(
  error: unknown,
  event: object,
  { type, invoker: { identity } }: Pipeline,
  dispatcher: Dispatcher,
  reporter: FailureReporter,
): void {
  reporter.report(error, event, identity, () => dispatcher.describe(event, type, identity));
}
