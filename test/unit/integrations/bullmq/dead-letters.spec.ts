import { EventEmitter } from 'node:events';
import { jest } from '@jest/globals';
import { Outage } from '../../../../lib/integrations/bullmq/outage.js';
import { quiet } from '../../../support/waiting.js';
import { FakeClient } from './fake-client.js';

const state = {
  retry: async (): Promise<unknown> => undefined,
  ready: async (): Promise<unknown> => undefined,
};
const retried: unknown[] = [];

class FakeJob {
  constructor(...given: unknown[]) {
    retried.push(given.at(-1));
  }

  retry(...given: unknown[]): Promise<unknown> {
    retried.push(given);
    return state.retry();
  }
}

class FakeQueue extends EventEmitter {
  isClosed = false;

  constructor(
    readonly name: string,
    readonly options: unknown,
  ) {
    super();
  }

  waitUntilReady(): Promise<unknown> {
    return state.ready();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    throw new Error('away');
  }

  toKey(key: string): string {
    return `cqrs:${this.name}:${key}`;
  }
}

jest.unstable_mockModule('bullmq', () => ({ Job: FakeJob, Queue: FakeQueue, UnrecoverableError: Error }));
const { FailedJobs } = await import('../../../../lib/integrations/bullmq/dead-letters.js');
const { Queues } = await import('../../../../lib/integrations/bullmq/queues.js');

const told: string[] = [];

function setUp(answer: ConstructorParameters<typeof FakeClient>[0] = () => null) {
  const outage = new Outage();
  outage.reportTo(problem => void told.push(problem));
  const hashes: unknown[] = [];
  const client = Object.assign(new FakeClient(answer), {
    hset: async (...given: unknown[]) => void hashes.push(given),
    hgetall: async () => ({ 'a~003ab': '1', '': '2', plain: '3' }),
  });
  const connections = { calls: client, ready: async () => client };
  const queues = new Queues(connections as never, 'cqrs', outage);
  return { client, hashes, queues, failed: new FailedJobs(queues) };
}

beforeEach(() => {
  told.length = 0;
  retried.length = 0;
  state.retry = state.ready = async () => undefined;
});

const withCode = (code: number) => Object.assign(new Error(`code ${code}`), { code });

describe('failed jobs of BullMQ', () => {
  const fields = [
    'data',
    '{"data":{"a":1},"retry":{}}',
    'stacktrace',
    '["{\\"name\\":\\"N\\",\\"message\\":\\"m\\"}"]',
    'atm',
    '2',
    'stc',
    '1',
  ];

  it('are told as the port has them', async () => {
    const { client, failed } = setUp(name =>
      name === 'nestjsCqrsPage' ? [['m-a~003ab', '5000', fields]] : ['m-x', '7', []],
    );
    expect(await failed.list('mail', { limit: 3, after: 'b' })).toEqual([
      {
        id: 'a:b',
        queue: 'mail',
        attempts: 3,
        reason: { name: 'N', message: 'm' },
        diedAt: new Date(5000),
        data: { a: 1 },
      },
    ]);
    expect(await failed.get('mail', 'x')).toEqual({
      id: 'x',
      queue: 'mail',
      attempts: 0,
      reason: undefined,
      diedAt: new Date(7),
      data: '',
    });
    expect(client.ran).toEqual([
      ['nestjsCqrsPage', ['cqrs:mail:failed', 'cqrs:mail:', 3, 'm-b', 'b']],
      ['nestjsCqrsLetter', ['cqrs:mail:failed', 'cqrs:mail:', 'm-x', 'x']],
    ]);
    expect(await setUp(() => []).failed.list('mail', { limit: 3 })).toEqual([]);
    expect(await setUp().failed.get('mail', 'x')).toBeUndefined();
  });

  it('of another program may hold anything', async () => {
    const { failed } = setUp(() => [
      '17',
      '7',
      ['data', 'no JSON', 'stacktrace', 'no JSON', 'failedReason', 'odd', 'atm', 'x'],
    ]);
    expect(await failed.get('mail', '17')).toMatchObject({
      id: '17',
      attempts: 0,
      reason: { name: 'Error', message: 'odd' },
      data: 'no JSON',
    });
  });

  it('are tried again with all their attempts', async () => {
    const { client, failed } = setUp(() => 'm-a');
    expect(await failed.redrive('mail', 'a')).toBe(true);
    expect(client.commands).toEqual(['nestjsCqrsForget']);
    expect(retried).toEqual(['m-a', ['failed', { resetAttemptsMade: true, resetAttemptsStarted: true }]]);
  });

  it.each([
    [-1, false],
    [-3, false],
    [-2, 'code -2'],
    [1, 'code 1'],
  ])('are not where BullMQ answers %d: %p', async (code, expected) => {
    const { failed } = setUp(() => 'm-a');
    state.retry = () => Promise.reject(withCode(code));
    expect(await failed.redrive('mail', 'a').catch((error: Error) => error.message)).toBe(expected);
    state.retry = () => Promise.reject(new Error('away'));
    await expect(failed.redrive('mail', 'a')).rejects.toThrow('away');
  });

  it('that are not there are neither tried again nor discarded', async () => {
    const { failed } = setUp();
    expect([await failed.redrive('mail', 'a'), retried]).toEqual([false, []]);
    expect([
      await setUp(() => 0).failed.discard('mail', 'a'),
      await setUp(() => 1).failed.discard('mail', 'a'),
    ]).toEqual([false, true]);
  });
});

describe('queues of BullMQ', () => {
  it('are made once for each name, and tell their failures', () => {
    const { client, queues } = setUp();
    const queue = queues.of('a:b') as unknown as FakeQueue;
    expect(queues.of('a:b')).toBe(queue);
    expect([queue.name, queue.options]).toEqual(['a~003ab', { connection: client, prefix: 'cqrs' }]);
    queue.emit('error', new Error('odd'));
    expect(told).toEqual(['The queue "a:b" failed']);
  });

  it('that BullMQ could not prepare are made again', async () => {
    const { queues } = setUp();
    state.ready = () => Promise.reject(new Error('away'));
    const first = queues.of('mail') as unknown as FakeQueue;
    await quiet();
    state.ready = async () => undefined;
    const second = queues.of('mail') as unknown as FakeQueue;
    expect([second === first, first.isClosed, second.isClosed]).toEqual([false, true, false]);
  });

  it('are closed together, whatever that says', async () => {
    const { queues } = setUp();
    const all = ['a', 'b'].map(name => queues.of(name) as unknown as FakeQueue);
    await queues.close();
    expect(all.map(({ isClosed }) => isClosed)).toEqual([true, true]);
    expect(queues.of('a')).not.toBe(all[0]);
  });

  it('have names that each process finds', async () => {
    const { hashes, queues } = setUp();
    await queues.register([]);
    expect(hashes).toEqual([]);
    await queues.register(['a:b', 'plain']);
    expect(hashes).toEqual([['cqrs:queues', { 'a~003ab': expect.any(Number), plain: expect.any(Number) }]]);
    expect(await queues.names()).toEqual(['a:b', 'plain']);
  });
});
