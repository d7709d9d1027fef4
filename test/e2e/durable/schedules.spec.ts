import {
  Command,
  CommandHandler,
  CqrsException,
  CqrsModule,
  Durable,
  Event,
  later,
  Message,
  MessageContext,
  Saga,
  schedule,
  Schedules,
  type DurableModuleOptions,
} from '../../../lib/index.js';
import { MemoryTransport } from '../../../lib/testing/index.js';
import { refusalOf, start } from '../../support/application.js';
import { quietLog } from '../../support/quiet-log.js';

@Durable()
@Message({ name: 'report.build' })
class BuildReport extends Command {
  constructor(readonly kind = 'daily') {
    super();
  }
}

@Durable()
@Message({ name: 'report.unhandled' })
class Unhandled extends Command {}

@Message({ name: 'customer.registered' })
class Registered extends Event {}

const built: { readonly kind: string; readonly context: MessageContext }[] = [];

class Reports {
  @CommandHandler(BuildReport)
  build({ kind }: BuildReport, context: MessageContext): void {
    built.push({ kind, context });
  }
}

const kinds = () => built.map(({ kind }) => kind);

const midnight = new Date('2026-06-01T00:00:00Z');

const started = (durable: Partial<DurableModuleOptions>, transport = new MemoryTransport({ start: midnight })) =>
  start({
    imports: [CqrsModule.forRoot({ durable: { transport, ...durable } })],
    providers: [Reports],
  }).then(application => ({ ...application, transport, schedules: application.app.get(Schedules) }));

const HOUR = 3_600_000;

beforeEach(() => {
  built.length = 0;
});

describe('schedules', () => {
  it('store a command at each time of the cron expression, in its time zone', async () => {
    const { transport } = await started({
      schedules: [schedule('nightly', new BuildReport(), { cron: '0 3 * * *', timeZone: 'Europe/Berlin' })],
    });
    await transport.clock.advance(HOUR - 1);
    expect(kinds()).toEqual([]);
    await transport.clock.advance(1);
    expect(kinds()).toEqual(['daily']);
    await transport.clock.advance(48 * HOUR);
    expect(kinds()).toEqual(['daily', 'daily', 'daily']);
    expect(new Set(built.map(({ context }) => context.messageId)).size).toBe(3);
    expect(new Set(built.map(({ context }) => context.correlationId)).size).toBe(3);
  });

  it('are removed at startup when they are no longer declared', async () => {
    const transport = new MemoryTransport({ start: midnight });
    const first = await started(
      { schedules: [schedule('old', new BuildReport('old'), { cron: '0 * * * *' })] },
      transport,
    );
    await first.app.close();
    const { schedules } = await started(
      { schedules: [schedule('new', new BuildReport('new'), { cron: '30 * * * *' })] },
      new MemoryTransportOver(transport).fresh(),
    );
    expect((await schedules.list()).map(({ name }) => name)).toEqual(['new']);
  });

  it('that were set at run time stay until they are removed', async () => {
    const transport = new MemoryTransport({ start: midnight });
    const { app, schedules } = await started({}, transport);
    await schedules.set(schedule('hourly', new BuildReport('hourly'), { cron: '0 * * * *' }));
    await app.close();
    const again = await started({}, new MemoryTransportOver(transport).fresh());
    expect(await again.schedules.list()).toEqual([
      {
        name: 'hourly',
        queue: 'report.build',
        cron: '0 * * * *',
        timeZone: 'UTC',
        isDeclared: false,
        command: new BuildReport('hourly'),
      },
    ]);
    expect([await again.schedules.remove('hourly'), await again.schedules.remove('hourly')]).toEqual([true, false]);
  });

  it('are refused at run time where they cannot work', async () => {
    const { schedules } = await started({});
    await expect(schedules.set(schedule('a', new BuildReport(), { cron: 'daily' }))).rejects.toMatchObject({
      code: 'CQRS_INVALID_OPTIONS',
    });
    class Unknown extends Command {}
    await expect(schedules.set(schedule('a', new Unknown(), { cron: '0 * * * *' }))).rejects.toMatchObject({
      code: 'CQRS_NOT_DURABLE_CLASS',
      message: expect.stringMatching(/^The schedule "a" does not work\. .*Where: schedule\('a'\)/),
    });
    await expect(schedules.set(schedule('b', new Unhandled(), { cron: '0 * * * *' }))).rejects.toMatchObject({
      code: 'CQRS_HANDLER_NOT_FOUND',
      where: "schedule('b')",
    });
    expect(await schedules.list()).toEqual([]);
  });

  it('are refused with their name by an engine that takes other expressions', async () => {
    const { schedules } = await started({});
    await expect(schedules.set(schedule('a', new BuildReport(), { cron: '0 0 30 2 */2' }))).rejects.toMatchObject({
      code: 'CQRS_NOT_STORED',
      what: expect.stringContaining('The schedule "a" (0 0 30 2 */2, UTC) could not be set in memory: '),
      where: "schedule('a')",
    });
  });

  it('are refused with the error of an engine that says one itself', async () => {
    const { schedules, transport } = await started({});
    const refusal = new CqrsException({ code: 'CQRS_ENGINE_UNAVAILABLE', what: 'It is away.', remedy: 'Wait.' });
    transport.schedules.set = () => Promise.reject(refusal);
    await expect(schedules.set(schedule('a', new BuildReport(), { cron: '0 * * * *' }))).rejects.toBe(refusal);
  });

  it('are refused where the engine has none', async () => {
    const transport = Object.assign(new MemoryTransport(), { schedules: undefined }) as never;
    const { schedules } = await started({}, transport);
    await expect(schedules.list()).rejects.toMatchObject({
      code: 'CQRS_NO_SCHEDULES',
      what: 'memory cannot store messages on a schedule.',
    });
  });

  it('are listed without their command where it cannot be read any more', async () => {
    const { schedules, transport } = await started({});
    const at = { queue: 'report.build', cron: '0 * * * *', timeZone: 'UTC', isDeclared: false };
    const retry = { limit: 0, delay: 0, backoff: false, maxDelay: 0 };
    const gone = { kind: 'command', envelope: { meta: { name: 'report.gone' }, payload: {} }, enqueuedAt: 1 } as const;
    await transport.schedules.set({ ...at, name: 'gone', data: gone, retry });
    await transport.schedules.set({ ...at, name: 'number', data: 5 as never, retry });
    expect(await schedules.list()).toEqual([
      { ...at, name: 'gone', command: undefined },
      { ...at, name: 'number', command: undefined },
    ]);
  });

  it('are refused at startup, before the engine is opened, all together', async () => {
    class Plain extends Command {}
    const transport = new MemoryTransport();
    let isOpen = false;
    transport.open = async () => {
      isOpen = true;
    };
    const schedules = [
      schedule('minutes', new BuildReport(), { cron: '61 * * * *' }),
      schedule('never', new BuildReport(), { cron: '0 0 30 2 *' }),
      schedule('plain', new Plain(), { cron: '* * * * *' }),
      schedule('object', {}, { cron: '* * * * *' }),
      schedule('unhandled', new Unhandled(), { cron: '* * * * *' }),
    ];
    const { problems } = await refusalOf({
      imports: [CqrsModule.forRoot({ durable: { transport, schedules } })],
      providers: [Reports],
    });
    expect(problems.map(({ code, where }) => `${code} ${where}`)).toEqual([
      "CQRS_INVALID_OPTIONS schedule('minutes')",
      "CQRS_INVALID_OPTIONS schedule('never')",
      "CQRS_NOT_DURABLE_CLASS schedule('plain')",
      "CQRS_NOT_DURABLE_CLASS schedule('object')",
      "CQRS_HANDLER_NOT_FOUND schedule('unhandled')",
    ]);
    expect(isOpen).toBe(false);
  });

  it('store commands of another process', async () => {
    const { schedules } = await started({
      elsewhere: [Unhandled],
      schedules: [schedule('a', new Unhandled(), { cron: '0 * * * *' })],
    });
    expect(await schedules.list()).toMatchObject([{ name: 'a', queue: 'report.unhandled' }]);
  });

  it('are refused at startup where they cannot work', async () => {
    const refusal = (schedules: unknown) =>
      started({ schedules: schedules as never }).then(
        () => [],
        (error: { problems: { what: string }[] }) => error.problems.map(({ what }) => what),
      );
    quietLog();
    expect(await refusal([schedule('a', new BuildReport(), { cron: 'every day' })])).toEqual([
      expect.stringContaining('cron'),
    ]);
    expect(await refusal([schedule('a', new BuildReport(), { cron: '* * * * *', timeZone: 'Mars' })])).toEqual([
      expect.stringContaining('time zone'),
    ]);
    expect(await refusal([schedule('', new BuildReport(), { cron: '* * * * *' })])).toEqual([
      expect.stringContaining('name'),
    ]);
    expect(
      await refusal([
        schedule('a', new BuildReport(), { cron: '* * * * *' }),
        schedule('a', new BuildReport(), { cron: '0 * * * *' }),
      ]),
    ).toEqual(['Two schedules have the name "a".']);
    expect(await refusal([{ name: 'a' }])).toHaveLength(1);
  });
});

/** The transport of the next process over the same storage. */
class MemoryTransportOver {
  constructor(private readonly transport: MemoryTransport) {}

  fresh(): MemoryTransport {
    return Object.assign(this.transport.another(), { clock: this.transport.clock }) as MemoryTransport;
  }
}

describe('later()', () => {
  it('lets a saga store a command, with the event as its cause', async () => {
    class Reminders {
      @Saga(Registered)
      remind = () => later(new BuildReport('reminder'), { delay: HOUR });
    }
    const transport = new MemoryTransport();
    const { events } = await start({
      imports: [CqrsModule.forRoot({ durable: { transport } })],
      providers: [Reports, Reminders],
    });
    await events.publish(new Registered(), { messageId: 'event', correlationId: 'chain' });
    await transport.clock.advance(HOUR - 1);
    expect(kinds()).toEqual([]);
    await transport.clock.advance(1);
    expect(kinds()).toEqual(['reminder']);
    expect(built[0]!.context).toMatchObject({ correlationId: 'chain', causationId: 'event' });
  });

  it('is reported where the application stores nothing', async () => {
    class Reminders {
      @Saga(Registered)
      remind = () => later(new BuildReport());
    }
    const { events, log } = await start({ imports: [CqrsModule.forRoot()], providers: [Reports, Reminders] });
    await events.publish(new Registered());
    await new Promise(resolve => setTimeout(resolve, 10));
    expect(log.errors).toEqual([expect.stringContaining('CQRS_NOT_DURABLE')]);
  });
});
