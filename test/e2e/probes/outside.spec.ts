import { AsyncLocalStorage } from 'node:async_hooks';
import {
  Command,
  CommandHandler,
  CqrsModule,
  Durable,
  Event,
  EventBus,
  EventsHandler,
  expose,
  Message,
  MessageContext,
  QueryHandler,
  route,
  StreamQuery,
} from '../../../lib/index.js';
import { observe, Transactional } from '../../../lib/extension.js';
import { MemoryRemote, MemoryTransport } from '../../../lib/testing/index.js';
import { start } from '../../support/application.js';
import { quietLog } from '../../support/quiet-log.js';
import { soon, until } from '../../support/waiting.js';
import { CountingProbe } from '../../unit/probes/counting-probe.js';
import { StatementLog } from '../transactions/statement-log.js';

class Note extends Command {}

@Message({ name: 'probes.send' })
class Send extends Command<string> {}

@Durable()
@Message({ name: 'probes.store' })
class Store extends Command {}

@Message({ name: 'probes.rows' })
class Rows extends StreamQuery<number> {
  constructor(readonly count: number) {
    super();
  }
}

class Noted extends Event {}

class Notes {
  fails = false;

  constructor(readonly events: EventBus) {}

  @CommandHandler(Note)
  @Transactional()
  async note(): Promise<void> {
    await this.events.publish(new Noted());
    await soon();
    if (this.fails) throw new Error('rolled back');
  }

  @EventsHandler(Noted)
  async noted(): Promise<void> {
    await soon();
  }
}

class Handlers {
  @CommandHandler(Send)
  send(_send: Send, { headers }: MessageContext): string {
    return `sent with ${JSON.stringify(headers)}`;
  }

  @CommandHandler(Store)
  store(): void {}

  @QueryHandler(Rows)
  async *rows({ count }: Rows): AsyncGenerator<number> {
    if (count === 0) throw new Error('no rows');
    for (let row = 1; row <= count; row++) yield row;
  }
}

const notes = { provide: Notes, useFactory: (events: EventBus) => new Notes(events), inject: [EventBus] };

beforeEach(() => quietLog());

describe('a probe', () => {
  it('sees an event that a publisher gets in place of the bus, until that has answered', async () => {
    const taken: object[] = [];
    const answer = { fails: false };
    const eventPublisher = {
      publish: async (event: object) => {
        taken.push(event);
        await soon();
        if (answer.fails) throw new Error('the broker is down');
      },
    };
    const { app, events } = await start({ imports: [CqrsModule.forRoot({ eventPublisher })] });
    const ends: unknown[] = [];
    observe(app, {
      publish: ({ event, publisher, context }) => {
        ends.push([publisher, context?.type, taken.includes(event)]);
        return { end: (...given) => void ends.push(given.map(String)) };
      },
    });
    await events.publish(new Noted());
    answer.fails = true;
    await expect(events.publishAll([new Noted(), new Noted()])).rejects.toThrow('down');
    const begin = ['Object', Noted, false];
    expect(ends).toEqual([begin, [], begin, begin, ['Error: the broker is down'], ['Error: the broker is down']]);
  });

  it('sees an event of a unit of work until its handlers have settled after the commit', async () => {
    const { app, commands } = await start({
      imports: [CqrsModule.forRoot({ unitOfWork: new StatementLog() })],
      providers: [notes],
    });
    const probe = new CountingProbe();
    const ends: unknown[][] = [];
    const stop = observe(app, probe);
    observe(app, {
      publish: ({ context }) => {
        ends.push([context?.kind, context?.type]);
        return { end: (...given) => void ends.push(given) };
      },
    });
    await commands.execute(new Note());
    expect([probe.open, probe.zeros, ends]).toEqual([0, 1, [['event', Noted], []]]);
    expect(probe.begun).toEqual([
      'dispatch Note',
      'middleware Transaction Note',
      'handler Note',
      'publish Noted to 1',
      'dispatch Noted',
      'handler Noted',
    ]);
    stop();
  });

  it('hears that the unit of work was rolled back', async () => {
    const { app, commands } = await start({
      imports: [CqrsModule.forRoot({ unitOfWork: new StatementLog() })],
      providers: [notes],
    });
    app.get(Notes).fails = true;
    const [probe, ends] = [new CountingProbe(), [] as unknown[]];
    observe(app, probe);
    observe(app, { publish: () => ({ end: error => void ends.push(error) }) });
    await expect(commands.execute(new Note())).rejects.toThrow('rolled back');
    expect([probe.open, probe.zeros]).toEqual([0, 1]);
    expect(ends).toEqual([expect.objectContaining({ code: 'CQRS_ROLLED_BACK' })]);
  });

  it('sees both sides of a request to another process', async () => {
    const remote = new MemoryRemote('sending');
    const here = await start({ imports: [CqrsModule.forRoot({ routes: [route(Send).to(remote.transport())] })] });
    const there = await start({
      imports: [CqrsModule.forRoot({ expose: [expose(Send).on(remote.server())] })],
      providers: [Handlers],
    });
    const probe = new CountingProbe();
    observe(here.app, probe);
    observe(there.app, probe);
    expect(await here.commands.execute(new Send(), { headers: { tenant: 'a' } })).toBe('sent with {"tenant":"a"}');
    expect([probe.open, probe.zeros]).toEqual([0, 1]);
    expect(probe.begun.filter(what => !what.startsWith('middleware'))).toEqual([
      'dispatch send Send',
      'handler send Send',
      'receives Send from remote',
      'dispatch Send',
      'handler Send',
    ]);
  });

  it('sees rows that another process reads, from the first word of it until the last row, or until it leaves', async () => {
    const remote = new MemoryRemote('rows');
    const here = await start({ imports: [CqrsModule.forRoot({ routes: [route(Rows).to(remote.transport())] })] });
    const there = await start({
      imports: [CqrsModule.forRoot({ expose: [expose(Rows).on(remote.server())] })],
      providers: [Handlers],
    });
    const probe = new CountingProbe();
    const [received, within]: [unknown[], unknown[]] = [[], []];
    const storage = new AsyncLocalStorage<string>();
    observe(there.app, probe);
    observe(there.app, {
      receives: ({ from, message, headers }) => {
        received.push([from, (message as Rows).count, headers['tenant']]);
        return { run: part => storage.run('received', part), end: (...given) => void received.push(given.map(String)) };
      },
      wrap: ({ at }, run) =>
        at === 'handler' ? (message, context) => (within.push(storage.getStore()), run(message, context)) : run,
    });
    const read = async (rows: AsyncIterable<number>, most: number) => {
      const all: number[] = [];
      for await (const row of rows) if (all.push(row) === most) break;
      await until(() => probe.open === 0);
      return all;
    };

    expect(await read(here.queries.stream(new Rows(2), { headers: { tenant: 'a' } }), 3)).toEqual([1, 2]);
    expect([received.splice(0), within]).toEqual([[['remote', 2, 'a'], []], ['received']]);
    expect(probe.begun.splice(0)).toEqual([
      'receives Rows from remote',
      'rows of Rows',
      'dispatch Rows',
      'middleware limitByCaller Rows',
      'handler Rows',
    ]);
    expect(await read(here.queries.stream(new Rows(Infinity)), 1)).toEqual([1]);
    expect(received.splice(0)).toHaveLength(2);
    await expect(read(here.queries.stream(new Rows(0)), 1)).rejects.toThrow('no rows');
    expect([received.at(-1), probe.open, probe.zeros]).toEqual([['Error: no rows'], 0, 3]);
  });

  it('gives a message that leaves headers, which what it causes here does not inherit', async () => {
    const remote = new MemoryRemote('sending');
    const here = await start({ imports: [CqrsModule.forRoot({ routes: [route(Send).to(remote.transport())] })] });
    await start({
      imports: [CqrsModule.forRoot({ expose: [expose(Send).on(remote.server())] })],
      providers: [Handlers],
    });
    const contexts: MessageContext[] = [];
    // It gives none, and is not asked.
    observe(here.app, { wrap: (_point, run) => run });
    const stop = observe(here.app, {
      leaves: (message, context) => {
        contexts.push(context);
        return { traceparent: message.constructor.name };
      },
    });
    const headers = { tenant: 'a' };
    expect(await here.commands.execute(new Send(), { headers })).toBe('sent with {"tenant":"a","traceparent":"Send"}');
    expect(contexts.map(context => context.headers)).toEqual([headers]);
    stop();
    expect(await here.commands.execute(new Send())).toBe('sent with {}');
    expect(quietLog().error).not.toHaveBeenCalled();
  });

  it('sees that a command is stored, and later that it is delivered', async () => {
    const transport = new MemoryTransport();
    const { app, commands } = await start({
      imports: [CqrsModule.forRoot({ durable: { transport } })],
      providers: [Handlers],
    });
    const probe = new CountingProbe();
    observe(app, probe);
    await commands.enqueue(new Store());
    const stored = probe.begun.splice(0);
    expect([stored, probe.open]).toEqual([['dispatch store Store', 'handler store Store'], 0]);
    await transport.settled();
    expect([probe.begun, probe.open]).toEqual([
      ['receives Store from store', 'dispatch Store', 'middleware limitByCaller Store', 'handler Store'],
      0,
    ]);
  });
});
