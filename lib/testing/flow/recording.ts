import type { MessageType } from '../../extension.js';
import { difference, otherFields } from './difference.js';
import { failedAssertion } from './failed-assertion.js';
import type { FlowLog } from './flow-log.js';
import type { KnownFlows } from './known-flows.js';
import type { Recorded, RecordedMessage } from './recorded.js';
import { comingLines, lateLines } from './still-to-come.js';
import { causeText, indented, nameOf, times } from './words.js';

/** Messages of a flow, in the order in which they were sent. Subclasses count as their class. */
export interface Recording extends ReadonlyArray<Recorded> {
  /** The messages alone. */
  readonly messages: readonly object[];
  /** Names of the handlers that ran, one for each attempt: `ShipHandler`, or `Orders.ship` of a method. */
  readonly handledBy: readonly string[];
  /** Those of one class. */
  of<T extends object>(type: MessageType<T>): readonly Recorded<T>[];
  /**
   * The one message of its class.
   * @param expected fields that it must have, or a message that it must equal; matchers of Jest and Vitest may stand
   *   within
   * @throws AssertionError if there are none or several, or if a field differs
   */
  only<T extends object>(type: MessageType<T>, expected?: Partial<T>): T;
  /** @throws AssertionError if there is one of the class */
  none(type: MessageType): void;
  /**
   * Messages of these classes came in this order; others may stand between.
   * @throws AssertionError
   */
  inOrder(...types: MessageType[]): void;
}

export type RecordingName = 'executed' | 'asked' | 'published' | 'emitted' | 'late';

/** What a recording tells of when something is not in it. */
export interface RecordingOf {
  readonly name: RecordingName;
  readonly log: FlowLog;
  readonly known: KnownFlows;
  readonly trackedAt: string | undefined;
}

const VERBS: Readonly<Record<RecordingName, string>> = {
  executed: 'executed',
  asked: 'asked',
  published: 'published',
  emitted: 'emitted by a saga',
  late: 'late',
};

/** Each with the others' names, for what is not there. */
const SHOWN: Readonly<Record<Exclude<RecordingName, 'late' | 'emitted'>, string>> = {
  executed: 'Executed',
  asked: 'Asked',
  published: 'Published',
};

export class RecordedList extends Array<Recorded> implements Recording {
  readonly #of: RecordingOf;

  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  constructor(messages: readonly RecordedMessage[], of: RecordingOf) {
    super();
    this.push(...messages);
    this.#of = of;
  }

  get messages(): readonly object[] {
    return this.map(({ message }) => message);
  }

  get handledBy(): readonly string[] {
    return this.flatMap(({ handlers }) => handlers.map(({ handler }) => handler.name));
  }

  of<T extends object>(type: MessageType<T>): readonly Recorded<T>[] {
    return this.filter(({ message }) => isOf(type, message)) as Recorded<T>[];
  }

  only<T extends object>(type: MessageType<T>, expected?: Partial<T>): T {
    const found = this.of(type);
    const [one] = found;
    if (one === undefined)
      throw failedAssertion(this.missing(type), { actual: this.names, expected: [type.name] }, this.only);
    if (found.length > 1) throw failedAssertion(this.several(type, found), compared(found, type, 1), this.only);
    if (expected === undefined) return one.message;
    const others = otherFields(expected, one.message);
    if (others.length === 0) return one.message;
    const lines = [
      `${type.name} was ${this.verb} once, with another ${others.join(', ')}:`,
      ...indented(difference(expected, one.message)),
      ...this.causes(one),
    ];
    throw failedAssertion(lines, { actual: one.message, expected }, this.only);
  }

  none(type: MessageType): void {
    const found = this.of(type);
    if (found.length === 0) return;
    const lines = [`${type.name} was ${this.verb}, and should not have been:`, ...this.each(found)];
    throw failedAssertion(lines, compared(found, type, 0), this.none);
  }

  inOrder(...types: MessageType[]): void {
    let next = 0;
    for (const { message } of this) if (next < types.length && isOf(types[next]!, message)) next += 1;
    if (next === types.length) return;
    const before = types[next - 1];
    const where = before === undefined ? '' : ` after ${before.name}`;
    const lines = [
      `${types[next]!.name} was not ${this.verb}${where}.`,
      `  Expected, in order: ${types.map(({ name }) => name).join(', ')}`,
      ...indented([...this.toCome(types[next]!), ...this.present()]),
    ];
    const actual = this.filter(({ message }) => types.some(type => isOf(type, message)));
    throw failedAssertion(lines, { actual: namesOf(actual), expected: types.map(({ name }) => name) }, this.inOrder);
  }

  private get verb(): string {
    return VERBS[this.#of.name];
  }

  private get names(): string[] {
    return namesOf(this);
  }

  private missing(type: MessageType): string[] {
    return [
      `Nothing of type ${type.name} was ${this.verb}.`,
      ...indented([...this.toCome(type), ...this.present(), ...this.elsewhere(type)]),
    ];
  }

  private several(type: MessageType, found: readonly Recorded[]): string[] {
    return [`${type.name} was ${this.verb} ${times(found.length)}, not once:`, ...this.each(found)];
  }

  private each(found: readonly Recorded[]): string[] {
    return found.flatMap((one, i) => [`  ${i + 1}. ${nameOf(one.message)}`, ...indented(this.causes(one))]);
  }

  private causes(one: Recorded): string[] {
    return indented([causeText(one, this.#of.trackedAt)].filter(line => line !== undefined));
  }

  /** What the flow has done instead. */
  private present(): string[] {
    const { log } = this.#of;
    const lines = (['executed', 'asked', 'published'] as const).flatMap(name => {
      const all = log.messages.filter(one => isIn(name, one));
      return all.length === 0 ? [] : [`${SHOWN[name]} in this flow, in order: ${namesOf(all).join(', ')}`];
    });
    return lines.length === 0 ? ['The flow has sent no message.'] : lines;
  }

  /** It has come late, or may still come. */
  private toCome(type: MessageType): string[] {
    const { log } = this.#of;
    const late = log.late.find(({ message }) => isOf(type, message));
    return late === undefined ? comingLines(log) : lateLines(log, late);
  }

  /** A message of the class that passed, but not in this flow. */
  private elsewhere(type: MessageType): string[] {
    const { log, known } = this.#of;
    if (log.late.some(({ message }) => isOf(type, message))) return [];
    const other = known.recent.findLast(({ message, flow }) => flow !== log && isOf(type, message));
    if (other === undefined) return [];
    const root = other.root === undefined ? '' : ` (${other.root}, no common cause)`;
    const verb = { command: 'executed', query: 'asked', event: 'published' }[other.kind];
    return [
      `Another ${type.name} was ${verb} at ${other.time} in another flow${root}:`,
      'was it sent by a timer or a job that track() did not start?',
    ];
  }
}

/** Which messages a recording has. */
export const isIn = (name: RecordingName, { kind, isDispatched, saga }: RecordedMessage): boolean => {
  if (name === 'emitted') return saga !== undefined;
  if (name === 'late') return true;
  return isDispatched && kind === { executed: 'command', asked: 'query', published: 'event' }[name];
};

const isOf = (type: MessageType, message: object): boolean => message instanceof (type as new () => object);

const namesOf = (all: readonly Recorded[]): string[] => all.map(({ message }) => nameOf(message));

const compared = (found: readonly Recorded[], type: MessageType, count: number) => ({
  actual: namesOf(found),
  expected: Array.from({ length: count }, () => type.name),
});
