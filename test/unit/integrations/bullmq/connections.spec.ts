import { EventEmitter } from 'node:events';
import { jest } from '@jest/globals';
import { Outage } from '../../../../lib/integrations/bullmq/outage.js';
import { quiet } from '../../../support/waiting.js';

type Options = Record<string, unknown>;

const script = { lua: '', numberOfKeys: 0 };

/** A client of ioredis that the test makes ready. */
class FakeClient extends EventEmitter {
  status = 'ready';
  readonly scriptsSet = { 'addStandardJob:1': script, 'addDelayedJob:1': script, 'moveToFinished:1': script };
  readonly defined: string[] = [];

  defineCommand(name: string): void {
    this.defined.push(name);
  }
}

/** In place of BullMQ's. */
class FakeConnection extends EventEmitter {
  static readonly made: FakeConnection[] = [];
  static connecting: (made: FakeConnection) => Promise<FakeClient>;
  readonly fake = new FakeClient();
  readonly client: Promise<FakeClient>;
  readonly closed: unknown[] = [];

  constructor(
    readonly options: Options,
    readonly extra: Options,
  ) {
    super();
    FakeConnection.made.push(this);
    this.client = FakeConnection.connecting(this);
  }

  async close(force: boolean): Promise<void> {
    this.closed.push(force);
  }
}

jest.unstable_mockModule('bullmq', () => ({ RedisConnection: FakeConnection }));
const { Connections } = await import('../../../../lib/integrations/bullmq/connections.js');

const told: string[] = [];

function connections(options: Options = { host: 'redis' }) {
  const outage = new Outage();
  outage.reportTo(problem => void told.push(problem));
  return new Connections(options as never, outage);
}

/** What both connections are made with. */
async function optionsOf(given: Options): Promise<Options[]> {
  const made = connections(given);
  await made.open();
  return FakeConnection.made.map(({ options }) => options);
}

beforeEach(() => {
  FakeConnection.made.length = 0;
  FakeConnection.connecting = async ({ fake }) => fake;
  told.length = 0;
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
});
afterEach(() => void jest.useRealTimers());

describe('connections to Redis', () => {
  it('are made once, one for calls and one for workers, with the scripts of each', async () => {
    const made = connections();
    expect(() => made.calls).toThrow('The connection to Redis is not open.');
    expect(made.isConnected).toBe(false);
    await Promise.all([made.open(), made.open()]);
    const [calls, workers] = FakeConnection.made.map(({ fake }) => fake);
    expect([FakeConnection.made.length, made.calls, made.workers]).toEqual([2, calls, workers]);
    expect(calls!.defined).toEqual(expect.arrayContaining(['nestjsCqrsStore', 'nestjsCqrsPage', 'nestjsCqrsNumbers']));
    expect(workers!.defined).toEqual(['nestjsCqrsFinish']);
    expect(FakeConnection.made.map(({ extra }) => extra)).toEqual([{ blocking: false }, { blocking: false }]);
    expect(made.isConnected).toBe(true);
    for (const client of [calls!, workers!]) {
      client.status = 'reconnecting';
      expect(made.isConnected).toBe(false);
      client.status = 'ready';
    }
    expect(jest.getTimerCount()).toBe(0);
  });

  it('tell callers at once that Redis is away, and let workers wait', async () => {
    const [calls, workers] = await optionsOf({ host: 'redis', lazyConnect: true, enableOfflineQueue: true });
    const own = { host: 'redis', lazyConnect: false, retryStrategy: expect.any(Function) };
    expect(calls).toEqual({ ...own, commandTimeout: 10_000, maxRetriesPerRequest: 0, enableOfflineQueue: false });
    expect(workers).toEqual({
      ...own,
      commandTimeout: undefined,
      maxRetriesPerRequest: null,
      enableOfflineQueue: true,
    });
    const retry = calls!['retryStrategy'] as (times: number) => number;
    expect([1, 3, 10, 11].map(retry)).toEqual([100, 300, 1000, 1000]);
  });

  it('keep a time for answers and a way to try again that they are given', async () => {
    const retryStrategy = () => 5;
    const [calls, workers] = await optionsOf({ retryStrategy, commandTimeout: 7 });
    expect(calls).toMatchObject({ retryStrategy, commandTimeout: 7 });
    expect(workers).toMatchObject({ retryStrategy, commandTimeout: undefined });
  });

  it('are made with the options of a client, also of one of a cluster', async () => {
    const duplicate = jest.fn<(...given: unknown[]) => unknown>((...given) => given);
    const single = await optionsOf({ duplicate, defineCommand: () => undefined, options: { commandTimeout: 7 } });
    const own = { lazyConnect: false, commandTimeout: 7, maxRetriesPerRequest: 0, enableOfflineQueue: false };
    expect(single[0]).toEqual([own]);
    FakeConnection.made.length = 0;
    const cluster = { duplicate, isCluster: true, options: { redisOptions: { commandTimeout: 9, tls: {} } } };
    const [calls, workers] = await optionsOf(cluster);
    expect(calls).toEqual([undefined, { redisOptions: { ...own, commandTimeout: 9, tls: {} } }]);
    expect(workers).toMatchObject([undefined, { redisOptions: { tls: {}, maxRetriesPerRequest: null } }]);
    FakeConnection.made.length = 0;
    const plain = await optionsOf({ duplicate, isCluster: true, options: {} });
    expect(plain[0]).toEqual([undefined, { redisOptions: { ...own, commandTimeout: 10_000 } }]);
  });

  it.each([
    [
      'does not answer',
      () => new Promise<FakeClient>(() => undefined),
      10_000,
      'Redis has not answered within 10000 ms.',
    ],
    ['is away', () => Promise.reject(new Error('ECONNREFUSED')), 0, 'ECONNREFUSED'],
    [
      'fails first',
      (made: FakeConnection) => {
        setTimeout(() => made.emit('error', new Error('WRONGPASS')), 5);
        return new Promise<FakeClient>(() => undefined);
      },
      5,
      'WRONGPASS',
    ],
  ])(
    'cannot be opened where Redis %s, are closed, and may be opened again',
    async (_what, connecting, after, failure) => {
      FakeConnection.connecting = connecting;
      const made = connections();
      const opened = made.open().catch((error: Error) => error.message);
      let isSettled = false;
      void opened.then(() => (isSettled = true));
      await quiet();
      if (after > 0) {
        jest.advanceTimersByTime(after - 1);
        await quiet();
        expect(isSettled).toBe(false); // eslint-disable-line jest/no-conditional-expect -- one fails at once
      }
      jest.advanceTimersByTime(1);
      expect(await opened).toBe(failure);
      expect(FakeConnection.made.map(({ closed }) => closed)).toEqual([[true], [true]]);
      FakeConnection.connecting = async ({ fake }) => fake;
      await made.open();
      expect(made.isConnected).toBe(true);
    },
  );

  it('are told of once where they are lost, and again after they were there', async () => {
    const made = connections();
    await made.open();
    const [calls, workers] = FakeConnection.made;
    const away = ['Redis cannot be reached; workers go on when it is back'];
    calls!.emit('close');
    calls!.emit('close');
    expect(told).toEqual(away);
    calls!.emit('ready');
    workers!.emit('close');
    calls!.emit('close');
    expect(told).toEqual([...away, ...away]);
    workers!.emit('error', new Error('NOAUTH'));
    expect(told.slice(2)).toEqual(['A connection to Redis failed']);
    // Nothing is printed, and nothing thrown.
    expect(calls!.fake.emit('error', new Error('odd'))).toBe(true);
  });

  it('that are lost are awaited for two seconds, then ioredis refuses the call', async () => {
    const made = connections();
    await made.open();
    const [{ fake: calls } = {}] = FakeConnection.made as [FakeConnection];
    expect(await made.ready()).toBe(calls);
    calls!.status = 'end';
    expect(await made.ready()).toBe(calls);
    calls!.status = 'reconnecting';
    let isReady = false;
    const late = made.ready().then(() => (isReady = true));
    jest.advanceTimersByTime(1999);
    await quiet();
    expect(isReady).toBe(false);
    jest.advanceTimersByTime(1);
    expect(await late).toBe(true);
    const back = made.ready();
    FakeConnection.made[0]!.emit('ready');
    expect(await back).toBe(calls);
    // The outage listens, and nothing else.
    expect(FakeConnection.made[0]!.listenerCount('ready')).toBe(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('are closed whatever Redis does, and may be opened again', async () => {
    const made = connections();
    await made.open();
    await made.close();
    expect(FakeConnection.made.map(({ closed }) => closed)).toEqual([[true], [true]]);
    expect(() => made.workers).toThrow('The connection to Redis is not open.');
    await made.open();
    expect(FakeConnection.made).toHaveLength(4);
  });
});
