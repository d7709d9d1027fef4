import type { FlowLog } from './flow-log.js';
import type { TimerCause } from './pending-timers.js';
import type { RecordedMessage } from './recorded.js';
import { causeText, handlerText, milliseconds, nameOf, sentText } from './words.js';

const TO_WAIT = `A flow does not wait for timers: { timers: 'wait' } does, and virtualTime() lets them fire.`;

/** Timers that have neither fired nor been cleared: `1 timer begun by the saga Reminders.delayed`. */
export function timerTexts(log: FlowLog): string[] {
  const counts = new Map<string, number>();
  for (const cause of log.timers.causes) {
    const by = beginnerOf(cause);
    counts.set(by, (counts.get(by) ?? 0) + 1);
  }
  return [...counts].map(([by, count]) => `${count} ${count === 1 ? 'timer' : 'timers'} begun by ${by}`);
}

function beginnerOf({ saga, run, recorded }: TimerCause): string {
  if (saga !== undefined) return `the saga ${saga}`;
  if (run !== undefined) return handlerText(run.handler);
  return recorded === undefined ? 'the test' : sentText(recorded);
}

/** What a flow has not waited for, for a text that misses something. */
export function comingLines(log: FlowLog): string[] {
  const timers = timerTexts(log);
  const late = log.late.map(({ message }) => nameOf(message));
  return [
    ...(late.length === 0 ? [] : [`Since the flow had settled, there came: ${late.join(', ')}. See flow.late.`]),
    ...(timers.length === 0 ? [] : [`Still pending: ${timers.join(', ')}.`, TO_WAIT]),
  ];
}

/** Why a message has come when the flow had settled, and what to do about it. */
export function lateLines(log: FlowLog, late: RecordedMessage): string[] {
  const isTimed = log.timersThen.some(timer => hasSent(timer, late));
  const from = isTimed ? 'from a timer' : 'from work that nothing awaited, or from a timer';
  const cause = causeText(late) ?? 'sent by the code that was tracked';
  return [
    `One came ${milliseconds(late.begun - log.settledAt)} after the flow had settled: ${cause}, ${from}.`,
    isTimed ? TO_WAIT : 'Await it where it begins, or say what to wait for: track(app, { until: flow => … }).',
    'It is in flow.late. flow.settled() waits again, and takes in what has come.',
  ];
}

/** A stream saga may name another event as the cause. */
const hasSent = ({ saga, run, recorded }: TimerCause, late: RecordedMessage): boolean =>
  saga === undefined ? run !== undefined && late.cause === recorded && late.by === run : late.saga === saga;
