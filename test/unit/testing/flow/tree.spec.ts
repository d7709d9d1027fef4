import { FlowLog } from '../../../../lib/testing/flow/flow-log.js';
import { TrackedFlow } from '../../../../lib/testing/flow/flow.js';
import { KnownFlows } from '../../../../lib/testing/flow/known-flows.js';
import { RecordedMessage, RecordedRun, type SentMessage } from '../../../../lib/testing/flow/recorded.js';
import { treeOf } from '../../../../lib/testing/flow/tree.js';

class Sell {}
class Ship {}
class Sold {}

interface Given extends Partial<SentMessage> {
  readonly error?: unknown;
  readonly lasts?: number;
  readonly isDispatched?: boolean;
}

/** What lasts as long as it is told. */
const lasting = <T extends { readonly duration: number | undefined }>(one: T, duration: number | undefined): T =>
  Object.defineProperty(one, 'duration', { value: duration });

const failureOf = (error: unknown) => (error === undefined ? undefined : { error });

function sent(type: new () => object, given: Given = {}, cause?: RecordedMessage, by?: RecordedRun): RecordedMessage {
  const { error, lasts, isDispatched = true, ...more } = given;
  const recorded = new RecordedMessage({ kind: 'command', message: new type(), ...more, cause, by });
  return lasting(Object.assign(recorded, { failure: failureOf(error), isDispatched }), lasts);
}

function run(of: RecordedMessage, name: string, duration?: number, error?: unknown, isStubbed = false): RecordedRun {
  const one = lasting(new RecordedRun({ name, module: 'Shop' }, of.handlers.length + 1, isStubbed), duration);
  of.handlers.push(Object.assign(one, { failure: failureOf(error) }));
  return one;
}

describe('the tree of a flow', () => {
  it('one handler stands in the line of its message, several have a line each, with what they have caused', () => {
    const sell = sent(Sell, { lasts: 1_200 });
    run(sell, 'Shop.sell', 1_200);
    const sold = sent(Sold, { kind: 'event', lasts: 30 }, sell);
    run(sold, 'Billing.bill', 20);
    const shipping = run(sold, 'Shipping.sold', 5);
    const ship = sent(Ship, { lasts: 4 }, sold, shipping);
    run(ship, 'Shipping.ship', 4);
    const other = sent(Ship, { saga: 'Sagas.ship', lasts: 3 }, sold);
    expect(treeOf([sell, sold, ship, other])).toBe(
      [
        'command Sell → Shop.sell               1,200 ms',
        '└─ event Sold                             30 ms',
        '   ├─ Billing.bill                        20 ms',
        '   ├─ Shipping.sold                        5 ms',
        '   │  └─ command Ship → Shipping.ship      4 ms',
        '   └─ saga Sagas.ship: command Ship        3 ms',
      ].join('\n'),
    );
  });

  it('a message whose cause is not among those shown stands on its own', () => {
    const hidden = sent(Sell);
    expect(treeOf([sent(Ship, { lasts: 1 }, hidden)])).toBe('command Ship  1 ms');
    expect(treeOf([])).toBe('');
  });

  it('of more than 500 messages, the first, however deep', () => {
    const all: RecordedMessage[] = [];
    for (let i = 0; i < 10_000; i++) all.push(sent(Ship, { lasts: 1 }, all.at(-1)));
    const lines = treeOf(all).split('\n');
    expect([lines.length, lines.at(-1)]).toEqual([501, 'and 9,500 more messages']);
  });

  it('what has not ended runs, or waits for its turn', () => {
    const running = sent(Sell);
    run(running, 'Shop.sell');
    const event = sent(Sold, { kind: 'event' });
    run(event, 'Billing.bill', 5);
    run(event, 'Billing.bill');
    run(event, 'Shipping.sold', 5);
    expect(treeOf([running, sent(Ship, { isDispatched: false }), event]).split('\n')).toEqual([
      'command Sell → Shop.sell  running',
      'command Ship              waiting',
      'event Sold                running',
      '├─ Billing.bill           running  2 attempts',
      '└─ Shipping.sold             5 ms',
    ]);
  });

  it('attempts of one handler are added up, stubs and failures are told', () => {
    const sell = sent(Sell, { lasts: 9, error: new Error('given up') });
    run(sell, 'Shop.sell', 2, new Error('none left'));
    run(sell, 'Shop.sell', 3, new Error('none left'));
    const event = sent(Sold, { kind: 'event', lasts: 7, error: new Error('of one handler') });
    run(event, 'Billing.bill', 2, new Error('no money'));
    run(event, 'Billing.bill', 3);
    run(event, 'Shipping.sold', 1, 'none', true);
    const single = sent(Sold, { kind: 'event', lasts: 1, error: new Error('of the publisher') });
    run(single, 'Billing.bill', 1, new Error('no money'));
    expect(treeOf([sell, event, single]).split('\n')).toEqual([
      'command Sell → Shop.sell   9 ms  2 attempts  failed: Error: given up',
      'event Sold                 7 ms  failed: Error: of one handler',
      '├─ Billing.bill            5 ms  2 attempts',
      '└─ Shipping.sold           1 ms  stubbed  failed: none',
      'event Sold → Billing.bill  1 ms  failed: Error: no money',
    ]);
  });

  it('what has no handler: to which publisher it went, or that it has none, or how it failed', () => {
    const event = (given: Given) => sent(Sold, { kind: 'event', lasts: 1, ...given });
    const all = [
      event({}),
      event({ publisher: 'KafkaPublisher' }),
      event({ publisher: 'Object' }),
      event({ publisher: 'Object', error: new Error('down') }),
      sent(Ship, { lasts: 1 }),
    ];
    expect(treeOf(all).split('\n')).toEqual([
      'event Sold    1 ms  no handler',
      'event Sold    1 ms  to KafkaPublisher',
      'event Sold    1 ms  to a publisher',
      'event Sold    1 ms  failed: Error: down',
      'command Ship  1 ms',
    ]);
  });
});

describe('a flow as data', () => {
  const settings = { timeout: 5, failures: 'throw', timers: 'report', until: undefined } as const;

  it('messages by their place in the list, late ones too, with runs, failures and timers', async () => {
    const log = new FlowLog('command Sell', []);
    const flow = new TrackedFlow<void>(log, new KnownFlows(), settings, 'shop.spec.ts:7');
    const sell = sent(Sell, { lasts: 9, error: new Error('given up') });
    const selling = run(sell, 'Shop.sell', 2, new TypeError('none left'));
    log.add(sell);
    const handler = { name: 'Sagas.ship', module: undefined };
    await flow.settled();
    log.fail({ error: new Error('no carrier'), message: new Ship(), handler, recorded: undefined });
    log.fail({ error: 'none', message: undefined, handler: undefined, recorded: undefined });
    const sold = sent(Sold, { kind: 'event', publisher: 'Kafka', saga: 'Sagas.ship' }, sell);
    log.add(sold);
    log.timers.begin(1, { cause: {}, resource: {} });
    expect(JSON.parse(JSON.stringify(flow))).toEqual({
      root: 'command Sell',
      trackedAt: 'shop.spec.ts:7',
      messages: [
        {
          id: 0,
          kind: 'command',
          type: 'Sell',
          begun: 0,
          duration: 9,
          error: 'Error: given up',
          isLate: false,
          handlers: [
            {
              name: 'Shop.sell',
              module: 'Shop',
              attempt: 1,
              begun: selling.begun - sell.begun,
              duration: 2,
              error: 'TypeError: none left',
            },
          ],
        },
        {
          id: 1,
          kind: 'event',
          type: 'Sold',
          cause: 0,
          saga: 'Sagas.ship',
          publisher: 'Kafka',
          begun: sold.begun - sell.begun,
          isLate: true,
          handlers: [],
        },
      ],
      failures: [{ message: 'Ship', handler: 'Sagas.ship', error: 'Error: no carrier' }, { error: 'none' }],
      pendingTimers: 1,
    });
  });

  it('of a flow that has sent nothing', () => {
    const flow = new TrackedFlow<void>(new FlowLog('a function', []), new KnownFlows(), settings, undefined);
    expect(flow.toJSON()).toEqual({
      root: 'a function',
      trackedAt: undefined,
      messages: [],
      failures: [],
      pendingTimers: 0,
    });
    expect([flow.tree(), flow.result, flow.error]).toEqual(['', undefined, undefined]);
  });
});
