import { observe } from '../../../lib/extension.js';
import { start } from '../../support/application.js';
import { quiet, until } from '../../support/waiting.js';
import { CountingProbe } from '../../unit/probes/counting-probe.js';
import { flowModule, Pace, pace, PlaceOrder } from './flow-application.js';

const RUNS = 200;
const RUNS_OUTSIDE = 50;

/** One flow, watched from its first command until nothing is open. */
async function flow(seed: number) {
  const { app, commands } = await application;
  pace.now = new Pace(seed * 7919);
  const probe = new CountingProbe();
  const stop = observe(app, probe);
  const answer = await commands.execute(new PlaceOrder());
  await until(() => probe.open === 0);
  await quiet();
  stop();
  return { answer, probe };
}

let application: ReturnType<typeof start>;
beforeEach(() => (application = start({ imports: [flowModule()] })));

describe('a probe that counts what is open', () => {
  it('hears of all that a command causes', async () => {
    const { probe } = await flow(1);
    expect(probe.begun.toSorted()).toMatchInlineSnapshot(`
      [
        "Sagas.onBilled emits Thank",
        "Sagas.onBilled emits Thank",
        "Sagas.onBilled works on Billed",
        "Sagas.onBilled works on Billed",
        "Sagas.onBilled works on Noted",
        "Sagas.onBilled works on OrderPlaced",
        "Sagas.onBilled works on Reserved",
        "Sagas.onBilled works on Shipped",
        "Sagas.onBilled works on Shipped",
        "Sagas.onPlaced emits Ship",
        "Sagas.onPlaced emits Ship",
        "Sagas.onPlaced works on OrderPlaced",
        "Sagas.onShipped emits Bill",
        "Sagas.onShipped emits Bill",
        "Sagas.onShipped works on Billed",
        "Sagas.onShipped works on Billed",
        "Sagas.onShipped works on Noted",
        "Sagas.onShipped works on OrderPlaced",
        "Sagas.onShipped works on Reserved",
        "Sagas.onShipped works on Shipped",
        "Sagas.onShipped works on Shipped",
        "dispatch Bill",
        "dispatch Bill",
        "dispatch Lines",
        "dispatch OrderPlaced",
        "dispatch OrderPlaced",
        "dispatch PlaceOrder",
        "dispatch Reserve",
        "dispatch Reserved",
        "dispatch Ship",
        "dispatch Ship",
        "dispatch Thank",
        "dispatch Thank",
        "handler Bill",
        "handler Bill",
        "handler Lines",
        "handler OrderPlaced",
        "handler OrderPlaced",
        "handler PlaceOrder",
        "handler Reserve",
        "handler Reserve 2",
        "handler Reserved",
        "handler Ship",
        "handler Ship",
        "handler Thank",
        "handler Thank",
        "middleware again Reserve",
        "prepare OrderPlaced",
        "prepare Reserved",
        "publish Billed to 0",
        "publish Billed to 0",
        "publish Noted to 0",
        "publish OrderPlaced to 2",
        "publish Reserved to 1",
        "publish Shipped to 0",
        "publish Shipped to 0",
        "rows of Lines",
      ]
    `);
  });

  it(`comes back to zero once per flow, ${RUNS} times with other delays`, async () => {
    const found: unknown[] = [];
    for (let seed = 0; seed < RUNS; seed++) {
      const { answer, probe } = await flow(seed);
      found.push([answer, probe.zeros, probe.begun.length]);
    }
    expect(found).toEqual(found.map(() => ['placed 3', 1, 57]));
  }, 60_000);

  it(`does so with a publisher that takes events out of the process and back, ${RUNS_OUTSIDE} times`, async () => {
    const { events } = await application;
    events.publisher = {
      publish: async event => {
        await pace.now.wait();
        events.subject$.next(event);
      },
    };
    const found: unknown[] = [];
    for (let seed = 0; seed < RUNS_OUTSIDE; seed++) {
      const { answer, probe } = await flow(seed);
      found.push([answer, probe.zeros, probe.begun.filter(what => what.startsWith('publish')).length]);
    }
    // Each of the seven events twice: to the publisher, and to the handlers.
    expect(found).toEqual(found.map(() => ['placed 3', 1, 14]));
  }, 60_000);
});
