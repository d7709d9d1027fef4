import { inspect } from 'node:util';
import type { TrackedFlow } from '../flow/flow.js';
import type { Recorded, RecordedMessage } from '../flow/recorded.js';
import { indented, nameOf } from '../flow/words.js';

/** Something that a saga was given: an event, or time. */
export interface SagaStep {
  readonly word: 'given' | 'when';
  /** As texts show it: `OrderPaid { orderId: 'o1' }`, `23h`. */
  readonly text: string;
  /** Of an event. */
  readonly flow?: TrackedFlow<unknown>;
}

/** What a saga was given, and what came of it. */
export interface SagaHistory {
  /** As flows name the saga. */
  readonly name: string;
  /** Names of the classes that it is called with; undefined: it gets the stream of all events. */
  readonly wants: readonly string[] | undefined;
  readonly steps: readonly SagaStep[];
  /** Sent before `when`. */
  readonly before: readonly Recorded[];
  /** Sent since. */
  readonly sent: readonly Recorded[];
  /** Timers of the saga that have not fired: the milliseconds of virtual time until then, undefined for real ones. */
  readonly timers: readonly (number | undefined)[];
}

export const shownMessage = (message: object): string =>
  inspect(message, { depth: 3, breakLength: Infinity, maxStringLength: 100, maxArrayLength: 10 });

/** For a test that fails: each event, whether the saga got it, what it sent; and what is still pending. */
export function historyLines(history: SagaHistory): string[] {
  const { steps, sent, before } = history;
  return [
    'What the saga was given:',
    ...indented(steps.map(step => `${step.word.padEnd(5)}  ${step.text}${remarkOn(step, history)}`)),
    ...pendingLines(history),
    ...(sent.length === 0 && before.length > 0 ? ['Only what is sent since when() counts.'] : []),
    ...(sent.length === 0 && before.length === 0 ? hintLines(history) : []),
  ];
}

const names = (all: readonly Recorded[]): string => all.map(({ message }) => nameOf(message)).join(', ');

function remarkOn({ flow }: SagaStep, history: SagaHistory): string {
  if (flow === undefined) return '';
  const { name, wants, before } = history;
  const [event] = flow.published as unknown as readonly RecordedMessage[];
  const commands = flow.emitted.filter(({ saga }) => saga === name);
  const early = commands.filter(one => before.includes(one));
  const late = commands.filter(one => !before.includes(one));
  const sent = [
    ...(early.length > 0 ? [`sent ${names(early)} before when()`] : []),
    ...(late.length > 0 ? [`sent ${names(late)}`] : []),
  ];
  if (sent.length > 0) return `: the saga ${sent.join(', and ')}`;
  if (flow.failures.length > 0) return ': the saga failed';
  if (wants !== undefined && event?.takenBy.has(name) !== true)
    return `: not given to the saga, which is for ${wants.join(', ') || 'no event'}`;
  return wants === undefined
    ? ': the saga got it in its stream, and sent nothing'
    : ': the saga was called, and sent nothing';
}

function pendingLines({ timers }: SagaHistory): string[] {
  const [first, ...more] = timers.toSorted((one = 0, other = 0) => one - other);
  if (timers.length === 0) return [];
  const count =
    more.length === 0 ? '1 timer of the saga, which' : `${timers.length} timers of the saga, of which the next`;
  return [
    first === undefined
      ? `Still pending: ${count} fires in real time. To let it fire: given(…), then whenTimePasses('24h') in place of when(…).`
      : `Still pending: ${count} fires ${spanText(first)} later.`,
  ];
}

function hintLines({ wants, steps, timers }: SagaHistory): string[] {
  if (wants !== undefined || timers.length > 0 || !steps.some(({ flow }) => flow !== undefined)) return [];
  return ['Does its ofType() or filter() let the event pass, and does it return the stream of commands?'];
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** `1h`, `23h 30m`, `250 ms`. */
function spanText(milliseconds: number): string {
  let left = Math.round(milliseconds);
  const parts = UNITS.flatMap(([unit, size]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return count === 0 ? [] : `${count}${unit}`;
  });
  return [...parts, ...(left > 0 || parts.length === 0 ? [`${left}ms`] : [])].join(' ');
}
