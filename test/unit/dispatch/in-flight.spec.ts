import { Logger } from '@nestjs/common';
import { CommandBus, EventBus } from '../../../lib/index.js';
import { InFlight, type Running } from '../../../lib/dispatch/in-flight.js';

class Work {}
class Happened {}

beforeAll(() => Logger.overrideLogger(false));

const running = (): Running => ({ type: Work, invoker: { identity: { name: 'WorkHandler' } }, running: 0 });
const quiet = () => new Promise(resolve => setImmediate(resolve));

function pending() {
  const controls: { finish?: () => void; fail?: (error: Error) => void } = {};
  const promise = new Promise<void>((resolve, reject) => Object.assign(controls, { finish: resolve, fail: reject }));
  return { promise, finish: () => controls.finish!(), fail: () => controls.fail!(new Error('late')) };
}

describe('draining', () => {
  it('ends at once where nothing runs', async () => {
    expect(await new InFlight().drain(60_000)).toEqual([]);
  });

  it.each(['finish', 'fail'] as const)('waits for the promises of callers, however they end (%s)', async end => {
    const [inFlight, one, two] = [new InFlight(), pending(), pending()];
    inFlight.note(one.promise, running());
    inFlight.note(two.promise, running());
    let drained = false;
    const draining = inFlight.drain(60_000).then(late => {
      drained = true;
      return late;
    });
    one[end]();
    await quiet();
    expect(drained).toBe(false);
    two[end]();
    expect(await draining).toEqual([]);
  });

  it('lets several wait at once', async () => {
    const [inFlight, work] = [new InFlight(), running()];
    inFlight.begin(work);
    const draining = [inFlight.drain(60_000), inFlight.drain(60_000)];
    inFlight.end(work);
    expect(await Promise.all(draining)).toEqual([[], []]);
  });

  it('waits for what is counted, and for what begins meanwhile', async () => {
    const [inFlight, first, second] = [new InFlight(), running(), running()];
    inFlight.begin(first);
    const draining = inFlight.drain(60_000);
    inFlight.begin(second);
    inFlight.end(first);
    await quiet();
    const sent = pending();
    inFlight.note(sent.promise, running());
    inFlight.end(second);
    await quiet();
    sent.finish();
    expect(await draining).toEqual([]);
  });

  it('tells what still runs when the time is over, one entry a dispatch', async () => {
    const [inFlight, work, other] = [new InFlight(), running(), running()];
    inFlight.begin(work);
    inFlight.begin(work);
    inFlight.begin(other);
    inFlight.end(other);
    inFlight.note(pending().promise, other);
    expect(await inFlight.drain(1)).toEqual([work, work, other]);
  });

  it('waits as long as it takes where the time has no end', async () => {
    const [inFlight, work] = [new InFlight(), pending()];
    inFlight.note(work.promise, running());
    const draining = inFlight.drain(Infinity);
    setTimeout(work.finish, 20);
    expect(await draining).toEqual([]);
  });

  it('remembers the latest 1,024 dispatches of callers', async () => {
    const inFlight = new InFlight();
    const [forgotten, remembered] = [running(), running()];
    inFlight.note(pending().promise, forgotten);
    for (let i = 0; i < 1023; i++) inFlight.note(Promise.resolve(), running());
    inFlight.note(pending().promise, remembered);
    expect(await inFlight.drain(1)).toEqual([remembered]);
  });

  it('remembers them however often the list has been written over', async () => {
    const inFlight = new InFlight();
    for (let i = 0; i < 20_000; i++) inFlight.note(Promise.resolve(), running());
    const [early, late] = [running(), running()];
    inFlight.note(pending().promise, early);
    for (let i = 0; i < 1022; i++) inFlight.note(Promise.resolve(), running());
    inFlight.note(pending().promise, late);
    expect(await inFlight.drain(1)).toEqual(expect.arrayContaining([early, late]));
  });

  it.each(['finish', 'fail'] as const)('follows a run until it has settled, and hands its end on (%s)', async end => {
    const [inFlight, work, run] = [new InFlight(), running(), pending()];
    const followed = inFlight.follow(run.promise, work);
    expect(await inFlight.drain(1)).toEqual([work]);
    run[end]();
    const [{ status }] = await Promise.allSettled([followed]);
    expect(status).toBe(end === 'finish' ? 'fulfilled' : 'rejected');
    expect(await inFlight.drain(1)).toEqual([]);
  });

  it('follows what runs of one type at once, each to its own end', async () => {
    const [inFlight, work, first, second] = [new InFlight(), running(), pending(), pending()];
    const followed = [inFlight.follow(first.promise, work), inFlight.follow(second.promise, work)];
    first.fail();
    await expect(followed[0]).rejects.toThrow('late');
    expect(await inFlight.drain(1)).toEqual([work]);
    second.finish();
    expect(await followed[1]).toBeUndefined();
    expect(await inFlight.drain(1)).toEqual([]);
  });

  it('keeps no list of what has ended, however much of it there was', async () => {
    const inFlight = new InFlight();
    const work = Array.from({ length: 5_000 }, running);
    for (const one of work) {
      inFlight.begin(one);
      inFlight.end(one);
    }
    const last = running();
    inFlight.begin(last);
    expect(await inFlight.drain(1)).toEqual([last]);
  });
});

describe('a bus that somebody drains', () => {
  it('tells of commands and of event handlers, until they have ended', async () => {
    const inFlight = new InFlight();
    const [commands, events] = [new CommandBus(), new EventBus()];
    commands.dispatcher.inFlight = inFlight;
    events.dispatcher.inFlight = inFlight;
    const [command, first, second, third] = [pending(), pending(), pending(), pending()];
    commands.register(Work, () => command.promise);
    events.register(Happened, () => first.promise);
    const sent = commands.dispatch(new Work());
    const published = [events.publish(new Happened())];
    events.register(Happened, () => second.promise);
    published.push(events.publish(new Happened()), events.publish(new Happened(), { onError: 'throw' }));
    events.register(Happened, () => third.promise);
    published.push(events.publish(new Happened(), { mode: 'sequential' }));
    expect((await inFlight.drain(1)).length).toBeGreaterThanOrEqual(6);
    const draining = inFlight.drain(60_000);
    command.finish();
    first.fail();
    second.finish();
    third.finish();
    expect(await draining).toEqual([]);
    await Promise.allSettled([sent, ...published]);
  });

  it('is not kept waiting by promises whose then() throws, and neither is whoever sent the message', async () => {
    class Broken extends Promise<unknown> {
      override then(): never {
        throw new Error('then() is broken');
      }
    }
    const broken = () => new Broken(() => undefined);
    const inFlight = new InFlight();
    const [commands, events] = [new CommandBus(), new EventBus()];
    commands.dispatcher.inFlight = inFlight;
    events.dispatcher.inFlight = inFlight;
    commands.register(Work, broken);
    events.register(Happened, broken);
    await expect(commands.dispatch(new Work())).rejects.toThrow('then() is broken');
    await events.publish(new Happened());
    events.register(Happened, broken);
    const modes = ['parallel', 'sequential', 'untilFailure'] as const;
    const failures = [];
    for (const mode of modes)
      failures.push((await events.publish(new Happened(), { mode, onError: 'collect' })).failures.length);
    expect(failures).toEqual([2, 2, 1]);
    void commands.execute(new Work());
    expect(await inFlight.drain(60_000)).toEqual([]);
    commands.dispatcher.inFlight = undefined;
    await expect(commands.dispatch(new Work())).rejects.toThrow('then() is broken');
  });

  it('hands on the results of commands that nobody wants', async () => {
    const commands = new CommandBus();
    const dropped: unknown[] = [];
    commands.dispatcher.dropped = (message, result) => void dropped.push(message, result);
    commands.register(Work, () => 42);
    const command = new Work();
    expect(await commands.dispatch(command)).toBeUndefined();
    expect(dropped).toEqual([command, 42]);
  });
});
