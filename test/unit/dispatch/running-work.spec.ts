import { Logger } from '@nestjs/common';
import { CommandBus, EventBus } from '../../../lib/index.js';
import { RunCounter } from '../../../lib/dispatch/run-counter.js';
import { RunningWork } from '../../../lib/dispatch/running-work.js';
import { pending, quiet } from '../../support/waiting.js';

class Work {}
class Happened {}

beforeAll(() => Logger.overrideLogger(false));

const running = () => new RunCounter(Work, { name: 'WorkHandler' });
describe('draining', () => {
  it('ends at once where nothing runs', async () => {
    expect(await new RunningWork().drain(60_000)).toEqual([]);
  });

  it.each(['finish', 'fail'] as const)('waits for the promises of callers, however they end (%s)', async end => {
    const [runningWork, one, two] = [new RunningWork(), pending(), pending()];
    runningWork.remember(one.promise, running());
    runningWork.remember(two.promise, running());
    let drained = false;
    const draining = runningWork.drain(60_000).then(late => {
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
    const [runningWork, work] = [new RunningWork(), running()];
    runningWork.begin(work);
    const draining = [runningWork.drain(60_000), runningWork.drain(60_000)];
    runningWork.end(work);
    expect(await Promise.all(draining)).toEqual([[], []]);
  });

  it('waits for what is counted, and for what begins meanwhile', async () => {
    const [runningWork, first, second] = [new RunningWork(), running(), running()];
    runningWork.begin(first);
    const draining = runningWork.drain(60_000);
    runningWork.begin(second);
    runningWork.end(first);
    await quiet();
    const sent = pending();
    runningWork.remember(sent.promise, running());
    runningWork.end(second);
    await quiet();
    sent.finish();
    expect(await draining).toEqual([]);
  });

  it('waits for callers whose messages are sent while it waits, after the rest has ended', async () => {
    const [runningWork, first, sent] = [new RunningWork(), running(), pending()];
    runningWork.begin(first);
    let drained = false;
    const draining = runningWork.drain(60_000).then(late => {
      drained = true;
      return late;
    });
    runningWork.remember(sent.promise, running());
    runningWork.end(first);
    await quiet();
    expect(drained).toBe(false);
    sent.finish();
    expect(await draining).toEqual([]);
  });

  it('waits for work that begins some promises after the work before', async () => {
    const [runningWork, first, second] = [new RunningWork(), running(), running()];
    runningWork.begin(first);
    let drained = false;
    const draining = runningWork.drain(60_000).then(late => {
      drained = true;
      return late;
    });
    await quiet();
    runningWork.end(first);
    for (let i = 0; i < 32; i++) await undefined;
    runningWork.begin(second);
    await quiet();
    expect(drained).toBe(false);
    runningWork.end(second);
    expect(await draining).toEqual([]);
  });

  it('counts what it remembers once, however often it drains', async () => {
    const [runningWork, work, sent] = [new RunningWork(), running(), pending()];
    runningWork.remember(sent.promise, work);
    expect(await runningWork.drain(1)).toEqual([work]);
    expect(await runningWork.drain(1)).toEqual([work]);
    sent.finish();
    await quiet();
    expect(await runningWork.drain(60_000)).toEqual([]);
  });

  it('lets go of what has ended, and keeps what runs', async () => {
    const [runningWork, work, sent] = [new RunningWork(), running(), pending()];
    const ended = running();
    runningWork.begin(ended);
    runningWork.end(ended);
    expect(ended.end).toBeDefined();
    runningWork.begin(work);
    runningWork.remember(sent.promise, work);
    runningWork.letGo();
    expect([ended.end, ended.fail]).toEqual([undefined, undefined]);
    expect(work.end).toBeDefined();
    expect(await runningWork.drain(1)).toEqual([work, work]);
    runningWork.end(work);
    sent.finish();
    await quiet();
    expect(await runningWork.drain(60_000)).toEqual([]);
  });

  it('tells what still runs when the time is over, one entry a dispatch', async () => {
    const [runningWork, work, other] = [new RunningWork(), running(), running()];
    runningWork.begin(work);
    runningWork.begin(work);
    runningWork.begin(other);
    runningWork.end(other);
    runningWork.remember(pending().promise, other);
    expect(await runningWork.drain(1)).toEqual([work, work, other]);
  });

  it('waits as long as it takes where the time has no end', async () => {
    const [runningWork, work] = [new RunningWork(), pending()];
    runningWork.remember(work.promise, running());
    const draining = runningWork.drain(Infinity);
    setTimeout(work.finish, 20);
    expect(await draining).toEqual([]);
  });

  it('remembers the latest 1,024 dispatches of callers', async () => {
    const runningWork = new RunningWork();
    const [forgotten, remembered] = [running(), running()];
    runningWork.remember(pending().promise, forgotten);
    for (let i = 0; i < 1023; i++) runningWork.remember(Promise.resolve(), running());
    runningWork.remember(pending().promise, remembered);
    expect(await runningWork.drain(1)).toEqual([remembered]);
  });

  it('remembers them however often the list has been written over', async () => {
    const runningWork = new RunningWork();
    for (let i = 0; i < 20_000; i++) runningWork.remember(Promise.resolve(), running());
    const [early, late] = [running(), running()];
    runningWork.remember(pending().promise, early);
    for (let i = 0; i < 1022; i++) runningWork.remember(Promise.resolve(), running());
    runningWork.remember(pending().promise, late);
    expect(await runningWork.drain(1)).toEqual(expect.arrayContaining([early, late]));
  });

  it.each(['finish', 'fail'] as const)('follows a run until it has settled, and hands its end on (%s)', async end => {
    const [runningWork, work, run] = [new RunningWork(), running(), pending()];
    const followed = runningWork.follow(run.promise, work);
    expect(await runningWork.drain(1)).toEqual([work]);
    run[end]();
    const [{ status }] = await Promise.allSettled([followed]);
    expect(status).toBe(end === 'finish' ? 'fulfilled' : 'rejected');
    expect(await runningWork.drain(1)).toEqual([]);
  });

  it('follows what runs of one type at once, each to its own end', async () => {
    const [runningWork, work, first, second] = [new RunningWork(), running(), pending(), pending()];
    const followed = [runningWork.follow(first.promise, work), runningWork.follow(second.promise, work)];
    first.fail();
    await expect(followed[0]).rejects.toThrow('late');
    expect(await runningWork.drain(1)).toEqual([work]);
    second.finish();
    expect(await followed[1]).toBeUndefined();
    expect(await runningWork.drain(1)).toEqual([]);
  });

  it('keeps no list of what has ended, however much of it there was', async () => {
    const runningWork = new RunningWork();
    const work = Array.from({ length: 5_000 }, running);
    for (const one of work) {
      runningWork.begin(one);
      runningWork.end(one);
    }
    const last = running();
    runningWork.begin(last);
    expect(await runningWork.drain(1)).toEqual([last]);
  });
});

describe('a bus that is being drained', () => {
  it('lists running commands and event handlers until they end', async () => {
    const runningWork = new RunningWork();
    const [commands, events] = [new CommandBus(), new EventBus()];
    commands.dispatcher.runningWork = runningWork;
    events.dispatcher.runningWork = runningWork;
    const [command, first, second, third] = [pending(), pending(), pending(), pending()];
    commands.register(Work, () => command.promise);
    events.register(Happened, () => first.promise);
    const sent = commands.dispatch(new Work());
    const published = [events.publish(new Happened())];
    events.register(Happened, () => second.promise);
    published.push(events.publish(new Happened()), events.publish(new Happened(), { onError: 'throw' }));
    events.register(Happened, () => third.promise);
    published.push(events.publish(new Happened(), { mode: 'sequential' }));
    expect((await runningWork.drain(1)).length).toBeGreaterThanOrEqual(6);
    const draining = runningWork.drain(60_000);
    command.finish();
    first.fail();
    second.finish();
    third.finish();
    expect(await draining).toEqual([]);
    await Promise.allSettled([sent, ...published]);
  });

  it('does not wait for promises whose then() throws, and neither does the sender', async () => {
    class Broken extends Promise<unknown> {
      override then(): never {
        throw new Error('then() is broken');
      }
    }
    const broken = () => new Broken(() => undefined);
    const runningWork = new RunningWork();
    const [commands, events] = [new CommandBus(), new EventBus()];
    commands.dispatcher.runningWork = runningWork;
    events.dispatcher.runningWork = runningWork;
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
    expect(await runningWork.drain(60_000)).toEqual([]);
    commands.dispatcher.runningWork = undefined;
    await expect(commands.dispatch(new Work())).rejects.toThrow('then() is broken');
  });

  it('passes on the results of dispatched commands', async () => {
    const commands = new CommandBus();
    const dropped: unknown[] = [];
    commands.dispatcher.onDropped = (message, result) => void dropped.push(message, result);
    commands.register(Work, () => 42);
    const command = new Work();
    expect(await commands.dispatch(command)).toBeUndefined();
    expect(dropped).toEqual([command, 42]);
  });
});
