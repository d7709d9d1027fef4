import { messageIdentity } from '../envelope/message.decorator.js';
import { LOADED_TWICE } from '../errors/handler-not-found.exception.js';
import { isClass, lineage, nameOf } from '../messages/inspect-message.js';
import type { MessageKind, MessageType } from '../messages/message.js';
import { nearNames } from '../options/near-names.js';
import { matches } from '../transport/route-table.js';
import { cachingLines, unhandledTouches } from './caching-lines.js';
import { SurveyNames } from './document-of.js';
import { INDENT, line } from './explained-line.js';
import { partsOfId, SeenMessages, type Seen } from './seen-messages.js';
import { placeText, type SourceOf } from './source-locations.js';
import type { Survey, SurveyedHandler, SurveyedLayer } from './survey.js';

/**
 * Says everything that is known of a message: what it is, where it is written, its way with the reason for each
 * middleware, and what was considered and left out.
 * @param wanted a class of messages; or a name: of a class, of `@Message`, an id of the document, or a handler's
 * @returns undefined if the name is unknown, also to what was seen
 */
export function explain(
  survey: Survey,
  wanted: MessageType | string,
  sourceOf: SourceOf,
  seen?: Seen,
): string | undefined {
  const explanation = new Explanation(survey, sourceOf, seen);
  if (isClass(wanted)) return explanation.of(wanted);
  const found = explanation.named(wanted).map(type => explanation.of(type));
  const texts = found.length > 0 ? found : explanation.seenAs(wanted);
  return texts.length === 0 ? undefined : texts.join('\n\n');
}

/** Names that resemble an unknown one. */
export const nearestNames = (survey: Survey, name: string, seen?: Seen): string[] =>
  nearNames(name, [
    ...new SurveyNames(survey).messages.types.map(nameOf),
    ...survey.declaredMessages().map(nameOf),
    ...survey.handlers.map(handler => handler.name),
    ...(seen?.data.links ?? []).map(({ to }) => partsOfId(to).name),
  ]);

class Explanation {
  private readonly names: SurveyNames;
  private readonly types: readonly MessageType[];
  private readonly seen: SeenMessages | undefined;

  constructor(
    private readonly survey: Survey,
    private readonly sourceOf: SourceOf,
    seen: Seen | undefined,
  ) {
    this.names = new SurveyNames(survey);
    this.seen = seen && new SeenMessages(survey, this.names, sourceOf, seen);
    this.types = [...new Set([...this.names.messages.types, ...survey.declaredMessages()])];
  }

  named(name: string): MessageType[] {
    const ofClass = this.types.filter(
      type =>
        nameOf(type) === name ||
        messageIdentity(type).name === name ||
        messageIdentity(type).aliases.includes(name) ||
        this.names.messages.id(type) === name,
    );
    if (ofClass.length > 0) return ofClass;
    const ofHandlers = this.survey.handlers
      .filter(handler => handler.name === name || nameOf(handler.type) === name || this.names.handler(handler) === name)
      .flatMap(({ types }) => types);
    return [...new Set(ofHandlers)];
  }

  of(type: MessageType): string {
    const kind = this.kindOf(type);
    const handlers = this.handlersOf(type, kind);
    const lines = [
      `${kind ?? 'message'} ${nameOf(type)}${this.place(type)}`,
      ...this.ofClass(type),
      ...this.senders(type, kind),
      ...handlers.flatMap(({ handler, as }) => this.way(handler, as, type)),
      ...this.elsewhere(type),
      ...this.sagas(type, kind),
      ...(handlers.length === 0 ? this.nothing(type, kind) : []),
      ...this.considered(
        type,
        kind,
        handlers.map(({ handler }) => handler),
      ),
    ];
    return lines.join('\n');
  }

  /** Of messages that were seen, and are not in the wiring: nothing but their name is known. */
  seenAs(name: string): string[] {
    return (this.seen?.named(name) ?? []).map(id => {
      const { kind, name: type } = partsOfId(id);
      return [
        `${kind} ${type}`,
        ...this.seen!.sendersOf(id).map(sender => line('sent by', sender)),
        line('handled by', `nothing: no handler${kind === 'event' ? ', saga' : ''} or route names it`),
        ...this.sagas(undefined, kind),
      ].join('\n');
    });
  }

  private kindOf(type: MessageType): MessageKind | undefined {
    const handler = this.survey.handlers.find(({ types }) => types.includes(type));
    return this.survey.kindOf(type) ?? handler?.kind ?? this.seen?.kindOf(type);
  }

  /** Events reach the handlers of all their classes, a command or query that of the nearest. */
  private handlersOf(type: MessageType, kind: MessageKind | undefined) {
    const found = lineage(type).flatMap(as =>
      this.survey.handlers.filter(({ types }) => types.includes(as)).map(handler => ({ handler, as })),
    );
    return kind === 'event' ? found : found.slice(0, 1);
  }

  private ofClass(type: MessageType): string[] {
    const { messages } = this.names;
    const { wire, bases, schema, rows } = messages.describe(messages.nodeOf(type, this.kindOf(type) ?? 'any'));
    const aliases = wire && wire.aliases.length > 0 ? `, once ${wire.aliases.join(', ')}` : '';
    return [
      ...(wire ? [line('wire name', `${wire.name}, version ${wire.version}${aliases}`)] : []),
      ...(bases.length > 0 ? [line('extends', bases.join(', '))] : []),
      ...(schema === undefined ? [] : [line('schema', schema)]),
      ...(rows ? [line('answers', 'with rows')] : []),
    ];
  }

  private senders(type: MessageType, kind: MessageKind | undefined): string[] {
    const { messages } = this.names;
    const id = kind === undefined ? messages.id(type) : messages.idOfSent(type, kind);
    return (this.seen?.sendersOf(id) ?? []).map(sender => line('sent by', sender));
  }

  private way(handler: SurveyedHandler, as: MessageType, type: MessageType): string[] {
    const { name, module, form, scope, enhancers, phase, method } = handler;
    const layers = handler.layersOf(as);
    const left = layers.filter(({ leftOut, builtIn }) => leftOut !== undefined && builtIn === undefined);
    const nested = Object.values(enhancers ?? {}).flat();
    return [
      line(
        'handled by',
        `${name}${module ? ` (${module.name})` : ''}, ${form}, ${scope}${as === type ? '' : `, as ${nameOf(as)}`}` +
          this.place(handler.type, form === 'method' ? method : undefined),
      ),
      ...(phase ? [line('phase', PHASES[phase])] : []),
      ...cachingLines(handler, as, this.survey),
      ...layers.filter(({ leftOut }) => leftOut === undefined).map(layer => this.layer(layer)),
      ...(nested.length > 0 ? [`${INDENT.repeat(2)}${nested.join(' → ')}   Nest's enhancers, around the method`] : []),
      ...left.map(layer => `${INDENT.repeat(2)}- ${layer.name}   ${layer.declaredAt}: left out, ${layer.leftOut!}`),
      ...this.queue(handler),
    ];
  }

  private layer({ name, declaredAt, because, target, builtIn }: SurveyedLayer): string {
    return `${INDENT.repeat(2)}→ ${name}   ${declaredAt}: ${because}${builtIn ? '' : this.place(target)}`;
  }

  private queue(handler: SurveyedHandler): string[] {
    return this.survey.queues
      .filter(queue => queue.handler === handler)
      .map(({ name, engine }) => line('waits in', `the queue ${name} (${engine}) before this handler gets it`));
  }

  private elsewhere(type: MessageType): string[] {
    const ofType = (each: MessageType | string) =>
      typeof each === 'string' ? matches(each, messageIdentity(type).name) : lineage(type).includes(each);
    return [
      ...this.survey.routes
        .filter(({ message }) => ofType(message))
        .map(({ message, to, engine, timeout, durable }) =>
          line(
            'sent to',
            `${to} (${engine})${typeof message === 'string' ? ` by the route ${message}` : ''}, ${durable ? 'stored until it is taken' : `answer within ${timeout} ms`}`,
          ),
        ),
      ...this.survey.exposures
        .filter(({ messages }) => messages.some(ofType))
        .map(({ server, engine }) => line('exposed on', `${server} (${engine})`)),
      ...this.survey.queues
        .filter(({ holds, messages }) => holds === 'commands' && messages.some(ofType))
        .map(({ name, engine, retries, handledHere }) =>
          line(
            'stored in',
            `${name} (${engine}) by enqueue(), ${retries} retries${handledHere ? '' : ', handled by another process'}`,
          ),
        ),
      ...this.survey.schedules
        .filter(({ message }) => message === type)
        .map(({ name, cron, timeZone }) => line('scheduled', `${name}: ${cron}, ${timeZone}`)),
    ];
  }

  private sagas(type: MessageType | undefined, kind: MessageKind | undefined): string[] {
    const classes = type === undefined ? [] : lineage(type);
    return this.survey.sagas
      .filter(({ events }) => (events ? events.some(event => classes.includes(event)) : kind === 'event'))
      .map(({ name, module, events, type: owner }) => {
        const owned = `${name}${module ? ` (${module.name})` : ''}`;
        return line('saga', `${owned}${events ? '' : ', which gets the stream of all events'}${this.place(owner)}`);
      });
  }

  private nothing(type: MessageType, kind: MessageKind | undefined): string[] {
    if (this.elsewhere(type).some(each => !each.includes('exposed on'))) return [];
    const hint = this.survey.nearMiss(type, kind ?? 'command');
    const touches = kind === 'event' ? unhandledTouches(type, this.survey) : [];
    return [...touches, line('handled by', `nothing${hint === undefined ? '' : `. ${hint}`}`)];
  }

  /** What does not get the message, although a reader may think so. */
  private considered(type: MessageType, kind: MessageKind | undefined, chosen: readonly SurveyedHandler[]): string[] {
    const missing = this.survey.notProvided(type);
    const shadowed =
      kind === 'event'
        ? []
        : this.survey.handlers.filter(
            handler =>
              !chosen.includes(handler) && handler.types.some(each => each !== type && lineage(type).includes(each)),
          );
    const own = this.place(type);
    const namesakes = this.types.filter(other => other !== type && nameOf(other) === nameOf(type));
    return [
      ...missing.map(handler =>
        line(
          'not reached',
          `${nameOf(handler)} is declared but not provided: list it among the providers of a module${this.place(handler)}`,
        ),
      ),
      ...shadowed.map(({ name, types }) =>
        line('not reached', `${name} handles ${types.map(nameOf).join(', ')}, and ${chosen[0]!.name} is nearer`),
      ),
      ...namesakes.map(other => {
        const place = this.place(other);
        return line(
          'not this',
          `another class of this name${place !== '' && place === own ? `: ${LOADED_TWICE}` : place}`,
        );
      }),
    ];
  }

  private place(target: object, member?: string | symbol): string {
    return placeText(this.sourceOf(target, member));
  }
}

const PHASES = {
  'in transaction': 'within the transaction of the publisher',
  'after commit': 'after the commit, where the publisher is in a unit of work',
  durable: 'from its queue',
} as const;
