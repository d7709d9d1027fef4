import type { Dispatcher } from '../../../lib/dispatch/dispatcher.js';
import { FailureReporter, type UnhandledException } from '../../../lib/dispatch/failures.js';
import type { Pipeline } from '../../../lib/dispatch/pipeline.js';
import { ProbeWatch } from '../../../lib/dispatch/probe-watch.js';
import { Probes } from '../../../lib/dispatch/probes.js';
import { EventQueue } from '../../../lib/events/event-queue.js';
import { ProbedDelivery } from '../../../lib/events/probed-delivery.js';
import { ProbedOutside } from '../../../lib/events/probed-outside.js';
import type { PublishedEvent } from '../../../lib/events/published-event.js';
import { quietLog } from '../../support/quiet-log.js';

class Paid {}

const full = new RangeError('Maximum call stack size exceeded');

/** As a stack that ends before the handler is called. */
const torn = {
  composed: { usesContext: false },
  invoker: { identity: { name: 'Notes.note' } },
  get isWatched(): boolean {
    throw full;
  },
} as unknown as Pipeline;

/** The same, before it is asked for its instance. */
const unprepared = {
  composed: { usesContext: false },
  invoker: { identity: { name: 'Notes.note' } },
  get prepare(): never {
    throw full;
  },
} as unknown as Pipeline;

const ends: unknown[] = [];
const probe = { publish: () => ({ end: (...given: unknown[]) => void ends.push(given) }) };

beforeEach(() => {
  quietLog();
  ends.length = 0;
});

describe('what a probe has seen begin ends, where the stack ends within', () => {
  const delivery = () => {
    const watch = new ProbeWatch([{ probe, watching: probe.publish() }], () => undefined);
    return new ProbedDelivery(new Paid(), [torn], {} as Dispatcher, new FailureReporter()).probedBy(watch);
  };

  it.each(['sequential', 'untilFailure'] as const)('a delivery to handlers in turn, %s', async mode => {
    await expect(delivery().deliverInTurn(mode)).rejects.toBe(full);
    expect(ends).toEqual([[]]);
  });

  it('a delivery to all handlers at once', () => {
    const audience = { observed: true, show: () => undefined };
    expect(() => delivery().deliverAndShow(audience)).toThrow(full);
    expect(ends).toEqual([[full]]);
  });

  it.each<[string, Pipeline]>([
    ['before the first handler is prepared', unprepared],
    ['in the delivery', torn],
  ])('the publishing of an event, %s: it is refused and reported', async (_when, pipeline) => {
    const probes = new Probes();
    probes.add(probe);
    const publish = (moment: PublishedEvent) => probes.begin('publish', moment);
    const dispatcher = { pipelinesOf: () => ({ all: [pipeline], publish }) } as unknown as Dispatcher;
    const reported: UnhandledException[] = [];
    const reporter = new FailureReporter({ publish: info => reported.push(info) });
    const queue = new EventQueue(dispatcher, { observed: false, show: () => undefined }, reporter);
    await expect(queue.publish(new Paid())).rejects.toBe(full);
    expect(ends).toEqual([[full]]);
    expect(reported.map(({ exception }) => exception)).toEqual([full]);
  });

  it('what runs to its end, and what is read to its end', () => {
    const probes = new Probes();
    probes.add({ receives: probe.publish });
    const received = { from: 'remote', message: new Paid(), headers: {} } as const;
    const throwing = () => {
      throw full;
    };
    expect(() => probes.during('receives', received, throwing)).toThrow(full);
    expect(ends.splice(0)).toEqual([[full]]);
    expect(() => probes.duringRows('receives', received, throwing)).toThrow(full);
    expect(ends).toEqual([[full]]);
  });

  it('a publisher that gets one event, or several, in place of the handlers', async () => {
    const probes = new Probes();
    probes.add(probe);
    const dispatcher = { probes } as Dispatcher;
    const throwing = () => {
      throw full;
    };
    await expect(new ProbedOutside(new Paid(), 'Broker', dispatcher).during(throwing)).rejects.toBe(full);
    expect(ends.splice(0)).toEqual([[full]]);
    await expect(new ProbedOutside([new Paid(), new Paid()], 'Broker', dispatcher).during(throwing)).rejects.toBe(full);
    expect(ends.splice(0)).toEqual([[full], [full]]);
    const onlyOnce = new Set([new Paid()]).values();
    expect(await new ProbedOutside(onlyOnce, 'Broker', dispatcher).during(async () => 'published')).toBe('published');
    expect(ends).toEqual([]);
  });
});
