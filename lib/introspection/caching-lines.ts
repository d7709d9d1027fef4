import { mayMeet, patternsOf } from '../caching/tag-patterns.js';
import { touching } from '../caching/touches.decorator.js';
import type { MessageType } from '../messages/message.js';
import { line } from './explained-line.js';
import type { Survey, SurveyedHandler } from './survey.js';

/** How answers of a query are kept, what a message touches, and what may have been forgotten. */
export function cachingLines(handler: SurveyedHandler, type: MessageType, survey: Survey): string[] {
  const cached = handler.cachedOf(type);
  return [
    ...touchesLines(handler.touchesOf(type), survey),
    ...(cached === undefined ? [] : cachedLines(cached, survey)),
  ];
}

/** An event touches by its class, also where nothing handles it. */
export function unhandledTouches(event: MessageType, survey: Survey): string[] {
  const tags = touching.ofClass(event);
  return tags === undefined ? [] : touchesLines(patternsOf(tags), survey);
}

type Cached = NonNullable<ReturnType<SurveyedHandler['cachedOf']>>;

function cachedLines({ ttl, grace, tags, vary }: Cached, survey: Survey): string[] {
  const said = [
    `${ttl} ms`,
    ...(grace === undefined ? [] : [`then ${grace} ms of grace`]),
    ...(tags === undefined ? ['tags by its function'] : tags),
    ...(vary.length > 0 ? [`by ${vary.join(', ')}`] : []),
  ];
  return [line('cached', said.join(', ')), ...hints(tags, survey).map(hint => line('hint', hint))];
}

function touchesLines(touches: readonly string[] | undefined, { handlers }: Survey): string[] {
  if (touches === undefined) return [line('touches', 'what its function says')];
  if (touches.length === 0) return [];
  const all = handlers.flatMap(handler => handler.types.flatMap(type => handler.cachedOf(type) ?? []));
  const read = all.flatMap(({ tags = [] }) => tags);
  const isKnown = all.length > 0 && all.every(({ tags }) => tags !== undefined);
  const unread = isKnown ? touches.filter(tag => !read.some(other => mayMeet(tag, other))) : [];
  return [
    line('touches', touches.join(', ')),
    ...unread.map(tag => line('hint', `no cached query of this process reads ${tag}`)),
  ];
}

/** As far as can be known: tags may also be touched by hand, or by another process. */
function hints(tags: readonly string[] | undefined, survey: Survey): string[] {
  if (tags === undefined) return [];
  if (tags.length === 0) return ['its answers have no tag: only time ends them'];
  const touched = survey.touched();
  if (touched === undefined) return [];
  return tags
    .filter(tag => !touched.some(other => mayMeet(tag, other)))
    .map(tag => `no command or event of this process touches ${tag}`);
}
