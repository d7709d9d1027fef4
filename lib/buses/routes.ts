import type { HandlerInvoker } from '../handlers/handler-invoker.js';
import type { MessageKind, MessageType } from '../messages/message.js';

/** Handlers in other processes, by the routes of the application. */
export interface Routes {
  /** Routes that name the class. */
  ofClass(type: MessageType, kind: MessageKind): HandlerInvoker | undefined;
  /** Routes that name the message; a handler of this process goes first. */
  ofName(type: MessageType, kind: MessageKind): HandlerInvoker | undefined;
  ofEvent(type: MessageType): readonly HandlerInvoker[];
}
