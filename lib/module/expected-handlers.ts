import { HandlerNotFoundException } from '../errors/handler-not-found.exception.js';
import type { WiringProblem } from '../errors/wiring.exception.js';
import { isClass, lineage, nameOf } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import { namesNoClass, type CheckedHandler } from './handler-checks.js';
import { kindOf } from './message-kinds.js';
import { nearMiss, type Surroundings } from './near-misses.js';

export function checkExpected(
  expected: readonly MessageType[],
  surroundings: Surroundings<CheckedHandler>,
  isRouted: (type: MessageType) => boolean,
  problems: WiringProblem[],
): void {
  if (expected.length === 0) return;
  const handled = new Set(surroundings.handlers.flatMap(({ types }) => types));
  for (const type of expected) {
    if (!isClass(type)) {
      problems.push(namesNoClass('expectHandlersFor', 'CqrsModule.forRoot()', type));
      continue;
    }
    if (lineage(type).some(ancestor => handled.has(ancestor)) || isRouted(type)) continue;
    const kind = kindOf(type, []);
    const hint =
      kind === undefined
        ? (nearMiss(type, 'command', surroundings) ?? nearMiss(type, 'query', surroundings))
        : nearMiss(type, kind, surroundings);
    const { code, what, remedy } = new HandlerNotFoundException(nameOf(type), hint);
    problems.push({ code, what, where: 'expectHandlersFor', remedy });
  }
}
