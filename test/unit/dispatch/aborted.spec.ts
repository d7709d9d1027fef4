import {
  CommandBus,
  EventBus,
  QueryBus,
  UnhandledExceptionBus,
  type MessageContext,
  type MiddlewareFunction,
} from '../../../lib/index.js';
import { quietLog } from '../../support/quiet-log.js';

class Save {}
class Find {}
class Saved {}

const ran: string[] = [];

const plain: MiddlewareFunction = (message, next) => {
  ran.push('middleware');
  return next(message);
};

const withContext: MiddlewareFunction = (message, next, context) => {
  ran.push(`middleware of a ${context.kind}`);
  return next(message);
};

const LAYERS: [string, MiddlewareFunction[]][] = [
  ['without middleware', []],
  ['with a middleware', [plain]],
  ['with a middleware that takes the context', [withContext]],
  ['with both', [plain, withContext]],
];

/** A pipeline is watched until its first result, and no longer. */
const WARMED: [string, number][] = [
  ['at the first message', 0],
  ['later', 10],
];

const WITH_SIGNAL: [string, object][] = [
  ['alone', {}],
  ['with a time limit', { timeout: 1000 }],
  ['from outside', { fromOutside: true }],
  ['with a correlation', { correlationId: 'c1' }],
];

const reason = new Error('The caller is gone');

beforeEach(() => {
  ran.length = 0;
  quietLog();
});

const each = LAYERS.flatMap(([layer, middleware]) =>
  WARMED.flatMap(([when, times]) =>
    WITH_SIGNAL.map(([how, options]) => [layer, when, how, middleware, times, options] as const),
  ),
);

describe('A request whose signal is aborted already', () => {
  it.each(each)('runs nothing: %s, %s, %s', async (_layer, _when, _how, middleware, times, options) => {
    const [commands, queries] = [new CommandBus({ middleware }), new QueryBus({ middleware })];
    const handle = () => (ran.push('handler'), 'result');
    const signalled = (_message: object, context: MessageContext) => (ran.push(`handler ${context.kind}`), 'result');
    commands.register(Save, handle);
    queries.register(Find, signalled);
    for (let i = 0; i < times; i++) {
      expect(await commands.execute(new Save())).toBe('result');
      expect(await queries.execute(new Find())).toBe('result');
    }
    ran.length = 0;
    const said = { ...options, signal: AbortSignal.abort(reason) };
    await expect(commands.execute(new Save(), said)).rejects.toBe(reason);
    await expect(commands.dispatch(new Save(), said)).rejects.toBe(reason);
    await expect(queries.execute(new Find(), said)).rejects.toBe(reason);
    await expect(queries.ask(new Find(), said)).rejects.toBe(reason);
    const rows = queries.stream(new Find() as never, said);
    await expect(rows.next()).rejects.toBe(reason);
    expect(ran).toEqual([]);
    const open = { ...options, signal: new AbortController().signal };
    expect(await commands.execute(new Save(), open)).toBe('result');
    expect(ran).toHaveLength(middleware.length + 1);
  });

  it('runs nothing of a handler without result either, which is watched for longer', async () => {
    const commands = new CommandBus({ middleware: [plain] });
    commands.register(Save, () => void ran.push('handler'));
    for (let i = 0; i < 20; i++) {
      await expect(commands.execute(new Save(), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      expect(ran).toEqual([]);
      await commands.dispatch(new Save());
      expect(ran.splice(0)).toEqual(['middleware', 'handler']);
    }
  });
});

describe('An event whose signal is aborted already', () => {
  const HOW: [string, object][] = [
    ['alone', {}],
    ['without waiting', { wait: 'none' }],
    ['in sequence', { mode: 'sequential' }],
    ['until a failure', { mode: 'untilFailure' }],
    ['with failures thrown', { onError: 'throw' }],
    ['with failures collected', { onError: 'collect' }],
    ['with a time limit', { timeout: 1000 }],
  ];

  it.each(HOW)('reaches no handler, and is reported by the bus: %s', async (_, options) => {
    const unhandled = new UnhandledExceptionBus();
    const reported: unknown[] = [];
    unhandled.subscribe(({ exception, cause, handler, module, message, attempt }) =>
      reported.push([exception, cause, handler, module, message, attempt]),
    );
    const events = new EventBus(undefined, undefined, unhandled);
    events.register(Saved, () => void ran.push('handler'));
    const event = new Saved();
    const said = { ...options, signal: AbortSignal.abort(reason) };
    await expect(events.publish(event, said)).rejects.toBe(reason);
    await expect(events.publishAll([event], said)).rejects.toBe(reason);
    const once = [reason, event, 'EventBus', undefined, event, 1];
    expect(reported).toEqual([once, once]);
    expect(ran).toEqual([]);
  });
});
