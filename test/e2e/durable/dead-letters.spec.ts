import {
  Command,
  CommandHandler,
  CqrsModule,
  DeadLetters,
  Durable,
  Message,
  MessageContext,
  Queues,
  delivery,
} from '../../../lib/index.js';
import { MemoryTransport } from '../../../lib/testing/index.js';
import { start } from '../../support/application.js';
import { quietLog } from '../../support/quiet-log.js';

@Durable({ retry: { limit: 0 } })
@Message({ name: 'dead.work' })
class Work extends Command {
  constructor(readonly n: number) {
    super();
  }
}

const attempts: string[] = [];
let isBroken = true;

class Worker {
  @CommandHandler(Work)
  work({ n }: Work, context: MessageContext): void {
    attempts.push(`${n} ${context.header(delivery)!.attempt}`);
    if (isBroken) throw new Error(`broken ${n}`);
  }
}

async function withDead(count: number) {
  quietLog();
  const transport = new MemoryTransport();
  const application = await start({ imports: [CqrsModule.forRoot({ durable: { transport } })], providers: [Worker] });
  for (let n = 0; n < count; n++) {
    await application.commands.enqueue(new Work(n), { messageId: `m-${n}` });
    await transport.clock.advance(1);
  }
  attempts.length = 0;
  return { ...application, transport, letters: application.app.get(DeadLetters), queues: application.app.get(Queues) };
}

beforeEach(() => {
  attempts.length = 0;
  isBroken = true;
});

describe('DeadLetters', () => {
  it('lists what has failed, oldest first, with envelope, reason and attempts', async () => {
    const { letters } = await withDead(3);
    const [first, ...others] = await letters.list({ queue: 'dead.work' });
    expect(first).toEqual({
      id: 'm-0',
      queue: 'dead.work',
      attempts: 1,
      reason: { name: 'Error', message: 'broken 0' },
      diedAt: expect.any(Date),
      envelope: expect.objectContaining({ meta: expect.objectContaining({ name: 'dead.work', id: 'm-0' }) }),
      message: new Work(0),
    });
    expect(others.map(({ id }) => id)).toEqual(['m-1', 'm-2']);
  });

  it('keep their ids: another message of the same id is a duplicate', async () => {
    const { commands, transport, letters } = await withDead(1);
    expect(await commands.enqueue(new Work(0), { messageId: 'm-0' })).toMatchObject({ isDuplicate: true });
    await transport.settled();
    expect(attempts).toEqual([]);
    expect(await letters.list()).toHaveLength(1);
  });

  it('lists page by page', async () => {
    const { letters } = await withDead(5);
    const ids: string[] = [];
    for (let after: string | undefined; ;) {
      const page = await letters.list({ queue: 'dead.work', limit: 2, after });
      ids.push(...page.map(({ id }) => id));
      if (page.length < 2) break;
      after = ids.at(-1);
    }
    expect(ids).toEqual(['m-0', 'm-1', 'm-2', 'm-3', 'm-4']);
  });

  it('gets one', async () => {
    const { letters } = await withDead(2);
    expect(await letters.get('dead.work', 'm-1')).toMatchObject({ id: 'm-1', message: new Work(1) });
    expect(await letters.get('dead.work', 'm-9')).toBeUndefined();
  });

  it('redrives chosen ones with all attempts', async () => {
    const { letters, transport, queues } = await withDead(3);
    isBroken = false;
    expect(await letters.redrive({ queue: 'dead.work', ids: ['m-1', 'unknown'] })).toBe(1);
    await transport.settled();
    expect(attempts).toEqual(['1 1']);
    expect(await queues.get('dead.work')).toMatchObject({ dead: 2 });
  });

  it('redrives all of a queue, more than a page, and tells the progress', async () => {
    const { letters, transport, queues } = await withDead(130);
    expect(await letters.list()).toHaveLength(100);
    isBroken = false;
    const progress: number[] = [];
    expect(await letters.redrive({ queue: 'dead.work', onProgress: done => progress.push(done) })).toBe(130);
    await transport.settled();
    expect([progress.length, progress.at(-1), attempts.length]).toEqual([130, 130, 130]);
    expect(await queues.get('dead.work')).toMatchObject({ dead: 0, ready: 0 });
  });

  it('redrives all where another process takes some while they are listed', async () => {
    const { letters, transport } = await withDead(130);
    const { deadLetters } = transport;
    const list = deadLetters.list.bind(deadLetters);
    let isFirst = true;
    deadLetters.list = async (queue, page) => {
      const found = await list(queue, page);
      const missing = isFirst ? 3 : 0;
      isFirst = false;
      return found.slice(missing);
    };
    expect(await letters.redrive({ queue: 'dead.work' })).toBe(127);
  });

  it('takes one that fails again once', async () => {
    const { letters, transport } = await withDead(3);
    expect(await letters.redrive({ queue: 'dead.work' })).toBe(3);
    await transport.settled();
    expect(attempts.toSorted()).toEqual(['0 1', '1 1', '2 1']);
    expect(await letters.list()).toHaveLength(3);
  });

  it('discards for good', async () => {
    const { letters } = await withDead(3);
    expect(await letters.discard({ queue: 'dead.work', ids: ['m-0'] })).toBe(1);
    expect(await letters.discard({ queue: 'dead.work', all: true })).toBe(2);
    expect(await letters.list()).toEqual([]);
  });

  it('names the nearest queues first, five at most, for one that is not there', async () => {
    const names = ['b.one', 'a.two', 'c.three', 'd.four', 'e.five', 'f.six'];
    const elsewhere = names.map(name => {
      @Durable()
      @Message({ name })
      class Elsewhere extends Command {}
      return Elsewhere;
    });
    const { app } = await start({
      imports: [CqrsModule.forRoot({ durable: { transport: new MemoryTransport(), elsewhere } })],
    });
    await expect(app.get(Queues).get('f.sxi')).rejects.toMatchObject({
      code: 'CQRS_UNKNOWN_QUEUE',
      remedy: 'It has f.six, b.one, a.two, c.three, d.four.',
    });
    expect((await app.get(Queues).list()).map(({ queue }) => queue)).toEqual(names.toSorted());
    const { app: empty } = await start({
      imports: [CqrsModule.forRoot({ durable: { transport: new MemoryTransport() } })],
    });
    await expect(empty.get(Queues).get('a')).rejects.toMatchObject({ remedy: expect.stringMatching(/^It has none: /) });
  });

  it('refuses unknown queues and unfit options', async () => {
    const { letters, queues } = await withDead(0);
    await expect(letters.list({ queue: 'dead.wrok' })).rejects.toMatchObject({
      code: 'CQRS_UNKNOWN_QUEUE',
      remedy: 'It has dead.work.',
    });
    await expect(queues.get('nothing')).rejects.toMatchObject({ code: 'CQRS_UNKNOWN_QUEUE' });
    await expect(letters.redrive({ queue: 'nothing' })).rejects.toMatchObject({ code: 'CQRS_UNKNOWN_QUEUE' });
    await expect(letters.list({ after: 'm-0' })).rejects.toMatchObject({ code: 'CQRS_INVALID_OPTIONS' });
    await expect(letters.list({ limit: 0 })).rejects.toMatchObject({ code: 'CQRS_INVALID_OPTIONS' });
  });

  it.each([
    ['no options', undefined, 'The options of DeadLetters.discard() must be an object with options, not undefined.'],
    ['no queue', { ids: ['m-0'] }, 'The option "queue" is missing.'],
    ['neither ids nor all', { queue: 'dead.work' }, 'discard() was not told which dead letters to delete.'],
    ['both ids and all', { queue: 'dead.work', ids: ['m-0'], all: true }, 'discard() was given both ids and all.'],
    ['id for ids', { queue: 'dead.work', id: 'm-0' }, 'There is no option "id".'],
    ['ids that got lost', { queue: 'dead.work', ids: undefined }, 'The option "ids" is undefined.'],
    [
      'a text for ids',
      { queue: 'dead.work', ids: 'm-0' },
      'The option "ids" must be a list, and each item a text that is not empty, not \'m-0\'.',
    ],
    [
      'a number among ids',
      { queue: 'dead.work', ids: ['m-0', 5] },
      'The option "ids" must be a list, and each item a text that is not empty, not a list with a number.',
    ],
    ['all: false', { queue: 'dead.work', all: false }, 'The option "all" must be true, not false.'],
    [
      'no function',
      { queue: 'dead.work', all: true, onProgress: 5 },
      'The option "onProgress" must be a function, not 5.',
    ],
  ])('discards nothing for %s', async (_, choice, what) => {
    const { letters } = await withDead(2);
    await expect(letters.discard(choice as never)).rejects.toMatchObject({ code: 'CQRS_INVALID_OPTIONS', what });
    expect(await letters.list()).toHaveLength(2);
  });

  it('refuses other choices that do not exist', async () => {
    const { letters } = await withDead(1);
    const refused = (what: string) => ({ code: 'CQRS_INVALID_OPTIONS', what });
    await expect(letters.redrive(undefined as never)).rejects.toMatchObject(
      refused('The options of DeadLetters.redrive() must be an object with options, not undefined.'),
    );
    await expect(letters.redrive({ queue: 'dead.work', ids: undefined } as never)).rejects.toMatchObject(
      refused('The option "ids" is undefined.'),
    );
    await expect(letters.redrive({ queue: 'dead.work', id: 'm-0' } as never)).rejects.toMatchObject({
      ...refused('There is no option "id".'),
      remedy: 'Did you mean "ids"?',
    });
    await expect(letters.list({ que: 'dead.work' } as never)).rejects.toMatchObject(
      refused('There is no option "que".'),
    );
    await expect(letters.list('dead.work' as never)).rejects.toMatchObject(
      refused("The options of DeadLetters.list() must be an object with options, not 'dead.work'."),
    );
    await expect(letters.get('dead.work', undefined as never)).rejects.toMatchObject(
      refused('The option "id" must be a text that is not empty, not null.'),
    );
    expect(await letters.list()).toHaveLength(1);
  });

  it('tries a message from the future again: a later version of its class may come', async () => {
    const { letters, transport, queues } = await withDead(0);
    const envelope = { meta: { name: 'dead.work', version: 2, headers: {} }, payload: { n: 1 } };
    const retry = { limit: 1, delay: 1000, backoff: false, maxDelay: 0 };
    const data = { kind: 'command', envelope, enqueuedAt: 0 } as const;
    await transport.store([{ id: 'future', queue: 'dead.work', data, retry }]);
    await transport.settled();
    expect([await letters.list(), await queues.get('dead.work')]).toMatchObject([[], { delayed: 1 }]);
    await transport.clock.advance(1000);
    expect(await letters.list()).toMatchObject([
      { id: 'future', attempts: 2, reason: { code: 'CQRS_MESSAGE_FROM_THE_FUTURE' } },
    ]);
  });

  it('makes dead letters of jobs that cannot be read, which block no other', async () => {
    const { letters, transport } = await withDead(0);
    isBroken = false;
    const retry = { limit: 9, delay: 0, backoff: false, maxDelay: 0 };
    const envelope = { meta: { name: 'dead.unknown', version: 1, headers: {} }, payload: {} };
    const jobs = [
      { id: 'no-envelope', data: { kind: 'command', enqueuedAt: 0 } },
      { id: 'wrong-kind', data: { kind: 'event', envelope, enqueuedAt: 0 } },
      { id: 'unknown-name', data: { kind: 'command', envelope, enqueuedAt: 0 } },
      { id: 'no-time', data: { kind: 'command', envelope } },
      { id: 'no-object', data: 'text' },
      { id: 'odd-time', data: { kind: 'command', envelope, enqueuedAt: Infinity } },
    ];
    await transport.store(jobs.map(job => ({ ...job, queue: 'dead.work', retry })) as never);
    await transport.settled();
    const found = await letters.list();
    expect(found.map(({ id }) => id).toSorted()).toEqual(jobs.map(({ id }) => id).toSorted());
    expect(found.every(({ attempts: tried, message }) => tried === 1 && message === undefined)).toBe(true);
  });
});
