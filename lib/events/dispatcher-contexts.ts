import { isPlain } from '../options/option-rules.js';
import { nearNames } from '../options/near-names.js';
import { fitsPublishOption, PUBLISH_OPTION_NAMES, type PublishArguments } from './publish-options.js';
import { CqrsLogger } from '../dispatch/cqrs-logger.js';

const logger = new CqrsLogger('EventBus');

/** Contexts may have names made from data. */
const MAX_KNOWN = 1000;

/** A dispatcher context may be anything: a misspelled option only warns, once. */
export class DispatcherContexts {
  private readonly known = new Set<string>();

  look({ options, dispatcherContext }: PublishArguments): void {
    if (options !== undefined) return;
    if (typeof dispatcherContext !== 'object' || dispatcherContext === null || !isPlain(dispatcherContext)) return;
    for (const name of Object.keys(dispatcherContext)) {
      if (this.known.has(name) || this.known.size >= MAX_KNOWN) continue;
      this.known.add(name);
      const near = PUBLISH_OPTION_NAMES.includes(name) ? undefined : nearest(name);
      // "content" or "model" are near, but their values do not fit.
      if (near !== undefined && fitsPublishOption(near, (dispatcherContext as Record<string, unknown>)[name]))
        logger.warn(
          `publish() was given an object with "${name}", which is not an option: the object is taken for a dispatcher context, and all options in it are ignored. Did you mean "${near}"?`,
        );
    }
  }
}

/** In short names only an added, missing or swapped letter counts: two changes make another word. */
const nearest = (name: string): string | undefined =>
  nearNames(name, PUBLISH_OPTION_NAMES).find(
    near => near.length > 6 || Math.abs(near.length - name.length) === 1 || isSwapped(near, name),
  );

const isSwapped = (one: string, other: string): boolean =>
  one.toLowerCase() === other.toLowerCase() || [...one].toSorted().join('') === [...other].toSorted().join('');
