import { mayMeet } from '../caching/tag-patterns.js';
import type { MessageType } from '../messages/message.js';
import { line } from './explained-line.js';
import type { Survey, SurveyedHandler } from './survey.js';

/** How answers of a query are kept, what a message touches, and what may have been forgotten. */
export function cachingLines(handler: SurveyedHandler, type: MessageType, survey: Survey): string[] {
  const touches = handler.touchesOf(type);
  const cached = handler.cachedOf(type);
  return [
    ...(touches === undefined ? [line('touches', 'what its function says')] : []),
    ...(touches !== undefined && touches.length > 0 ? touchesLines(touches, survey) : []),
    ...(cached === undefined ? [] : cachedLines(cached, survey)),
  ];
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

function touchesLines(touches: readonly string[], { handlers }: Survey): string[] {
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
