import type { Pipeline } from '../dispatch/pipeline.js';
import type { PublishOutcome } from './publish-outcome.js';

export const isStored = ({ invoker }: Pipeline): boolean => invoker.place === 'store';

const namesOf = (pipelines: readonly Pipeline[]): string[] => pipelines.map(({ invoker }) => invoker.identity.name);

/** Names of handlers, by what became of the event. */
export function namesByFate(
  pipelines: readonly Pipeline[],
  isDelivered: (pipeline: Pipeline) => boolean,
  isStoring: boolean,
): Pick<PublishOutcome, 'handled' | 'stored' | 'skipped'> {
  const got = pipelines.filter(isDelivered);
  return {
    handled: namesOf(got.filter(pipeline => !isStored(pipeline))),
    ...(isStoring && { stored: namesOf(got.filter(isStored)) }),
    skipped: namesOf(pipelines.filter(pipeline => !isDelivered(pipeline))),
  };
}
