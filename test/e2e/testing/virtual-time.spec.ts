import { join } from 'node:path';
import { jest } from '@jest/globals';
import { Injectable, type INestApplicationContext } from '@nestjs/common';
import { bufferTime, debounceTime, delay, filter, map, type Observable } from 'rxjs';
import { Command, CommandHandler, CqrsModule, Event, MessageContext, ofType, Saga } from '../../../lib/index.js';
import { track, virtualTime } from '../../../lib/testing/index.js';
import { start } from '../../support/application.js';
import { quietLog } from '../../support/quiet-log.js';
import { answerOf } from '../../support/program.js';

class Ordered extends Event {
  constructor(readonly id: string) {
    super();
  }
}
class Remind extends Command {
  constructor(readonly id: string) {
    super();
  }
}
class Warn extends Command {}
class Count extends Command {
  constructor(readonly count: number) {
    super();
  }
}

const HOUR = 3_600_000;
const found: unknown[] = [];

@Injectable()
class Reminders {
  @Saga()
  delayed = (events$: Observable<object>) =>
    events$.pipe(
      ofType(Ordered),
      delay(24 * HOUR),
      map(({ id }) => new Remind(id)),
    );

  @Saga()
  debounced = (events$: Observable<object>) =>
    events$.pipe(
      ofType(Ordered),
      debounceTime(HOUR),
      map(() => new Warn()),
    );

  @Saga()
  buffered = (events$: Observable<object>) =>
    events$.pipe(
      ofType(Ordered),
      bufferTime(2 * HOUR),
      filter(all => all.length > 0),
      map(({ length }) => new Count(length)),
    );

  @CommandHandler(Remind)
  remind(_command: Remind, context: MessageContext): void {
    found.push(context.parent?.type, new Date());
  }

  @CommandHandler(Warn)
  async warn(_command: Warn): Promise<void> {}

  @CommandHandler(Count)
  count(_command: Count): void {}
}

let app: INestApplicationContext;

const startReminders = async (): Promise<void> => {
  ({ app } = await start({ imports: [CqrsModule.forRoot({ propagateContext: true })], providers: [Reminders] }));
};

beforeEach(() => (found.length = 0));

describe('virtualTime()', () => {
  it('lets a saga wait for a day, and keeps what has caused its command', async () => {
    using clock = virtualTime({ start: new Date('2026-01-01T00:00:00Z') });
    await startReminders();
    const flow = await track(app).publish(new Ordered('o1'));
    expect([flow.executed.length, flow.pendingTimers > 0]).toEqual([0, true]);
    await clock.advance('23h');
    flow.executed.none(Remind);
    flow.executed.only(Warn);
    await clock.advance(HOUR);
    const [remind] = flow.executed.of(Remind);
    expect([remind!.message, remind!.cause?.message, remind!.saga]).toEqual([
      new Remind('o1'),
      new Ordered('o1'),
      'Reminders.delayed',
    ]);
    expect(found).toEqual([Ordered, new Date('2026-01-02T00:00:00Z')]);
    expect([flow.late.length, clock.now]).toEqual([0, new Date('2026-01-02T00:00:00Z')]);
  });

  it('keeps flows apart whose timers fire at the same time', async () => {
    using clock = virtualTime();
    await startReminders();
    const [one, two] = await Promise.all(['o1', 'o2'].map(id => track(app).publish(new Ordered(id))));
    await clock.advance('1d');
    expect([one!, two!].map(({ executed }) => executed.only(Remind).id)).toEqual(['o1', 'o2']);
  });

  it('adopts the clock of Jest, and leaves it there', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    const faked = globalThis.setTimeout;
    try {
      const clock = virtualTime();
      await startReminders();
      const flow = await track(app).publish(new Ordered('o1'));
      await clock.advance('24h');
      expect(flow.executed.only(Remind)).toEqual(new Remind('o1'));
      clock.restore();
      expect(globalThis.setTimeout).toBe(faked);
    } finally {
      jest.useRealTimers();
    }
  });

  it('is moved by a function of the test, for a runner whose clock is not found', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    delete (globalThis.setTimeout as { clock?: unknown }).clock;
    const moved: number[] = [];
    const advance = (time: number) => {
      moved.push(time);
      return jest.advanceTimersByTimeAsync(time);
    };
    try {
      using clock = virtualTime({ advance });
      await startReminders();
      const flow = await track(app).publish(new Ordered('o1'));
      await clock.advance('24h');
      expect([moved, flow.executed.only(Remind), flow.late.length]).toEqual([[24 * HOUR], new Remind('o1'), 0]);
    } finally {
      jest.useRealTimers();
    }
  });

  it('counts the timers of a flow, and forgets those that are cleared', async () => {
    using clock = virtualTime();
    await startReminders();
    const timers: ReturnType<typeof setTimeout>[] = [];
    const flow = await track(app).run(() => {
      timers.push(
        setTimeout(() => undefined, 1),
        setTimeout(() => undefined, HOUR),
      );
      timers.push(setInterval(() => undefined, HOUR));
    });
    const counts = [flow.pendingTimers];
    await clock.advance(1);
    counts.push(flow.pendingTimers);
    for (const timer of timers) clearTimeout(timer);
    clearInterval(timers[2]);
    counts.push(flow.pendingTimers);
    expect(counts).toEqual([3, 2, 0]);
  });

  it('moves node:timers/promises, too', async () => {
    expect(await answerOf(join(import.meta.dirname, 'virtual-time-program.ts'))).toEqual({
      before: [1, 1],
      length: 2,
      cause: 'Wait',
      aborted: 'AbortError',
      real: 'real',
    });
  }, 60_000);

  it('says what is missing where no clock is installed', () => {
    const here = process.cwd();
    process.chdir('/');
    try {
      expect(() => virtualTime()).toThrow(
        'virtualTime() needs a clock. Install @sinonjs/fake-timers, or call jest.useFakeTimers() or vi.useFakeTimers() before.',
      );
    } finally {
      process.chdir(here);
    }
  });

  it('gives timers back, and refuses what is not a time', async () => {
    const { setTimeout: real } = globalThis;
    const clock = virtualTime();
    expect(globalThis.setTimeout).not.toBe(real);
    await expect(clock.advance('1 day' as never)).rejects.toThrow("'24h', not 1 day");
    clock[Symbol.dispose]();
    expect(globalThis.setTimeout).toBe(real);
  });

  it('does not keep an application that closes from ending, which waits in real time', async () => {
    const log = quietLog();
    using _clock = virtualTime();
    const { app: closing, events } = await start({
      imports: [CqrsModule.forRoot({ shutdown: { timeout: 20 } })],
      providers: [Reminders],
    });
    await events.publish(new Ordered('o1'));
    await closing.close();
    expect(log.error.mock.calls.join('\n')).toContain('CQRS_SHUTDOWN_TIMEOUT');
  });
});
