import { jest } from '@jest/globals';
import {
  AsyncContext,
  Command,
  CommandBus,
  ContextOrigin,
  EventBus,
  MessageContext,
  Query,
  QueryBus,
  StreamQuery,
} from '../../../lib/index.js';
import { quietLog } from '../../support/quiet-log.js';

class Save extends Command {}
class Find extends Query<string> {}
class Rows extends StreamQuery<number> {}
class Saved {}

let contexts: MessageContext[];
const note = (_: object, context: MessageContext) => void contexts.push(context);
const [commands, queries, events] = [new CommandBus(), new QueryBus(), new EventBus()];
commands.register(Save, note);
queries.register(Find, (_, context) => (contexts.push(context), 'found'));
queries.register(Rows, (_, context) => (contexts.push(context), [1]));
events.register(Saved, note);

const first = async (given: unknown) => {
  for await (const row of queries.stream(new Rows(), given as never)) return row;
  return undefined;
};

const calls: [string, (given: unknown) => Promise<unknown>][] = [
  ['dispatch', given => commands.dispatch(new Save(), given as never)],
  ['execute', given => commands.execute(new Save(), given as never)],
  ['ask', given => queries.ask(new Find(), given as never)],
  ['execute of a query', given => queries.execute(new Find(), given as never)],
  ['stream', first],
];
const all: typeof calls = [
  ...calls,
  ['publish', given => events.publish(new Saved(), given as never)],
  ['publishAll', given => events.publishAll([new Saved()], given as never)],
];

let warn: ReturnType<typeof quietLog>['warn'];
beforeEach(() => {
  contexts = [];
  ({ warn } = quietLog());
});

const parent = new MessageContext('command', Save, { name: 'Outer' }, { headers: { tenant: 't1' } });

describe.each(all)('%s', (_, call) => {
  it('takes a bare MessageContext as the cause', async () => {
    await call(parent);
    expect(contexts[0]).toMatchObject({ parent, causationId: parent.messageId, correlationId: parent.correlationId });
    expect(contexts[0]!.messageId).not.toBe(parent.messageId);
    expect(contexts[0]!.headers).toEqual({ tenant: 't1' });
    expect(contexts[0]!.sentBy).toEqual({ name: 'Outer' });
  });

  it('takes a bare ContextOrigin as the cause', async () => {
    await call(new ContextOrigin({ correlationId: 'c1', causationId: 'm0' }));
    expect(contexts[0]).toMatchObject({ correlationId: 'c1', causationId: 'm0', parent: undefined });
  });

  it('takes a bare AsyncContext, and objects without a prototype', async () => {
    const asyncContext = new AsyncContext();
    await call(asyncContext);
    await call(Object.assign(Object.create(null) as object, { correlationId: 'c2' }));
    expect(contexts[0]!.scope).toBe(asyncContext);
    expect(contexts[1]!.correlationId).toBe('c2');
  });

  it('takes as asyncContext whatever has an id: it serves the dispatch', async () => {
    const asyncContext = { id: { id: 1 } };
    await call({ asyncContext });
    expect(contexts[0]!.scope).toBe(asyncContext);
  });

  it('takes null and undefined as nothing', async () => {
    await call(null);
    await call(undefined);
    expect(contexts).toHaveLength(2);
  });

  it.each([
    [{ timeout: 0 }, 'CQRS_INVALID_TIMEOUT'],
    [{ timeout: NaN }, 'CQRS_INVALID_TIMEOUT'],
    [{ timeout: '5s' }, 'CQRS_INVALID_TIMEOUT'],
    [{ headers: 'x' }, 'CQRS_INVALID_OPTIONS'],
    [{ headers: ['x'] }, 'CQRS_INVALID_OPTIONS'],
    [{ messageId: 42 }, 'CQRS_INVALID_OPTIONS'],
    [{ messageId: '' }, 'CQRS_INVALID_OPTIONS'],
    [{ signal: {} }, 'CQRS_INVALID_OPTIONS'],
    [{ context: {} }, 'CQRS_INVALID_OPTIONS'],
    [{ asyncContext: 'request' }, 'CQRS_INVALID_OPTIONS'],
    [{ fromOutside: 'yes' }, 'CQRS_INVALID_OPTIONS'],
    [{ headers: new Map([['a', 'b']]) }, 'CQRS_INVALID_OPTIONS'],
    [{ headers: new Headers({ a: 'b' }) }, 'CQRS_INVALID_OPTIONS'],
    [{ signal: { aborted: false, addEventListener() {} } }, 'CQRS_INVALID_OPTIONS'],
  ])('refuses %j by a rejection: nothing runs', async (options, code) => {
    await expect(call(options)).rejects.toMatchObject({ code });
    expect(contexts).toEqual([]);
  });
});

describe.each(calls)('%s', (_, call) => {
  it('refuses an option that there is not, with the near name', async () => {
    await expect(call({ timout: 5 })).rejects.toThrow(
      'There is no option "timout". Where: the options of a dispatch. Did you mean "timeout"? [CQRS_INVALID_OPTIONS]',
    );
    await expect(call({ mode: 'sequential' })).rejects.toMatchObject({ what: 'There is no option "mode".' });
    expect(contexts).toEqual([]);
  });

  it.each([[new AbortController()], ['options'], [42], [true], [() => ({})], [[]], [new Map()], [new Save()]])(
    'refuses %p as options',
    async given => {
      await expect(call(given)).rejects.toMatchObject({ code: 'CQRS_INVALID_OPTIONS' });
      expect(contexts).toEqual([]);
    },
  );

  it('says of an AsyncContext of another library where it comes from', async () => {
    class Foreign {
      readonly id = {};
    }
    Object.defineProperty(Foreign, 'name', { value: 'AsyncContext' });
    await expect(call(new Foreign())).rejects.toThrow(/not an instance of AsyncContext\. It comes from another copy/);
    const within = call({ asyncContext: new Foreign() });
    await expect(within).rejects.toThrow(/not an instance of AsyncContext\. .*It comes from another copy/);
  });
});

describe('publish', () => {
  it.each(['publish', 'publishAll'] as const)(
    'of an object with options and something else takes none of them: it is a dispatcher context (%s)',
    async how => {
      const bus = new EventBus();
      const trace: string[] = [];
      const handler = async (_: object, context: MessageContext) => {
        contexts.push(context);
        trace.push('begins');
        await Promise.resolve();
        trace.push('ends');
      };
      bus.register(Saved, handler);
      bus.register(Saved, handler);
      const aborted = AbortSignal.abort();
      const given = { aggregate: 1, headers: { tenant: 'a' }, signal: aborted, mode: 'sequential' };
      await (how === 'publish' ? bus.publish(new Saved(), given) : bus.publishAll([new Saved()], given));
      expect(trace).toEqual(['begins', 'begins', 'ends', 'ends']);
      expect(contexts.map(({ headers, signal }) => [headers, signal.aborted])).toEqual([
        [{}, false],
        [{}, false],
      ]);
    },
  );

  it('takes a plain object with other fields for a dispatcher context, and warns once of a name near an option', async () => {
    const bus = new EventBus();
    for (const context of [
      { correlatonId: 'c' },
      { correlatonId: 'd' },
      { timeuot: 5, user: 'u1' },
      { name: 'x', code: 1 },
    ])
      await bus.publish(new Saved(), context);
    expect(warn.mock.calls.map(([text]) => text)).toEqual([
      'publish() was given an object with "correlatonId", which is not an option: the object is taken for a dispatcher context, and all options in it are ignored. Did you mean "correlationId"?',
      'publish() was given an object with "timeuot", which is not an option: the object is taken for a dispatcher context, and all options in it are ignored. Did you mean "timeout"?',
    ]);
  });

  it('does not warn of a word that is near an option and names something else', async () => {
    const bus = new EventBus();
    for (const context of [{ content: 'text' }, { model: 'T' }, { message: {} }, { contact: { id: 1 } }])
      await bus.publish(new Saved(), context);
    expect(warn).not.toHaveBeenCalled();
  });

  it('remembers no more than 1,000 names', async () => {
    const bus = new EventBus();
    for (let i = 0; i < 1_100; i++) await bus.publish(new Saved(), { [`user${i}`]: i });
    await bus.publish(new Saved(), { timeuot: 5 });
    expect(warn).not.toHaveBeenCalled();
  });

  it('lets a publisher in place of the bus have whatever looks like options and is not', async () => {
    const publish = jest.fn();
    const bus = new EventBus(undefined, undefined, undefined, { eventPublisher: { publish } });
    await bus.publish(new Saved(), { context: 'x' } as never);
    expect(publish.mock.calls).toEqual([[new Saved(), { context: 'x' }, undefined]]);
  });

  it('refuses a list', async () => {
    const text =
      'A message must be an instance of a class, not an instance of Array. Where: event bus. Publish several events with publishAll(); send commands and queries one by one. [CQRS_INVALID_MESSAGE]';
    await expect(new EventBus().publish([new Saved(), new Saved()] as never)).rejects.toThrow(text);
    const outside = new EventBus(undefined, undefined, undefined, { eventPublisher: { publish: jest.fn() } });
    await expect(outside.publish([new Saved()] as never)).rejects.toThrow(text);
    class Batch extends Array<object> {}
    await new EventBus().publish(new Batch());
  });

  it('warns once that nothing hears a plain object, and not where something does', async () => {
    const bus = new EventBus();
    await bus.publish({ type: 'saved' });
    await bus.publish({ type: 'saved' });
    expect(warn).toHaveBeenCalledTimes(1);
    const heard = new EventBus();
    heard.subscribe();
    await heard.publish({ type: 'saved' });
    expect(warn).toHaveBeenCalledTimes(1);
  });
});

describe('publishAll', () => {
  it('gives each event an identifier of its own, and refuses one for several', async () => {
    await events.publishAll([new Saved(), new Saved()], parent);
    expect(new Set(contexts.map(({ messageId }) => messageId)).size).toBe(2);
    await events.publishAll([new Saved()], { messageId: 'm1' });
    expect(contexts[2]!.messageId).toBe('m1');
    await expect(events.publishAll([new Saved(), new Saved()], { messageId: 'm1' })).rejects.toThrow(
      'publishAll() was given one messageId for several events. Leave it out, or publish each event with a messageId of its own. [CQRS_INVALID_OPTIONS]',
    );
    expect(contexts).toHaveLength(3);
  });

  it('reads once what can be read once only, with an identifier too', async () => {
    function* once() {
      yield new Saved();
    }
    await events.publishAll(once() as never, { messageId: 'm1' });
    expect(contexts.map(({ messageId }) => messageId)).toEqual(['m1']);
  });
});

describe('A stream query', () => {
  it('is not asked', async () => {
    const text =
      '"Rows" is a StreamQuery: ask() cannot answer it. Read its rows with stream(): for await (const row of queries.stream(query)) …. [CQRS_STREAM_QUERY_ASKED]';
    await expect(queries.ask(new Rows() as never)).rejects.toThrow(text);
    await expect(queries.execute(new Rows() as never)).rejects.toThrow(text);
    expect(contexts).toEqual([]);
  });
});
