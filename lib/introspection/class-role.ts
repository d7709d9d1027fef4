import { isDeclaredMessage } from '../envelope/message.decorator.js';
import { declarationsOf } from '../handlers/handler-declaration.js';
import type { MessageType } from '../messages/message.js';
import { MessageNodes } from './message-nodes.js';
import type { Survey } from './survey.js';

/** What a class is to an application. */
export interface ClassRole {
  /** Its decorator says so, or handlers, sagas, routes or queues name it or a subclass. */
  readonly isMessage: boolean;
  /** Its methods with decorators of handlers, in the order of the decorators. */
  readonly declared: readonly (string | symbol)[];
  /** Those of its methods that the application calls as handlers. */
  readonly handling: readonly (string | symbol)[];
}

export function classRole(survey: Survey, type: MessageType): ClassRole {
  const isOf = (message: MessageType) => message === type || message.prototype instanceof (type as new () => object);
  return {
    isMessage:
      isDeclaredMessage(type) || survey.kindOf(type) !== undefined || new MessageNodes(survey).types.some(isOf),
    declared: declarationsOf(type).map(({ method }) => method),
    handling: survey.handlers.filter(handler => handler.type === type).map(({ method }) => method),
  };
}
