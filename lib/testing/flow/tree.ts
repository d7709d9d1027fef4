import type { Failure, RecordedMessage, RecordedRun } from './recorded.js';
import { andMore, errorText, messageText, milliseconds } from './words.js';

interface Line {
  readonly text: string;
  readonly duration: string;
  readonly remark: string;
}

/** What a line of the tree is about, and what is below it. */
interface Branch {
  readonly text: string;
  readonly duration: string;
  readonly remark: string;
  readonly below: readonly Branch[];
}

/** Messages that cause each other without end would fill more than a reader sees, and nest deeper than the stack. */
const MOST_MESSAGES = 500;

/** The messages of a flow, each below what has caused it, as lines of text. */
export function treeOf(all: readonly RecordedMessage[], most = MOST_MESSAGES): string {
  const messages = all.slice(0, most);
  const left = all.length - messages.length;
  const roots = messages.filter(({ cause }) => cause === undefined || !messages.includes(cause));
  const lines = roots.flatMap(root => linesOf(branchOf(root, messages), '', ''));
  const [width, digits] = [widest(lines, 'text'), widest(lines, 'duration')];
  const texts = lines.map(({ text, duration, remark }) =>
    `${text.padEnd(width)}  ${duration.padStart(digits)}${remark && `  ${remark}`}`.trimEnd(),
  );
  return [...texts, ...andMore(left, 'message')].join('\n');
}

function branchOf(recorded: RecordedMessage, messages: readonly RecordedMessage[]): Branch {
  const below = messages.filter(({ cause }) => cause === recorded);
  const branches = (all: readonly RecordedMessage[]) => all.map(one => branchOf(one, messages));
  const groups = runsByHandler(recorded.handlers);
  const saga = recorded.saga === undefined ? '' : `saga ${recorded.saga}: `;
  const text = `${saga}${messageText(recorded)}`;
  const duration = lastingText(recorded.duration, recorded.isDispatched ? 'running' : 'waiting');
  if (groups.length === 1) {
    const [runs] = groups as [RecordedRun[]];
    const remark = remarksOf(runs, recorded.kind === 'event' ? undefined : recorded.failure);
    return { text: `${text} → ${runs[0]!.handler.name}`, duration, remark, below: branches(below) };
  }
  const ofHandlers = groups.map(runs => ({
    text: runs[0]!.handler.name,
    duration: lastingText(durationOf(runs)),
    remark: remarksOf(runs),
    below: branches(below.filter(({ by }) => by !== undefined && runs.includes(by))),
  }));
  const others = below.filter(({ by }) => by === undefined || !recorded.handlers.includes(by));
  const remark = groups.length > 0 ? failedText(recorded.failure) : aloneText(recorded);
  return { text, duration, remark, below: [...ofHandlers, ...branches(others)] };
}

function linesOf(branch: Branch, first: string, rest: string): Line[] {
  const { text, duration, remark, below } = branch;
  const own = { text: first + text, duration, remark };
  return [
    own,
    ...below.flatMap((one, i) =>
      i === below.length - 1 ? linesOf(one, `${rest}└─ `, `${rest}   `) : linesOf(one, `${rest}├─ `, `${rest}│  `),
    ),
  ];
}

const lastingText = (duration: number | undefined, otherwise = 'running'): string =>
  duration === undefined ? otherwise : milliseconds(duration);

/** Attempts of one handler, together. */
function runsByHandler(runs: readonly RecordedRun[]): RecordedRun[][] {
  const groups = new Map<string, RecordedRun[]>();
  for (const run of runs) groups.set(run.handler.name, [...(groups.get(run.handler.name) ?? []), run]);
  return [...groups.values()];
}

const durationOf = (runs: readonly RecordedRun[]): number | undefined =>
  runs.some(({ duration }) => duration === undefined)
    ? undefined
    : runs.reduce((sum, { duration }) => sum + duration!, 0);

/** @param failure of the dispatch, where it is not that of the last run */
function remarksOf(runs: readonly RecordedRun[], failure?: Failure): string {
  const last = runs.at(-1)!;
  const attempts = runs.length > 1 ? `${runs.length} attempts` : '';
  const stubbed = last.isStubbed ? 'stubbed' : '';
  return [attempts, stubbed, failedText(failure ?? last.failure)].filter(Boolean).join('  ');
}

const failedText = (failure: Failure | undefined): string => (failure ? `failed: ${errorText(failure.error)}` : '');

function aloneText({ kind, publisher, failure }: RecordedMessage): string {
  if (failure !== undefined) return failedText(failure);
  if (publisher !== undefined) return publisher === 'Object' ? 'to a publisher' : `to ${publisher}`;
  return kind === 'event' ? 'no handler' : '';
}

const widest = (lines: readonly Line[], part: 'text' | 'duration'): number =>
  Math.max(0, ...lines.map(line => line[part].length));
