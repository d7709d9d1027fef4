import {
  CqrsWiringException,
  InvalidCommandHandlerException,
  InvalidEventsHandlerException,
  InvalidQueryHandlerException,
  InvalidSagaException,
  UnsupportedSagaScopeException,
  type WiringProblem,
} from '../errors/wiring.exception.js';
import { explain } from '../errors/cqrs.exception.js';
import type { MessageKind } from '../messages/message.js';

export interface KindOfProblem extends WiringProblem {
  readonly kind?: MessageKind;
}

const WITHOUT_METHOD = {
  command: InvalidCommandHandlerException,
  query: InvalidQueryHandlerException,
  event: InvalidEventsHandlerException,
} as const;

/** If @nestjs/cqrs has a class for the only sort of problem, throws it: existing code catches it. */
export function wiringException(found: readonly KindOfProblem[]): CqrsWiringException {
  // Buses or handlers may share a problem.
  const problems = [...new Map(found.map(problem => [explain(problem), problem])).values()];
  const [first] = problems;
  const alike = first && problems.every(({ code, kind }) => code === first.code && kind === first.kind);
  if (alike && first.code === 'CQRS_HANDLER_WITHOUT_METHOD' && first.kind)
    return new WITHOUT_METHOD[first.kind]([...problems]);
  if (alike && first.code === 'CQRS_INVALID_SAGA') return new InvalidSagaException([...problems]);
  if (alike && first.code === 'CQRS_SAGA_SCOPE') return new UnsupportedSagaScopeException([...problems]);
  return new CqrsWiringException(problems);
}
