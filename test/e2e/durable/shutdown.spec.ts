import {
  Command,
  CommandHandler,
  CqrsModule,
  DeadLetters,
  Durable,
  Event,
  EventsHandler,
  Message,
  MessageContext,
  Queues,
  Schedules,
} from '../../../lib/index.js';
import { MemoryTransport } from '../../../lib/testing/index.js';
import { start } from '../../support/application.js';
import { quietLog } from '../../support/quiet-log.js';
import { pending, quiet } from '../../support/waiting.js';

@Durable()
@Message({ name: 'shutdown.work' })
class Work extends Command {
  constructor(readonly n: number) {
    super();
  }
}

const log: string[] = [];
let gate = pending();
let signal: AbortSignal | undefined;

class Worker {
  @CommandHandler(Work)
  async work({ n }: Work, context: MessageContext): Promise<void> {
    log.push(`begin ${n}`);
    ({ signal } = context);
    await gate.promise;
    log.push(`end ${n}`);
  }
}

@Message({ name: 'shutdown.happened' })
class Happened extends Event {}

class Listener {
  @EventsHandler(Happened)
  @Durable('listening')
  async on(): Promise<void> {
    await gate.promise;
  }
}

const started = async (transport: MemoryTransport, timeout = 5000, concurrency = 1) =>
  start({
    imports: [CqrsModule.forRoot({ shutdown: { timeout }, durable: { transport, concurrency } })],
    providers: [Worker],
  });

beforeEach(() => {
  log.length = 0;
  gate = pending();
});

describe('an application that closes', () => {
  it('takes no new job, and awaits the one that runs', async () => {
    const transport = new MemoryTransport();
    const { app, commands } = await started(transport);
    await commands.enqueueAll([new Work(1), new Work(2)]);
    await quiet();
    const closing = app.close();
    await quiet();
    expect(log).toEqual(['begin 1']);
    gate.finish();
    await closing;
    expect(log).toEqual(['begin 1', 'end 1']);
    expect(await transport.inspect('shutdown.work')).toMatchObject({ ready: 1, active: 0, dead: 0 });
  });

  it('gives back what outlives the limit, with its signal aborted and its attempt not counted', async () => {
    quietLog();
    const transport = new MemoryTransport();
    const { app, commands } = await started(transport, 20);
    await commands.enqueue(new Work(1));
    await quiet();
    await app.close();
    expect(signal?.aborted).toBe(true);
    expect(await transport.inspect('shutdown.work')).toMatchObject({ ready: 1, active: 0 });
    gate.finish();
    await quiet();
    expect(await transport.inspect('shutdown.work')).toMatchObject({ ready: 1 });
  });

  it('reports what outlives the limit once, by its handler', async () => {
    const transport = new MemoryTransport();
    const {
      app,
      commands,
      events,
      log: written,
    } = await start({
      imports: [CqrsModule.forRoot({ shutdown: { timeout: 20 }, durable: { transport } })],
      providers: [Worker, Listener],
    });
    await commands.enqueueAll([new Work(1), new Work(2)]);
    await events.publish(new Happened());
    await quiet();
    await app.close();
    const told = written.errors.filter(text => text.includes('CQRS_SHUTDOWN_TIMEOUT'));
    expect(told.map(text => text.split(' has thrown')[0]).toSorted()).toEqual([
      '"Listener.on (RootTestModule)"',
      '"Worker.work (RootTestModule)"',
      '"Worker.work (RootTestModule)"',
    ]);
    expect(written.warnings).toEqual(['Closed while 3 dispatches were still running.']);
    gate.finish();
  });

  it('refuses to look at queues once it is closed', async () => {
    const { app } = await started(new MemoryTransport());
    await app.close();
    const refused = { code: 'CQRS_ENGINE_UNAVAILABLE', what: expect.stringContaining('The application is closed') };
    await expect(app.get(DeadLetters).list()).rejects.toMatchObject(refused);
    await expect(app.get(Queues).list()).rejects.toMatchObject(refused);
    await expect(app.get(Schedules).list()).rejects.toMatchObject(refused);
  });

  it('lets a running handler store, and refuses to store once it is closed', async () => {
    quietLog();
    const transport = new MemoryTransport();
    const { app, commands } = await started(transport);
    await commands.enqueue(new Work(1));
    await quiet();
    const closing = app.close();
    await expect(commands.enqueue(new Work(2))).resolves.toMatchObject({ isDuplicate: false });
    gate.finish();
    await closing;
    await expect(commands.enqueue(new Work(3))).rejects.toMatchObject({ code: 'CQRS_BUS_CLOSED' });
  });

  it('keeps at most so many running as it was told', async () => {
    const transport = new MemoryTransport();
    const { commands } = await started(transport, 5000, 3);
    await commands.enqueueAll(Array.from({ length: 10 }, (_, n) => new Work(n)));
    await quiet();
    expect(log).toEqual(['begin 0', 'begin 1', 'begin 2']);
    gate.finish();
    await transport.settled();
    expect(log.filter(each => each.startsWith('end'))).toHaveLength(10);
  });
});
