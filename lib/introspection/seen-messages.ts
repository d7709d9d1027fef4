import { nameOf } from '../messages/inspect-message.js';
import { MESSAGE_KINDS, type MessageKind, type MessageType } from '../messages/message.js';
import type { SurveyNames } from './document-of.js';
import { linksTo, timesOf } from './observed.js';
import { placeText, type SourceOf } from './source-locations.js';
import type { Survey } from './survey.js';
import type { WiringLink, WiringObserved } from './wiring-document.js';

/** What was seen, and where texts say it was. */
export interface Seen {
  readonly data: WiringObserved;
  readonly place: string | undefined;
}

/** Kind and name of an id of the document: `event:OrderPlaced`, `event:OrderPlaced@OrderModule`, `event:OrderPlaced#2`. */
export function partsOfId(id: string): { readonly kind: MessageKind; readonly name: string } {
  const [kind = '', name = ''] = id.split(/[:@#]/);
  return { kind: kind as MessageKind, name };
}

/** What was seen of messages, those too that are not in the wiring: only their name and their kind are known. */
export class SeenMessages {
  constructor(
    private readonly survey: Survey,
    private readonly names: SurveyNames,
    private readonly sourceOf: SourceOf,
    private readonly seen: Seen,
  ) {}

  /** Ids of messages that were sent, and are not in the wiring. */
  named(name: string): string[] {
    return this.unhandled.filter(id => id === name || partsOfId(id).name === name);
  }

  /** The only kind that a class was sent as. */
  kindOf(type: MessageType): MessageKind | undefined {
    const kinds = MESSAGE_KINDS.filter(kind => linksTo(this.seen.data, `${kind}:${nameOf(type)}`).length > 0);
    return kinds.length === 1 ? kinds[0] : undefined;
  }

  /** Who sent a message, the most frequent first: a text for each. */
  sendersOf(id: string): string[] {
    const { data, place } = this.seen;
    const links = linksTo(data, id);
    if (links.length === 0) return [`never seen${place === undefined ? '' : ` in ${place}`}, since ${data.since}`];
    return links.map(link => this.textOf(link));
  }

  private get unhandled(): string[] {
    const { messages } = this.names;
    const known = new Set(messages.all.map(node => messages.describe(node).id));
    return [...new Set(this.seen.data.links.map(({ to }) => to))].filter(id => !known.has(id));
  }

  private textOf({ from, count }: WiringLink): string {
    return `${from}, ${timesOf(count)}${this.placeOf(from)}`;
  }

  private placeOf(id: string): string {
    const handler = this.survey.handlers.find(each => this.names.handler(each) === id);
    if (handler !== undefined)
      return placeText(this.sourceOf(handler.type, handler.form === 'method' ? handler.method : undefined));
    const saga = this.survey.sagas.find(each => this.names.saga(each) === id);
    return saga === undefined ? '' : placeText(this.sourceOf(saga.type, saga.name.split('.').at(-1)));
  }
}
