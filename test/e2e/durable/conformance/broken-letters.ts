import type { DeadLetter, DeadLetterStore, DurableTransport } from 'nestjs-cqrs/extension';
import type { DurableConformanceAdapter } from 'nestjs-cqrs/testing';
import { changed, deadLetters, deliveries, finding, letterOf, letters, lists, runs, type Broken } from './breakages.js';
import { memoryAdapter } from './memory-adapter.js';

const FUTURE = new Date(4e12);

/** What is dead is kept badly: how, and the case that tells. */
export const BROKEN_LETTERS: readonly Broken[] = [
  ['the dead have no attempts', letters(letter => ({ ...letter, attempts: 0 })), /^a dead letter has/],
  ['the dead have no time', letters(letter => ({ ...letter, diedAt: undefined as never })), /^a dead letter has/],
  ['the dead died before they were stored', letters(letter => ({ ...letter, diedAt: new Date(0) })), /^a dead letter/],
  ['the dead will die', letters(letter => ({ ...letter, diedAt: FUTURE })), /^a dead letter has/],
  ['letters are found in each queue', findsInEachQueue, /^get finds only/],
  [
    'what is done is found',
    finding((id, { done }) => done.has(id)),
    /^get finds only/,
    /^a job that succeeds/,
    /^redrive runs/,
  ],
  ['letters have another id', letters(letter => ({ ...letter, id: 'another' })), /^get finds only/, /^redrive runs/],
  ['what is not there is found', finding((id, { stored }) => !stored.has(id)), /^get finds only/, /^redrive runs/],
  [
    'there is one page',
    deadLetters(store => ({ list: (queue, { limit }) => store.list(queue, { limit }) })),
    /^list pages/,
  ],
  [
    'pages have three letters at most',
    deadLetters(store => ({
      list: (queue, { limit, after }) => store.list(queue, { limit: Math.min(limit, 3), after }),
    })),
    /^list pages/,
  ],
  [
    'large pages have two letters',
    deadLetters(store => ({
      list: (queue, { limit, after }) => store.list(queue, { limit: limit > 50 ? 2 : limit, after }),
    })),
    /^list pages/,
  ],
  ['a queue without letters has no list', deadLetters(noEmptyList), /^list pages/],
  ['letters of other queues are listed', listsEachQueue, /^list pages/, /^failures in one queue/],
  [
    'redrive does nothing',
    deadLetters(store => ({ redrive: async (queue, id) => (await store.get(queue, id)) !== undefined })),
    /^redrive runs/,
  ],
  ['a redriven job has another attempt', deliveries(() => ({ attempts: 3 })), /^redrive runs/],
  ['a redriven job has lost its data', runs(losesData), /^redrive runs/],
  ['what is gone is still found', deadLetters(remembers), /^redrive runs/, /^discard removes/],
  ['what was redriven is never dead again', deadLetters(forgetsRedriven), /^a redriven job can die again/],
  ['a redriven job has the letter of its first death', deadLetters(keepsFirst), /^a redriven job can die again/],
  ['a redriven job is handled twice', runs(handlesSecondTwice), /^a redriven job can die again/],
  [
    'attempts go on after redrive',
    lists(all => all.map(letter => ({ ...letter, attempts: letter.attempts + 1 }))),
    /^a redriven job can die again/,
  ],
  ['a letter is there twice', lists(all => [...all, ...all]), /^a redriven job can die again/],
  ['discard is redrive', deadLetters(store => ({ discard: store.redrive })), /^discard removes/],
  [
    'discard says that there was one',
    deadLetters(store => ({
      discard: async (queue, id) => {
        await store.discard(queue, id);
        return true;
      },
    })),
    /^discard removes/,
  ],
  ['what is discarded is still listed', deadLetters(listsDiscarded), /^discard removes/],
  [
    'a job that was taken from its worker is dead',
    deadLetters(() => ({ get: async (queue, id) => letterOf(queue, id) })),
    /^close aborts/,
  ],
  ['the dead have no reason', letters(letter => ({ ...letter, reason: undefined })), /^a job that outlives/],
];

/** @param change told the names of the queues that were opened */
function inAllQueues(change: (names: readonly string[], transport: DurableTransport) => Partial<DeadLetterStore>) {
  const names: string[] = [];
  return memoryAdapter(transport =>
    changed(transport, {
      open: async all => void names.push(...all.map(({ name }) => name)),
      deadLetters: { ...transport.deadLetters, ...change(names, transport) },
    }),
  );
}

function findsInEachQueue(): DurableConformanceAdapter {
  return inAllQueues((names, { deadLetters: store }) => ({
    async get(_queue, id) {
      const found = await Promise.all(names.map(name => store.get(name, id)));
      return found.find(letter => letter !== undefined);
    },
  }));
}

function listsEachQueue(): DurableConformanceAdapter {
  return inAllQueues((names, { deadLetters: store }) => ({
    async list(_queue, page) {
      const found = await Promise.all(names.map(name => store.list(name, page)));
      return found.flat();
    },
  }));
}

function noEmptyList(store: DeadLetterStore): Partial<DeadLetterStore> {
  return {
    async list(queue, page) {
      const found = await store.list(queue, page);
      return found.length === 0 && page.after === undefined ? (undefined as never) : found;
    },
  };
}

function forgetsRedriven(store: DeadLetterStore): Partial<DeadLetterStore> {
  const redriven = new Set<string>();
  return {
    get: (queue, id) => (redriven.has(id) ? Promise.resolve(undefined) : store.get(queue, id)),
    redrive: (queue, id) => {
      redriven.add(id);
      return store.redrive(queue, id);
    },
  };
}

function remembers(store: DeadLetterStore): Partial<DeadLetterStore> {
  const seen = new Map<string, DeadLetter>();
  return {
    async get(queue, id) {
      const letter = (await store.get(queue, id)) ?? seen.get(id);
      if (letter !== undefined) seen.set(id, letter);
      return letter;
    },
  };
}

function keepsFirst(store: DeadLetterStore): Partial<DeadLetterStore> {
  const first = new Map<string, DeadLetter>();
  return {
    async get(queue, id) {
      const letter = first.get(id) ?? (await store.get(queue, id));
      if (letter !== undefined) first.set(id, letter);
      return letter;
    },
  };
}

function listsDiscarded(store: DeadLetterStore): Partial<DeadLetterStore> {
  const discarded: DeadLetter[] = [];
  return {
    async discard(queue, id) {
      const letter = await store.get(queue, id);
      if (letter !== undefined) discarded.push(letter);
      return store.discard(queue, id);
    },
    list: async (queue, page) => [...(await store.list(queue, page)), ...discarded],
  };
}

function handlesSecondTwice(run: Parameters<DurableTransport['work']>[1]): Parameters<DurableTransport['work']>[1] {
  let count = 0;
  return async delivery => {
    const outcome = await run(delivery);
    if (++count === 2) await run(delivery);
    return outcome;
  };
}

function losesData(run: Parameters<DurableTransport['work']>[1]): Parameters<DurableTransport['work']>[1] {
  let count = 0;
  return delivery => run(++count === 3 ? { ...delivery, data: {} } : delivery);
}
