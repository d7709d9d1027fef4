import { FlowLog, Work, type LoggedFailure } from '../../../../lib/testing/flow/flow-log.js';
import { RecordedMessage, RecordedRun, type SentMessage } from '../../../../lib/testing/flow/recorded.js';
import { notHandled, notSettled } from '../../../../lib/testing/flow/reports.js';
import { steady } from '../../../support/golden.js';

class Ship {}
class Shipped {}

const handler = { name: 'Shipping.ship', module: 'ShippingModule' };

function sent(one: Partial<SentMessage> = {}, cause?: RecordedMessage): RecordedMessage {
  const message = new RecordedMessage({ kind: 'command', message: new Ship(), ...one, cause, by: undefined });
  message.isDispatched = true;
  return message;
}

const event = (one: Partial<SentMessage> = {}) => sent({ kind: 'event', message: new Shipped(), ...one });

/** The lines on what runs, what waits and what is pending. */
function linesOf(log: FlowLog, hasUntil = false): string[] {
  const { message } = notSettled({ log, trackedAt: undefined }, { timeout: 1_000, hasUntil });
  const lines = steady(message).split('\n');
  expect([lines[0], lines.at(-1)]).toEqual([
    'Not settled after 1,000 ms: command Ship.'.replace('1,000', 'N'),
    'Give it longer with { timeout }, or end what runs.',
  ]);
  const end = lines.indexOf('So far:');
  return lines.slice(1, end === -1 ? -1 : end).map(line => line.trim());
}

const worksOf = (...works: Work[]): string[] => {
  const log = new FlowLog('command Ship', []);
  for (const work of works) log.begin(work);
  return linesOf(log);
};

describe('what a flow that has not settled still does', () => {
  it('a handler that runs, at its first attempt and at a later one', () => {
    const recorded = sent();
    const run = (attempt: number) => new Work('handler', recorded, handler, new RecordedRun(handler, attempt, false));
    expect(worksOf(run(1))).toEqual(['running  command Ship → Shipping.ship (ShippingModule), for N ms']);
    expect(worksOf(run(2))).toEqual(['running  command Ship → Shipping.ship (ShippingModule), for N ms, attempt 2']);
  });

  it('a saga at work on its event, and a handler of which the module is not known', () => {
    expect(worksOf(new Work('saga', event(), { name: 'Sagas.ship', module: undefined }))).toEqual([
      'running  saga Sagas.ship on event Shipped, for N ms',
    ]);
  });

  it.each<[Work['what'], string]>([
    ['rows', 'running  rows of command Ship, for N ms'],
    ['prepare', 'running  command Ship: the instance of Shipping.ship (ShippingModule) is made, for N ms'],
    ['dispatch', 'running  command Ship in its middleware, for N ms'],
    ['emission', 'waiting  command Ship, for N ms: behind sagas.concurrency'],
    ['publish', 'waiting  command Ship for its turn, for N ms'],
  ])('%s', (what, line) => {
    expect(worksOf(new Work(what, sent(), handler))).toEqual([line]);
  });

  it.each<[Work['what'], Work['what'][]]>([
    ['rows', ['handler']],
    ['dispatch', ['handler']],
    ['emission', ['dispatch', 'handler']],
    ['publish', ['dispatch', 'handler', 'prepare']],
  ])('%s is not told where one of its own parts is, but where that of another message is', (outer, inners) => {
    for (const inner of inners) {
      const recorded = sent();
      const work = (what: Work['what'], of = recorded) =>
        new Work(what, of, handler, new RecordedRun(handler, 1, false));
      const alone = worksOf(work(inner));
      expect(alone).toHaveLength(1);
      expect(worksOf(work(outer), work(inner))).toEqual(alone);
      expect(worksOf(work(outer), work(inner, event()))).toHaveLength(2);
    }
  });

  it('commands of a saga are named after it', () => {
    const recorded = sent({ saga: 'Sagas.ship' });
    const handling = new Work('handler', recorded, handler, new RecordedRun(handler, 1, false));
    const of = ['dispatch', 'emission'].map(what => worksOf(new Work(what as 'dispatch', recorded)));
    expect([worksOf(handling), ...of].flat()).toEqual([
      'running  command Ship of the saga Sagas.ship → Shipping.ship (ShippingModule), for N ms',
      'running  command Ship of the saga Sagas.ship in its middleware, for N ms',
      'waiting  command Ship of the saga Sagas.ship, for N ms: behind sagas.concurrency',
    ]);
  });

  it('what was given to run(), only if nothing else does', () => {
    const root = new Work('root');
    expect(worksOf(root)).toEqual(['running  what was given to run(), for N ms']);
    expect(worksOf(root, new Work('dispatch', sent()))).toEqual(['running  command Ship in its middleware, for N ms']);
  });

  it('until(), only if nothing else does', () => {
    const log = new FlowLog('command Ship', []);
    expect(linesOf(log, true)).toEqual(['waiting  until() has not been true']);
    log.begin(new Work('publish', event()));
    expect(linesOf(log, true)).toEqual(['waiting  event Shipped for its turn, for N ms']);
  });

  it('timers, counted by what has begun them', () => {
    const log = new FlowLog('command Ship', []);
    const recorded = sent();
    const run = new RecordedRun(handler, 1, false);
    [{ recorded, run }, { recorded }, { recorded, run }, { recorded, saga: 'Sagas.remind' }, {}].forEach((cause, id) =>
      log.timers.begin(id, { cause, resource: {} }),
    );
    expect(linesOf(log)).toEqual([
      'pending  2 timers begun by Shipping.ship (ShippingModule) (not waited for as such)',
      'pending  1 timer begun by command Ship (not waited for as such)',
      'pending  1 timer begun by the saga Sagas.remind (not waited for as such)',
      'pending  1 timer begun by the test (not waited for as such)',
    ]);
  });

  it('where it was tracked, what has happened, and what it has failed with', () => {
    const log = new FlowLog('command Ship', []);
    log.add(sent());
    const cause = new Error('late');
    const error = notSettled({ log, trackedAt: 'ship.spec.ts:7' }, { timeout: 5, hasUntil: false, cause });
    expect(error.message.split('\n').slice(0, 3)).toEqual([
      'Not settled after 5 ms: command Ship, tracked at ship.spec.ts:7.',
      'So far:',
      '  command Ship  running',
    ]);
    expect(error.cause).toBe(cause);
  });
});

describe('a flow that never ends', () => {
  const endless = (count: number) => {
    const log = new FlowLog('command Ship', []);
    let cause: RecordedMessage | undefined;
    for (let i = 0; i < count; i++) {
      cause = sent({}, cause);
      log.add(cause);
      log.begin(new Work('dispatch', cause));
      log.fail({ error: i, message: undefined, handler: undefined, recorded: cause });
    }
    return log;
  };

  it('has a report of its first messages, however many have come', () => {
    const { message } = notSettled({ log: endless(5_000), trackedAt: undefined }, { timeout: 5, hasUntil: false });
    const lines = message.split('\n');
    expect(lines.filter(line => line.includes('in its middleware'))).toHaveLength(20);
    expect(lines.filter(line => line.includes('└─ command Ship'))).toHaveLength(59);
    expect(lines.filter(line => line.includes('more'))).toEqual([
      '  and 4,980 more messages',
      '  and 4,940 more messages',
    ]);
  });

  it('has a report of its first failures', () => {
    const { message } = notHandled({ log: endless(21), trackedAt: undefined }, 5);
    expect(message.split('\n').slice(-2)[0]).toBe('  and 1 more failure');
  });
});

describe('failures that were not handled', () => {
  const told = (failure: Partial<LoggedFailure>, trackedAt?: string): string[] => {
    const log = new FlowLog('command Ship', []);
    log.fail({ error: 'no carrier', message: undefined, handler: undefined, recorded: undefined, ...failure });
    const { message } = notHandled({ log, trackedAt }, 5);
    const lines = message.split('\n');
    expect([lines[0], lines.at(-1)]).toEqual([
      'The flow settled after 5 ms, but these failures were not handled:',
      "Where the test is about this: track(app, { failures: 'collect' }), then flow.failures.",
    ]);
    return lines.slice(1, -1);
  };

  it('of which neither message nor handler is known', () => {
    expect(told({})).toEqual(['  a message: no carrier']);
    expect(told({}, 'ship.spec.ts:7')).toEqual(['  a message: no carrier', '    tracked at ship.spec.ts:7']);
    expect(told({ handler })).toEqual(['  a message → Shipping.ship (ShippingModule): no carrier']);
  });

  it('of what the test has sent', () => {
    expect(told({ recorded: event(), handler })).toEqual([
      '  event Shipped → Shipping.ship (ShippingModule): no carrier',
    ]);
  });

  it('of a command of a saga: the handler of the command, where the saga is named as the place', () => {
    const cause = event();
    const recorded = sent({ saga: 'Sagas.ship' }, cause);
    const saga = { name: 'Sagas.ship', module: 'ShippingModule' };
    expect(told({ recorded, handler: saga })[0]).toBe('  command Ship of the saga Sagas.ship: no carrier');
    recorded.handlers.push(new RecordedRun(handler, 1, false));
    expect(told({ recorded, handler: saga }, 'ship.spec.ts:7')).toEqual([
      '  command Ship of the saga Sagas.ship → Shipping.ship (ShippingModule): no carrier',
      '    caused by the saga Sagas.ship for event Shipped, tracked at ship.spec.ts:7',
    ]);
    expect(told({ recorded, handler })[0]).toBe(
      '  command Ship of the saga Sagas.ship → Shipping.ship (ShippingModule): no carrier',
    );
  });

  it('the place of the test stands at what was caused first alone', () => {
    const second = sent({ saga: 'Sagas.ship' }, sent({}, event()));
    expect(told({ recorded: second, handler }, 'ship.spec.ts:7').at(-1)).toBe(
      '    caused by the saga Sagas.ship for command Ship',
    );
  });
});
