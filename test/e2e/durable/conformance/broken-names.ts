import type { DurableTransport, Job } from 'nestjs-cqrs/extension';
import { changed, deliveries, jobs, queues, tellsNew, transports, type Breakage, type Broken } from './breakages.js';
import { memoryAdapter } from './memory-adapter.js';

const cut = (text: string, length: number): string => text.slice(0, length);

const named = (change: (name: string) => string): Breakage => queues(queue => ({ ...queue, name: change(queue.name) }));

const toldNames = (change: (name: string) => string): Breakage => deliveries(({ queue }) => ({ queue: change(queue) }));

const toldIds = (change: (id: string) => string): Breakage => deliveries(({ id }) => ({ id: change(id) }));

interface Texts {
  readonly text: string;
}

const texts = (change: (text: string) => unknown): Breakage =>
  jobs(job => {
    const envelope = job.data.envelope as Texts;
    return { ...job, data: { ...job.data, envelope: { ...envelope, text: change(envelope.text) } } };
  });

/** Names, ids and payloads are written as if they were of the usual kind: how, and the case that tells. */
export const BROKEN_NAMES: readonly Broken[] = [
  ['colons in names become underscores', named(name => name.replaceAll(':', '_')), /^names of queues/],
  ['hyphens in names become underscores', named(name => name.replaceAll('-', '_')), /^names of queues/],
  ['names lose their case', named(name => name.toLowerCase()), /^names of queues/],
  ['dots in names become slashes', toldNames(name => name.replaceAll('.', '/')), /^names of queues/],
  ['names lose what is not ASCII', toldNames(name => name.replaceAll(/[^ -~]/g, '?')), /^names of queues/],
  ['names begin with a letter', toldNames(name => name.replace(/^\d/, '_$&')), /^names of queues/],
  ['quotes in names are doubled', toldNames(name => name.replaceAll("'", "''")), /^names of queues/],
  ['long names are cut', toldNames(name => cut(name, 180)), /^names of queues/],
  ['ids lose their case', encodedIds(id => id.toLowerCase()), /^ids of jobs/],
  [
    'ids that look like a UUID lose their case',
    encodedIds(id => (/^[\da-f-]{36}$/i.test(id) ? id.toLowerCase() : id)),
    /^ids of jobs/,
  ],
  ['colons in ids become hyphens', encodedIds(id => id.replaceAll(':', '-')), /^ids of jobs/],
  ['the end of long ids is cut', encodedIds(id => cut(id, 254)), /^ids of jobs/],
  ['zero is no id', toldIds(id => (id === '0' ? '' : id)), /^ids of jobs/],
  ['ids lose their sign', toldIds(id => id.replace(/^-/, '')), /^ids of jobs/],
  ['ids lose what is not ASCII', toldIds(id => id.replaceAll(/[^ -~]/g, '?')), /^ids of jobs/],
  ['ids lose spaces at their ends', toldIds(id => id.trim()), /^ids of jobs/],
  ['ids are forgotten', forgetsIdsAtTheEnd, /^ids of jobs/],
  ['a duplicate that comes alone is told to be new', transports(tellsNew(1)), /^ids of jobs/],
  ['zeros are lost', texts(text => text.replaceAll('\0', '')), /^odd text arrives/],
  ['halves of characters are replaced', texts(text => text.replaceAll('\ud800', '?')), /^odd text arrives/],
  ['backslashes are lost', texts(text => text.replaceAll('\\', '')), /^odd text arrives/],
  ['dollars are filled in', texts(text => text.replace('$1', '')), /^odd text arrives/],
  ['characters of four bytes are replaced', texts(text => text.replaceAll('\u{10ffff}', '?')), /^odd text arrives/],
  ['text that looks like JSON is read', texts(text => (text === '{"a":1}' ? { a: 1 } : text)), /^odd text arrives/],
  ['no text is nothing', texts(text => text || null), /^odd text arrives/],
  ['odd names of fields are lost', jobs(withoutOddFields), /^odd text arrives/],
  [
    'long payloads are cut',
    jobs(job => {
      const { envelope } = job.data;
      return { ...job, data: { ...job.data, envelope: typeof envelope === 'string' ? cut(envelope, 1000) : envelope } };
    }),
    /^a large payload/,
  ],
];

/** Jobs whose ids are the same then are one. */
function encodedIds(change: (id: string) => string): Breakage {
  return () => {
    const decoded = new Map<string, string>();
    return memoryAdapter(transport =>
      changed(transport, {
        store: async all => {
          for (const { id } of all) if (!decoded.has(change(id))) decoded.set(change(id), id);
          const stored = await transport.store(all.map(job => ({ ...job, id: change(job.id) })));
          return stored.map((answer, i) => ({ ...answer, id: all[i]!.id }));
        },
        work: (queue, run) => transport.work(queue, delivery => run({ ...delivery, id: decoded.get(delivery.id)! })),
      }),
    );
  };
}

function forgetsIdsAtTheEnd() {
  return memoryAdapter((transport: DurableTransport) => {
    let stores = 0;
    return changed(transport, {
      store: async all => {
        const stored = await transport.store(all);
        return stores++ === 0 ? stored : stored.map(({ id }) => ({ id, isDuplicate: false }));
      },
    });
  });
}

function withoutOddFields(job: Job): Job {
  const envelope = Object.entries(job.data.envelope as object).filter(([name]) => /^\w+$/.test(name));
  return { ...job, data: { ...job.data, envelope: Object.fromEntries(envelope) } };
}
