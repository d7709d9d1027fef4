import type { INestApplicationContext } from '@nestjs/common';
import { track, type Flow, type Recorded, type Recording } from '../../../lib/testing/index.js';
import { start } from '../../support/application.js';
import { quiet } from '../../support/waiting.js';
import { EXPECTED, ordersModule, pace, PlaceOrder } from './orders.js';

/** CI has little time; 1,000 with CQRS_COUNTS. */
const RUNS = process.env['CQRS_COUNTS'] ? 1_000 : 100;

const names = (recording: Recording) => recording.map(({ message }) => message.constructor.name).toSorted();

/** What a message, or the test, has caused, and what that has caused in turn. */
const causedBy = (cause: Recorded | undefined, all: readonly Recorded[]): string =>
  all
    .filter(one => one.cause === cause)
    .map(one => {
      const caused = causedBy(one, all);
      const saga = one.saga === undefined ? '' : `${one.saga}: `;
      return `${saga}${one.message.constructor.name}${caused && `(${caused})`}`;
    })
    .toSorted()
    .join(', ');

/** What a flow has recorded, and what it should not have. */
function found(id: string, flow: Flow<string>) {
  const { executed, asked, published, emitted, late, failures, pendingTimers, result } = flow;
  const all = [...executed, ...asked, ...published];
  return {
    executed: names(executed),
    asked: names(asked),
    published: names(published),
    emitted: names(emitted),
    causes: causedBy(undefined, all),
    result,
    foreign: all.filter(({ message }) => (message as { id?: string }).id !== id).map(({ message }) => message),
    unfinished: all.filter(({ duration }) => duration === undefined).map(({ message }) => message.constructor.name),
    late: names(late),
    failures,
    pendingTimers,
  };
}

const expected = (id: string) => ({
  ...EXPECTED,
  result: `${id}: 13`,
  foreign: [],
  unfinished: [],
  late: [],
  failures: [],
  pendingTimers: 0,
});

async function place(app: INestApplicationContext, id: string) {
  const flow = await track(app, { timeout: 20_000 }).execute(new PlaceOrder(id));
  return { id, flow };
}

describe.each([false, true])('a flow with propagateContext: %s', propagateContext => {
  it(`has settled when nothing more comes, ${RUNS} times with other delays`, async () => {
    const { app } = await start({ imports: [ordersModule({ propagateContext })] });
    const flows: Awaited<ReturnType<typeof place>>[] = [];
    for (let i = 0; i < RUNS; i++) {
      pace.seed = i * 7919 + 1;
      flows.push(await place(app, `o${i}`));
    }
    await quiet();
    expect(flows.map(({ id, flow }) => found(id, flow))).toEqual(flows.map(({ id }) => expected(id)));
  }, 120_000);

  it('has its own messages alone, of 20 that go on at once', async () => {
    const { app } = await start({ imports: [ordersModule({ propagateContext })] });
    const flows = await Promise.all(Array.from({ length: 20 }, (_, i) => place(app, `o${i}`)));
    await quiet();
    expect(flows.map(({ id, flow }) => found(id, flow))).toEqual(flows.map(({ id }) => expected(id)));
  }, 120_000);
});
