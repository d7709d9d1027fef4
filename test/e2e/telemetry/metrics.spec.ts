import { jest } from '@jest/globals';
import { Command, CommandHandler, CqrsModule, Event, Query, Saga } from '../../../lib/index.js';
import { CqrsOpenTelemetryModule } from '../../../lib/integrations/opentelemetry/index.js';
import { track } from '../../../lib/testing/index.js';
import { start } from '../../support/application.js';
import { quietLog } from '../../support/quiet-log.js';
import { descriptors, measured, namesOfSpans, useTelemetry } from '../../support/telemetry.js';
import { pending, quiet } from '../../support/waiting.js';
import { GetLines, GetPrice, PlaceOrder, shop } from './shop.js';

class Broken extends Event {}
class Slow extends Query<void> {}
class Timed extends Query<void> {}
class Begun extends Event {}
class Hold extends Command {}

useTelemetry();
beforeEach(() => quietLog());

const application = (spans: boolean) =>
  start({
    imports: [CqrsModule.forRoot({ sagas: { concurrency: 1 } }), CqrsOpenTelemetryModule.forRoot({ spans })],
    providers: [shop],
  });

/** How often something was measured, by its labels. */
const counts = async (name: string): Promise<Record<string, unknown>> =>
  Object.fromEntries(
    (await measured(name)).map(({ attributes, value }) => [
      Object.values(attributes)
        .filter(label => label !== 'nestjs_cqrs')
        .join(' '),
      typeof value === 'number' ? value : (value as { count: number }).count,
    ]),
  );

it('measures count and time messages, and failures, also without spans', async () => {
  const { app, commands, queries } = await application(false);
  await expect(commands.execute(new PlaceOrder('nothing'))).rejects.toThrow('none left');
  const { failures } = await track(app, { failures: 'collect' }).execute(new PlaceOrder());
  expect(failures).toHaveLength(1);
  for await (const _row of queries.stream(new GetLines()));
  expect(namesOfSpans()).toEqual([]);
  expect(await counts('messaging.process.duration')).toMatchObject({
    'execute shop.place command': 1,
    'execute shop.place command OutOfStock': 1,
    'ask GetPrice query': 4,
    'stream GetLines query': 1,
    'process shop.placed event Shop.reserve': 1,
    'process shop.placed event Shop.audit': 1,
    'execute Count command OutOfStock': 1,
  });
  expect(await counts('messaging.client.sent.messages')).toEqual({
    'publish shop.placed event': 1,
    'publish StockReserved event': 1,
  });
  expect(await counts('cqrs.failures.unhandled')).toEqual({ 'Shop.counts OutOfStock': 1 });
  const waiting = await counts('cqrs.saga.waiting');
  expect(Object.keys(waiting)).toEqual(expect.arrayContaining(['Shop.onPlaced', 'Shop.counts']));
  expect(new Set(Object.values(waiting))).toEqual(new Set([0]));
  expect(new Set(Object.values(await counts('cqrs.active')))).toEqual(new Set([0]));
});

it('a failure of an event handler is unhandled unless the caller of publish gets it', async () => {
  const { events } = await application(false);
  events.register(Broken, () => {
    throw new TypeError('broken');
  });
  const broken = async () =>
    (await measured('cqrs.failures.unhandled')).find(
      ({ attributes }) => attributes['messaging.destination.name'] === 'Broken',
    )?.value;
  await expect(events.publish(new Broken(), { onError: 'throw' })).rejects.toThrow('broken');
  await events.publish(new Broken(), { onError: 'collect' });
  expect(await broken()).toBeUndefined();
  await events.publish(new Broken());
  expect(await broken()).toBe(1);
});

it('instruments have the names, units and boundaries of the conventions', async () => {
  const { queries } = await application(true);
  await queries.execute(new GetPrice());
  const found = Object.fromEntries((await descriptors()).map(({ name, ...rest }) => [name, rest]));
  expect(found).toMatchObject({
    'messaging.process.duration': {
      unit: 's',
      description: 'Duration of handling a message, with middleware.',
      advice: {
        explicitBucketBoundaries: [
          0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
        ],
      },
    },
    'messaging.client.sent.messages': {
      unit: '{message}',
      description: 'Events that are published, and messages that leave the process.',
    },
    'cqrs.active': { unit: '{message}', description: 'Messages that are being handled.' },
    'cqrs.failures.unhandled': {
      unit: '{failure}',
      description: 'Failures of event handlers, of sagas and of their commands.',
    },
    'cqrs.saga.waiting': { unit: '{command}', description: 'Commands of sagas that wait for earlier ones.' },
  });
});

it('a message that is being handled counts as active until it ends', async () => {
  const { queries } = await application(false);
  const { promise, finish } = pending();
  queries.register(Slow, () => promise);
  const active = async () =>
    (await measured('cqrs.active')).find(({ attributes }) => attributes['messaging.destination.name'] === 'Slow')
      ?.value;
  const asked = queries.execute(new Slow());
  expect(await active()).toBe(1);
  finish();
  await asked;
  expect(await active()).toBe(0);
});

it('durations are in seconds', async () => {
  const { queries } = await application(false);
  let now = 5000;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  queries.register(Timed, async () => void (now += 2500));
  await queries.execute(new Timed());
  const durations = await measured('messaging.process.duration');
  const timed = durations.find(({ attributes }) => attributes['messaging.destination.name'] === 'Timed');
  expect(timed!.value).toMatchObject({ count: 1, sum: 2.5 });
});

it('a command of a saga waits until it is sent, or dropped when the application is closed', async () => {
  const { promise, finish } = pending();
  class Holding {
    @Saga(Begun)
    holds(): Command[] {
      return [new Hold(), new Hold()];
    }

    @CommandHandler(Hold)
    async hold(): Promise<void> {
      await promise;
    }
  }
  const cqrs = CqrsModule.forRoot({ sagas: { concurrency: 1 }, shutdown: { timeout: 1 } });
  const { app, events } = await start({
    imports: [cqrs, CqrsOpenTelemetryModule.forRoot({ spans: false })],
    providers: [Holding],
  });
  const waiting = async () => (await counts('cqrs.saga.waiting'))['Holding.holds'];
  await events.publish(new Begun());
  await quiet();
  expect(await waiting()).toBe(1);
  await app.close();
  expect(await waiting()).toBe(0);
  finish();
});
