import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, tracingChannel, unsubscribe, type TracingChannel } from 'node:diagnostics_channel';
import { jest } from '@jest/globals';
import {
  Command,
  CommandHandler,
  CqrsModule,
  Event,
  EventBus,
  EventsHandler,
  expose,
  Message,
  route,
  Saga,
  type MiddlewareFunction,
} from '../../../lib/index.js';
import { MemoryRemote, track } from '../../../lib/testing/index.js';
import { onWired, type ChannelMessage, type Wired } from '../../../lib/extension.js';
import { start } from '../../support/application.js';
import { quietLog } from '../../support/quiet-log.js';
import { soon } from '../../support/waiting.js';

class Work extends Command<string> {
  constructor(readonly how: 'value' | 'promise' | 'throws' | 'rejects') {
    super();
  }
}

@Message({ name: 'orders.place' })
class Place extends Command<string> {}
class Ship extends Command {}
@Message({ name: 'orders.placed' })
class Placed extends Event {}
class Refused extends Event {}
class Unheard extends Event {}

const store = new AsyncLocalStorage<string>();

class Orders {
  attempts = 0;

  constructor(readonly events: EventBus) {}

  @CommandHandler(Work)
  work({ how }: Work): string | Promise<string> {
    if (how === 'throws') throw new Error('thrown');
    if (how === 'rejects') return Promise.reject(new Error('rejected'));
    return how === 'promise' ? soon().then(() => 'done') : 'done';
  }

  @CommandHandler(Place)
  async place(): Promise<string> {
    if (++this.attempts === 1) throw new Error('busy');
    await this.events.publish(new Placed());
    return store.getStore() ?? 'no store';
  }

  @CommandHandler(Ship)
  ship(): void {}

  @EventsHandler(Placed)
  async reserve(): Promise<void> {
    await soon();
  }

  @Saga(Refused)
  onRefused(): never {
    throw new Error('no saga');
  }

  @Saga(Placed)
  onPlaced(): Command {
    return new Ship();
  }
}

const orders = { provide: Orders, useFactory: (events: EventBus) => new Orders(events), inject: [EventBus] };

const retry: MiddlewareFunction = async function retry(message, next) {
  return next(message).catch(() => next(message));
};

const application = (middleware: MiddlewareFunction[] = []) =>
  start({ imports: [CqrsModule.forRoot({ commands: { middleware } })], providers: [orders] });

const STAGES = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const;
type Stage = (typeof STAGES)[number];

const ends: (() => void)[] = [];

/** What a channel tells from now on. */
function listen<T = string>(
  name: string,
  note: (stage: Stage, message: ChannelMessage) => T = stage => stage as T,
  stages: readonly Stage[] = STAGES,
): T[] {
  const told: T[] = [];
  const channel: TracingChannel<object> = tracingChannel(name);
  const subscribers = Object.fromEntries(
    stages.map(stage => [stage, (message: object) => void told.push(note(stage, message as ChannelMessage))]),
  ) as unknown as Parameters<typeof channel.subscribe>[0];
  channel.subscribe(subscribers);
  ends.push(() => channel.unsubscribe(subscribers));
  return told;
}

const silence = () => ends.splice(0).forEach(end => end());

/** Whether a handler is called with nothing between. */
const isDirect = ({ dispatcher }: EventBus, event: object): boolean =>
  dispatcher.pipelinesOf(event).all.every(pipeline => pipeline.isDirect && !pipeline.isProbed);

beforeEach(() => quietLog());
afterEach(silence);

describe('tracing channels', () => {
  it.each(['value', 'promise', 'throws', 'rejects'] as const)('keep the contract of Node: %s', async how => {
    const { commands, app } = await application();
    const told = listen('nestjs-cqrs:handle');
    await commands.execute(new Work(how)).catch(() => undefined);

    const own = listen('by-node');
    const channel = tracingChannel('by-node');
    const run = () => app.get(Orders).work(new Work(how));
    const isSync = how === 'value' || how === 'throws';
    const byNode = async () => (isSync ? channel.traceSync(run) : channel.tracePromise(async () => run()));
    await byNode().catch(() => undefined);
    expect(told).toEqual(own);
    expect(told.length).toBeGreaterThan(1);
  });

  it('tell of the outcome when it is known', async () => {
    const { commands } = await application();
    const told = listen('nestjs-cqrs:dispatch', (stage, { result, error }) => [stage, result ?? String(error)]);
    await commands.execute(new Work('promise'));
    const begin = [
      ['start', 'undefined'],
      ['end', 'undefined'],
    ];
    expect(told.splice(0)).toEqual([...begin, ['asyncStart', 'done'], ['asyncEnd', 'done']]);
    await expect(commands.execute(new Work('rejects'))).rejects.toThrow('rejected');
    expect(told).toEqual([...begin, ...['error', 'asyncStart', 'asyncEnd'].map(stage => [stage, 'Error: rejected'])]);
  });

  it('name the message, the handler with its module, each attempt, middleware and saga', async () => {
    const { app } = await application([retry]);
    const begun = (['dispatch', 'middleware', 'handle', 'publish', 'saga'] as const).map(channel =>
      listen(`nestjs-cqrs:${channel}`, (_stage, told) => ({ ...named(told), context: told.context?.kind }), ['start']),
    );
    await track(app).execute(new Place());
    const [dispatches, middleware, handled, published, sagas] = begun;
    const place = { kind: 'command', name: 'orders.place', context: 'command' };
    const placed = { kind: 'event', name: 'orders.placed', context: 'event' };
    const ship = { kind: 'command', name: 'Ship' };
    const module = 'RootTestModule';
    const by = (method: string) => ({ handler: `Orders.${method}`, module });
    expect(dispatches).toEqual([
      { ...place, ...by('place'), attempt: 0 },
      { ...placed, ...by('reserve'), attempt: 0 },
      { ...ship, ...by('ship'), context: 'command', attempt: 0 },
    ]);
    expect(middleware).toEqual([
      { ...place, ...by('place'), attempt: 0, middleware: 'retry' },
      { ...ship, ...by('ship'), context: 'command', attempt: 0, middleware: 'retry' },
    ]);
    expect(handled).toEqual([
      { ...place, ...by('place'), attempt: 1 },
      { ...place, ...by('place'), attempt: 2 },
      { ...placed, ...by('reserve'), attempt: 1 },
      { ...ship, ...by('ship'), context: 'command', attempt: 1 },
    ]);
    expect(published).toEqual([{ ...placed, attempt: 0, handlers: ['Orders.reserve'] }]);
    expect(sagas).toEqual([
      { ...placed, module, attempt: 0, saga: 'Orders.onPlaced' },
      { ...ship, module, context: 'event', attempt: 0, saga: 'Orders.onPlaced' },
    ]);
  });

  it('tell of an event until its handlers have settled, at once without handlers, and of one that is refused', async () => {
    const { events } = await application();
    const told = listen('nestjs-cqrs:publish', (stage, { error }) =>
      error ? `${stage} ${(error as Error).name}` : stage,
    );
    await events.publish(new Placed());
    expect(told.splice(0)).toEqual(['start', 'end', 'asyncStart', 'asyncEnd']);
    void events.publish(new Unheard());
    expect(told.splice(0)).toEqual(['start', 'end']);
    await events.publish(new Unheard(), { signal: AbortSignal.abort(new TypeError('left')) }).catch(() => undefined);
    expect(told).toEqual(['start', 'error TypeError', 'end TypeError']);
  });

  it('name where a message leaves', async () => {
    const remote = new MemoryRemote('channels');
    const { commands } = await start({
      imports: [CqrsModule.forRoot({ routes: [route(Place).to(remote.transport())] })],
    });
    await start({
      imports: [CqrsModule.forRoot({ expose: [expose(Place).on(remote.server())] })],
      providers: [orders],
    });
    const told = listen('nestjs-cqrs:dispatch', (_stage, { name, place, module }) => [name, place, module], ['start']);
    await commands.execute(new Place()).catch(() => undefined);
    expect(told.slice(0, 2)).toEqual([
      ['orders.place', 'send', 'memory'],
      ['orders.place', undefined, 'RootTestModule'],
    ]);
  });

  it('tell of a saga that fails at once, and not of what is no message', async () => {
    const { app, events } = await application();
    const told = listen('nestjs-cqrs:saga', (stage, { saga, error }) => [stage, saga, error && String(error)]);
    const published = listen('nestjs-cqrs:publish');
    await expect(events.publish('no event' as never)).rejects.toThrow('not a string');
    expect(published).toEqual([]);
    const { failures } = await track(app, { failures: 'collect' }).publish(new Refused());
    expect(failures).toMatchObject([{ error: new Error('no saga'), handler: { name: 'Orders.onRefused' } }]);
    expect(told).toEqual([
      ['start', 'Orders.onRefused', undefined],
      ['error', 'Orders.onRefused', 'Error: no saga'],
      ['end', 'Orders.onRefused', 'Error: no saga'],
    ]);
  });

  it('enter the stores that are bound to them', async () => {
    const { commands } = await application([retry]);
    const { start: begin } = tracingChannel('nestjs-cqrs:dispatch');
    begin.bindStore(store, message => `store of ${(message as ChannelMessage).name}`);
    ends.push(() => begin.unbindStore(store));
    expect(await commands.execute(new Place())).toBe('store of orders.place');
    silence();
    expect(commands.dispatcher.probes.isEmpty).toBe(true);
    expect(await commands.execute(new Place())).toBe('no store');
  });

  it('cost nothing before the first subscriber and after the last, at any time', async () => {
    const { events, commands } = await application();
    expect(isDirect(events, new Placed())).toBe(true);
    const [first, second] = [listen('nestjs-cqrs:handle'), listen('nestjs-cqrs:middleware')];
    expect(isDirect(events, new Placed())).toBe(false);
    await commands.execute(new Work('value'));
    expect([first, second]).toEqual([['start', 'end'], []]);
    ends.pop()!();
    expect(isDirect(events, new Placed())).toBe(false);
    silence();
    expect(isDirect(events, new Placed())).toBe(true);
  });

  it('may be watched by others, who replace the methods of a channel and put them back', async () => {
    const { start: begin } = tracingChannel('nestjs-cqrs:handle');
    await application();
    const own = begin.subscribe;
    const subscribe = jest.fn(own);
    begin.subscribe = subscribe;
    listen('nestjs-cqrs:handle');
    expect(subscribe).toHaveBeenCalled();
    const calls = subscribe.mock.calls.length;
    Object.defineProperty(begin, 'subscribe', { value: own, configurable: true, writable: true });
    listen('nestjs-cqrs:handle');
    expect(subscribe).toHaveBeenCalledTimes(calls);
  });

  it('are left alone by an application that has ended, and heard by one that starts later', async () => {
    const ended = await application();
    await ended.app.close();
    const told = listen('nestjs-cqrs:dispatch', (_stage, { name }) => name, ['start']);
    expect(ended.commands.dispatcher.probes.isEmpty).toBe(true);
    const { commands } = await application();
    await commands.execute(new Work('value'));
    expect(told).toEqual(['Work']);
  });
});

describe('onWired', () => {
  it('tells of each application before its first message, until it is ended', async () => {
    const [applications, seen]: [Wired[], string[]] = [[], []];
    const end = onWired(application => {
      applications.push(application);
      application.observe({ publish: ({ event }) => void seen.push(event.constructor.name) });
    });
    class Early {
      onModuleInit = (): Promise<unknown> => this.events.publish(new Unheard());
      constructor(readonly events: EventBus) {}
    }
    const early = { provide: Early, useFactory: (events: EventBus) => new Early(events), inject: [EventBus] };
    await start({ imports: [CqrsModule.forRoot()], providers: [early] });
    expect([applications.length, seen]).toEqual([1, ['Unheard']]);
    end();
    await application();
    expect(applications).toHaveLength(1);
  });

  it('listens to a channel of Node, which anything may subscribe to', async () => {
    const told: unknown[] = [];
    const listener = (message: unknown) => void told.push(message);
    subscribe('nestjs-cqrs:wired', listener);
    await application();
    unsubscribe('nestjs-cqrs:wired', listener);
    expect(told).toEqual([{ observe: expect.any(Function) }]);
  });
});

/** What is said of a message. */
function named({ kind, name, handler, handlers, module, attempt, middleware, saga }: ChannelMessage): object {
  const said = { kind, name, handler, handlers, module, attempt, middleware, saga };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}
