import { failedAssertion } from './failed-assertion.js';
import type { FlowLog, LoggedFailure, Work } from './flow-log.js';
import { timerTexts } from './still-to-come.js';
import { treeOf } from './tree.js';
import { andMore, causeText, failureText, handlerText, indented, messageText, milliseconds } from './words.js';
import { moment } from './moment.js';

/** What is told of a flow as a whole. */
export interface Reported {
  readonly log: FlowLog;
  readonly trackedAt: string | undefined;
}

/** Of works and of failures; a flow that never ends has thousands. */
const MOST_LINES = 20;
/** Of messages: what they cause without end can be seen in so many. */
const MOST_MESSAGES = 60;

/** A flow that has not settled in time: what runs, what waits, and what has happened. */
export function notSettled(
  { log, trackedAt }: Reported,
  { timeout, hasUntil, cause }: { readonly timeout: number; readonly hasUntil: boolean; readonly cause?: unknown },
): Error {
  const at = trackedAt === undefined ? '' : `, tracked at ${trackedAt}`;
  const works = worksOf(log);
  const until = hasUntil && works.length === 0 ? ['waiting  until() has not been true'] : [];
  const lines = [
    `Not settled after ${milliseconds(timeout)}: ${log.root}${at}.`,
    ...indented([...works, ...until, ...timersOf(log)]),
    ...(log.messages.length === 0 ? [] : ['So far:', ...indented(treeOf(log.messages, MOST_MESSAGES).split('\n'))]),
    'Give it longer with { timeout }, or end what runs.',
  ];
  return failedAssertion(lines, { cause });
}

/** Failures that the flow has caused, and no code has been told. */
export function notHandled(
  { log, trackedAt }: Reported,
  duration: number,
  remedy = "Where the test is about this: track(app, { failures: 'collect' }), then flow.failures.",
): Error {
  const failures = log.unhandled;
  const lines = [
    `The flow settled after ${milliseconds(duration)}, but these failures were not handled:`,
    ...failures
      .slice(0, MOST_LINES)
      .flatMap(failure => indented([placeOfFailure(failure), ...indented(causesOf(failure, trackedAt))])),
    ...indented(andMore(failures.length - MOST_LINES, 'failure')),
    remedy,
  ];
  return failedAssertion(lines, {
    actual: failures.map(({ error }) => error),
    expected: [],
    cause: failures[0]?.error,
  });
}

function placeOfFailure({ recorded, handler, error }: LoggedFailure): string {
  const message = recorded === undefined ? 'a message' : messageText(recorded);
  const by = recorded?.saga !== undefined && recorded.kind === 'command' ? ` of the saga ${recorded.saga}` : '';
  const isOwn = by !== '' && handler?.name === recorded?.saga;
  const runs = isOwn ? recorded?.handlers.at(-1)?.handler : handler;
  return `${message}${by}${runs === undefined ? '' : ` → ${handlerText(runs)}`}: ${failureText(error)}`;
}

function causesOf({ recorded }: LoggedFailure, trackedAt: string | undefined): string[] {
  const line = recorded && causeText(recorded);
  if (line === undefined) return trackedAt === undefined ? [] : [`tracked at ${trackedAt}`];
  const isFirst = recorded?.cause?.cause === undefined;
  return [isFirst && trackedAt !== undefined ? `${line}, tracked at ${trackedAt}` : line];
}

/** The innermost alone: a dispatch whose handler runs says nothing more. */
function worksOf(log: FlowLog): string[] {
  const works = [...log.works];
  const inner = new Map<Work['recorded'], Set<Work['what']>>();
  for (const { recorded, what } of works) inner.set(recorded, (inner.get(recorded) ?? new Set()).add(what));
  const told = works.flatMap(
    work => lineOf(work, searched => searched.some(what => inner.get(work.recorded)!.has(what))) ?? [],
  );
  return told.length > 0
    ? [...told.slice(0, MOST_LINES), ...andMore(told.length - MOST_LINES, 'message')]
    : works.map(work => `running  what was given to run(), for ${since(work)}`);
}

function lineOf(work: Work, has: (inner: readonly Work['what'][]) => boolean): string | undefined {
  const { what, recorded, handler, run } = work;
  if (recorded === undefined) return undefined;
  const text = messageText(recorded);
  const saga = recorded.saga === undefined ? '' : ` of the saga ${recorded.saga}`;
  const time = since(work);
  switch (what) {
    case 'handler': {
      const attempt = run!.attempt > 1 ? `, attempt ${run!.attempt}` : '';
      return `running  ${text}${saga} → ${handlerText(handler!)}, for ${time}${attempt}`;
    }
    case 'saga':
      return `running  saga ${handlerText(handler!)} on ${text}, for ${time}`;
    case 'rows':
      return has(['handler']) ? undefined : `running  rows of ${text}, for ${time}`;
    case 'prepare':
      return `running  ${text}: the instance of ${handlerText(handler!)} is made, for ${time}`;
    case 'dispatch':
      return has(['handler']) ? undefined : `running  ${text}${saga} in its middleware, for ${time}`;
    case 'emission':
      return has(['dispatch', 'handler'])
        ? undefined
        : `waiting  ${text}${saga}, for ${time}: behind sagas.concurrency`;
    case 'publish':
      return has(['dispatch', 'handler', 'prepare']) ? undefined : `waiting  ${text} for its turn, for ${time}`;
    default:
      return undefined;
  }
}

const since = ({ begun }: Work): string => milliseconds(moment() - begun);

const timersOf = (log: FlowLog): string[] => timerTexts(log).map(text => `pending  ${text} (not waited for as such)`);
