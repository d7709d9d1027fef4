import { CqrsLogger } from '../dispatch/cqrs-logger.js';
import { HandlerNotFoundException } from '../errors/handler-not-found.exception.js';
import { declaredHandlers, decoratedClasses } from '../handlers/handler-declaration.js';
import { lineage, nameOf } from '../messages/inspect-message.js';
import type { MessageType } from '../messages/message.js';
import { nearMiss, onOtherBus, type Surroundings } from './near-misses.js';
import type { FoundHandler } from './provider-explorer.js';

const logger = new CqrsLogger('CqrsModule');

export interface EventSurroundings extends Surroundings {
  sagaEvents(): readonly MessageType[];
  /** Aliases and substitutes count. */
  provides(type: object): boolean;
  /** Whether another process handles it. */
  isRouted(type: MessageType): boolean;
  readonly notProvided: 'warn' | 'ignore';
}

/** Checks each event type at its first publish. Events need no handler: only signs of a forgotten one are reported. */
export class EventAdmission {
  private readonly warned = new WeakSet<object>();

  constructor(private readonly surroundings: () => EventSurroundings) {}

  /** @throws HandlerNotFoundException if only a command or query handler serves the type */
  readonly admit = (type: MessageType, isRegistered: boolean): void => {
    const surroundings = this.surroundings();
    const { handlers, notProvided } = surroundings;
    const line = lineage(type);
    // A subclass may call handlers itself, or omit them.
    const isHandled =
      isRegistered || handlers.some(({ declaration: { kind, types } }) => kind === 'event' && types.some(isIn(line)));
    const ofSagas = isHandled ? [] : surroundings.sagaEvents();
    if (!isHandled && !line.some(ancestor => ofSagas.includes(ancestor))) {
      const hint = onOtherBus(type, handlers);
      if (hint !== undefined) throw new HandlerNotFoundException(nameOf(type), hint, 'event');
    }
    if (notProvided === 'ignore' || this.warned.has(type) || surroundings.isRouted(type)) return;
    this.warned.add(type);
    const missing = line
      .flatMap(ancestor => missingHandlers(ancestor, handlers))
      .filter(handler => !surroundings.provides(handler));
    for (const handler of missing)
      logger.warn(
        `The event "${nameOf(type)}" does not reach ${nameOf(handler)}, which is declared but not provided: list it among the providers of a module that the application imports, or set events: { notProvided: 'ignore' }.`,
      );
    if (isHandled || missing.length > 0) return;
    const hint = nearMiss(type, 'event', surroundings);
    if (hint !== undefined) logger.warn(`The event "${nameOf(type)}" reaches no handler. ${hint}`);
  };
}

const isIn =
  (line: readonly MessageType[]) =>
  (type: unknown): boolean =>
    line.includes(type as MessageType);

export function missingHandlers(type: MessageType, handlers: readonly FoundHandler[]): object[] {
  return notProvidedAmong(declaredHandlers(type, 'event'), handlers);
}

/** @param declared classes with decorators of handlers */
export function notProvidedAmong(declared: readonly object[], handlers: readonly FoundHandler[]): object[] {
  if (declared.length === 0) return [];
  const provided = new Set<object>(handlers.flatMap(handler => [handler.type, ...lineage(handler.type)]));
  // A file loaded twice declares its handlers twice.
  const names = new Set(handlers.map(handler => nameOf(handler.type)));
  return declared.filter(handler => !provided.has(handler) && !names.has(nameOf(handler)));
}

export function unprovidedHandlers(handlers: readonly FoundHandler[]): string[] {
  const provided = new Set<object>(handlers.flatMap(handler => [handler.type, ...lineage(handler.type)]));
  return decoratedClasses()
    .filter(type => !provided.has(type))
    .map(nameOf);
}
