import { isDeclaredMessage, messageIdentity } from '../envelope/message.decorator.js';
import { lineage, nameOf } from '../messages/inspect-message.js';
import { Command, Event, Query, StreamQuery, type MessageKind, type MessageType } from '../messages/message.js';
import { schemaOf } from '../pipeline/validate.decorator.js';
import { Identifiers } from './identifiers.js';
import type { Survey } from './survey.js';
import type { WiringMessage } from './wiring-document.js';

const OWN: readonly MessageType[] = [Command, Query, StreamQuery, Event];

/** A message class as one kind: nothing forbids to handle one class as a command and as an event. */
interface Node {
  readonly type: MessageType;
  readonly kind: MessageKind | 'any';
}

/** The messages of a survey and their identifiers: `command:CreateUser`, with the module where two classes have one name. */
export class MessageNodes {
  private readonly nodes = new Map<MessageType, Map<WiringMessage['kind'], Node>>();
  /** Sent, but neither handled nor known to the survey. */
  private readonly unhandled = new Map<MessageType, Map<Node['kind'], Node>>();
  private readonly homes = new Map<MessageType, string>();
  private readonly ids: Identifiers<Node>;

  constructor(private readonly survey: Survey) {
    for (const { kind, types, module } of survey.handlers)
      for (const type of types) {
        this.node(type, kind);
        if (module !== undefined && !this.homes.has(type)) this.homes.set(type, module.name);
      }
    for (const { events, module } of survey.sagas)
      for (const type of events ?? []) {
        this.node(type, 'event');
        if (module !== undefined && !this.homes.has(type)) this.homes.set(type, module.name);
      }
    const others = [
      ...survey.routes.map(({ message }) => message),
      ...survey.exposures.flatMap(({ messages }) => messages),
      ...survey.queues.flatMap(({ messages }) => messages),
      ...survey.schedules.map(({ message }) => message),
    ];
    for (const type of others) if (typeof type !== 'string' && !this.nodes.has(type)) this.node(type, this.kind(type));
    const counts = new Map<string, number>();
    for (const node of this.all) counts.set(plainId(node), (counts.get(plainId(node)) ?? 0) + 1);
    this.ids = new Identifiers(node =>
      (counts.get(plainId(node)) ?? 1) === 1 || !this.homes.has(node.type)
        ? plainId(node)
        : `${plainId(node)}@${this.homes.get(node.type)!}`,
    );
  }

  /** @param kind default: the only kind of the class, or the first */
  id(type: MessageType, kind?: MessageKind): string {
    const of = this.nodes.get(type);
    const node = (kind && of?.get(kind)) ?? [...(of?.values() ?? [])][0];
    return this.ids.of(node ?? this.unhandledNode(type, this.kind(type)));
  }

  /** Also of a message that nothing handles. */
  idOfSent(type: MessageType, kind: MessageKind): string {
    return this.ids.of(this.nodeOf(type, kind));
  }

  /** Also of a message that nothing handles; the same for the same class and kind. */
  nodeOf(type: MessageType, kind: Node['kind']): Node {
    const of = this.nodes.get(type);
    return of?.get(kind) ?? of?.get('any') ?? this.unhandledNode(type, kind);
  }

  get types(): readonly MessageType[] {
    return [...this.nodes.keys()];
  }

  get all(): Node[] {
    return [...this.nodes.values()].flatMap(kinds => [...kinds.values()]);
  }

  describe(node: Node): Omit<WiringMessage, 'source'> {
    const { type, kind } = node;
    const { name, version, aliases } = messageIdentity(type);
    const schema = schemaOf(type);
    const line = lineage(type);
    return {
      id: this.ids.of(node),
      kind,
      name: nameOf(type),
      ...(isDeclaredMessage(type) && { wire: { name, version, aliases } }),
      bases: line
        .slice(1)
        .filter(base => !OWN.includes(base))
        .map(nameOf),
      ...(schema && { schema: schema['~standard'].vendor }),
      ...(line.includes(StreamQuery) && { rows: true }),
    };
  }

  private unhandledNode(type: MessageType, kind: Node['kind']): Node {
    const kinds = this.unhandled.get(type) ?? new Map<Node['kind'], Node>();
    const node = kinds.get(kind) ?? { type, kind };
    this.unhandled.set(type, kinds.set(kind, node));
    return node;
  }

  private node(type: MessageType, kind: WiringMessage['kind']): void {
    const kinds = this.nodes.get(type) ?? new Map<WiringMessage['kind'], Node>();
    if (!kinds.has(kind)) kinds.set(kind, { type, kind });
    this.nodes.set(type, kinds);
  }

  private kind(type: MessageType): WiringMessage['kind'] {
    return this.survey.kindOf(type) ?? 'any';
  }
}

const plainId = ({ kind, type }: Node): string => `${kind}:${nameOf(type)}`;
