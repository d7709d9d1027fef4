import type { Cut, Protocol } from '../../../support/cutting-proxy.js';
import { STORED, story, type CutEngine, type Told } from './story.js';

/** Stories that run side by side. */
const TOGETHER = 8;

const isLong = process.env['CQRS_COUNTS'] === '1';

/** The line is cut at the first steps of each kind: later ones are the same again. */
const OCCURRENCES = isLong ? 2 : 1;

type Way = Pick<Cut, 'side' | 'what'>;

/** In the short form without those that say least: a step that the engine has not taken, of a process that lives. */
export const WAYS: readonly Way[] = [
  ...(isLong
    ? ([
        { what: 'line', side: 'before' },
        { what: 'client', side: 'before' },
      ] as const)
    : []),
  { what: 'line', side: 'after' },
  { what: 'client', side: 'after' },
];

/**
 * Cuts the line at each step of the story, in a story of its own.
 * @param isStore whether a step of this kind stores messages
 * @returns what is wrong, a line for each cut
 */
export async function cutEverywhere(
  engine: CutEngine,
  way: Way,
  isStore: (kind: string) => boolean,
): Promise<{ wrong: string[]; cuts: number }> {
  if (!cleanRuns.has(engine.protocol)) cleanRuns.set(engine.protocol, stepsOf(engine));
  const counts = await cleanRuns.get(engine.protocol)!;
  const planned = [...counts].flatMap(([kind, count]) =>
    Array.from({ length: Math.min(count, OCCURRENCES) }, (_, i): Cut => ({ kind, occurrence: i + 1, ...way })),
  );
  const wrong: string[] = [];
  let cuts = 0;
  const work = async () => {
    for (let cut = planned.shift(); cut !== undefined; cut = planned.shift()) {
      const told = await story(engine, cut).catch((error: unknown) => String(error));
      const faults = typeof told === 'string' ? [told] : faultsOf(told, cut, engine, isStore);
      if (typeof told === 'object' && told.isCut) cuts += 1;
      if (faults.length > 0) wrong.push(`${cut.kind}, ${cut.occurrence}: ${faults.join('; ')}`);
    }
  };
  await Promise.all(Array.from({ length: TOGETHER }, work));
  return { wrong, cuts };
}

const cleanRuns = new WeakMap<Protocol, Promise<Told['counts']>>();

async function stepsOf(engine: CutEngine): Promise<Told['counts']> {
  // The first run makes tables and loads scripts.
  await story(engine);
  return (await story(engine)).counts;
}

const EMPTY = { ready: 0, delayed: 0, active: 0, dead: 0 };

function faultsOf(
  told: Told,
  { what, side, kind }: Cut,
  { lease, isKeyed }: CutEngine,
  isStore: (kind: string) => boolean,
): string[] {
  const { handled, order, duplicates, numbers, took } = told;
  // A message is handled twice where the client is gone, and where a lease has ended: the machine may be slow.
  const most = what === 'client' || took > lease ? Infinity : 1;
  const mayBeStored = what === 'client' || (side === 'after' && isStore(kind));
  return [
    ...['plain', 'failing', 'dying'].flatMap(id => {
      const times = handled[id] ?? 0;
      return times >= 1 && times <= most ? [] : [`${id} was handled ${times} times`];
    }),
    ...(isKeyed === true && order.join() !== STORED.join() ? [`the order was ${order.join()}`] : []),
    ...(duplicates.includes(true) && !mayBeStored ? ['a message was taken for a duplicate'] : []),
    ...(JSON.stringify(numbers) === JSON.stringify(EMPTY) ? [] : [`the queue has ${JSON.stringify(numbers)}`]),
  ];
}
