import { CommandBus, EventBus, QueryBus, type MiddlewareFunction } from '../../../lib/index.js';
import { RunningWork } from '../../../lib/dispatch/running-work.js';
import { quietLog } from '../../support/quiet-log.js';
import { pending, quiet } from '../../support/waiting.js';

class Save {}
class Find {}
class Saved {}

const pass: MiddlewareFunction = (message, next) => next(message);
const withContext: MiddlewareFunction = (message, next, _context) => next(message);

beforeEach(() => quietLog());

function application(middleware: MiddlewareFunction[]) {
  const runningWork = new RunningWork();
  const work = pending();
  const [commands, queries, events] = [
    new CommandBus({ middleware }),
    new QueryBus({ middleware }),
    new EventBus({ middleware }),
  ];
  for (const { dispatcher } of [commands, queries, events]) dispatcher.runningWork = runningWork;
  const handle = () => work.promise.then(() => 'result');
  commands.register(Save, handle);
  queries.register(Find, handle);
  events.register(Saved, handle);
  return { runningWork, work, commands, queries, events };
}

type Application = ReturnType<typeof application>;

const CALLS: [string, new () => object, (of: Application, options?: object) => Promise<unknown>][] = [
  ['execute', Save, ({ commands }, options) => commands.execute(new Save(), options)],
  ['dispatch', Save, ({ commands }, options) => commands.dispatch(new Save(), options)],
  ['execute of a query', Find, ({ queries }, options) => queries.execute(new Find(), options)],
  ['ask', Find, ({ queries }, options) => queries.ask(new Find(), options)],
  ['publish', Saved, ({ events }, options) => events.publish(new Saved(), options)],
  ['publish without waiting', Saved, ({ events }, o) => events.publish(new Saved(), { ...o, wait: 'none' })],
  ['publish in sequence', Saved, ({ events }, o) => events.publish(new Saved(), { ...o, mode: 'sequential' })],
  ['publishAll', Saved, ({ events }, options) => events.publishAll([new Saved()], options)],
];

const LAYERS: [string, MiddlewareFunction[]][] = [
  ['without middleware', []],
  ['with middleware', [pass]],
  ['with middleware that takes the context', [pass, withContext]],
];

const OPTIONS: [string, object | undefined][] = [
  ['', undefined],
  [', with options', { correlationId: 'c1' }],
  [', with a time limit', { timeout: 60_000 }],
];

const each = CALLS.flatMap(([name, type, call]) =>
  LAYERS.flatMap(([layers, middleware]) =>
    OPTIONS.map(([said, options]) => [name, layers, said, type, call, middleware, options] as const),
  ),
);

describe('The end of an application', () => {
  it.each(each)('awaits what runs: %s, %s%s', async (_name, _layers, _said, type, call, middleware, options) => {
    const started = application(middleware);
    const { runningWork, work } = started;
    const called = call(started, options);
    await quiet();
    const late = await runningWork.drain(1);
    expect(late.map(runs => runs.type)).toEqual([type]);
    let isDrained = false;
    const draining = runningWork.drain(60_000).then(left => {
      isDrained = true;
      return left;
    });
    await quiet();
    expect(isDrained).toBe(false);
    work.finish();
    expect(await draining).toEqual([]);
    await called;
  });

  it.each(each)('awaits what fails: %s, %s%s', async (_name, _layers, _said, type, call, middleware, options) => {
    const started = application(middleware);
    const { runningWork, work } = started;
    const called = Promise.allSettled([call(started, options)]);
    await quiet();
    const [late] = await runningWork.drain(1);
    expect(late!.type).toBe(type);
    work.fail();
    expect(await runningWork.drain(60_000)).toEqual([]);
    await called;
  });
});
