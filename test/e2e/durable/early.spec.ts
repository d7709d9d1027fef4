import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsException,
  CqrsModule,
  CqrsWiringException,
  Durable,
  Message,
  NotWiredException,
} from '../../../lib/index.js';
import { MemoryTransport } from '../../../lib/testing/index.js';
import { RecordedLog, start } from '../../support/application.js';

@Durable()
@Message({ name: 'early.work' })
class Work extends Command {
  constructor(readonly by: string) {
    super();
  }
}

const done: string[] = [];

class Worker {
  @CommandHandler(Work)
  work({ by }: Work): void {
    done.push(by);
  }
}

beforeEach(() => done.splice(0));

describe('enqueue() while the application starts', () => {
  it('is refused in a constructor', async () => {
    const refusals: unknown[] = [];
    @Injectable()
    class Eager {
      constructor(commands: CommandBus) {
        commands.enqueue(new Work('constructor')).catch(error => refusals.push(error));
        commands.enqueueAll([]).catch(error => refusals.push(error));
      }
    }
    const durable = { transport: new MemoryTransport() };
    await start({ imports: [CqrsModule.forRoot({ durable })], providers: [Worker, Eager] });
    expect(refusals).toEqual([expect.any(NotWiredException), expect.any(NotWiredException)]);
    const [one, none] = refusals as NotWiredException[];
    expect(one!.what).toMatch(/^"Work" was sent before/);
    expect(none!.what).toMatch(/^"A command" was sent before/);
  });

  it('waits in a hook until the queues are there: what it stores is handled', async () => {
    @Injectable()
    class Hook implements OnModuleInit {
      constructor(private readonly commands: CommandBus) {}
      async onModuleInit() {
        await this.commands.enqueue(new Work('hook'));
      }
    }
    const transport = new MemoryTransport();
    await start({ imports: [CqrsModule.forRoot({ durable: { transport } })], providers: [Worker, Hook] });
    await transport.clock.advance(1);
    expect(done).toEqual(['hook']);
  });

  it('fails with the problems of an application that does not start', async () => {
    class Second {
      @CommandHandler(Work)
      work(): void {}
    }
    const transport = new MemoryTransport();
    const module = await Test.createTestingModule({
      imports: [CqrsModule.forRoot({ durable: { transport } })],
      providers: [Worker, Second],
    })
      .setLogger(new RecordedLog())
      .compile();
    await expect(module.get(CommandBus).enqueue(new Work('lost'))).rejects.toBeInstanceOf(CqrsWiringException);
    await expect(module.init()).rejects.toBeInstanceOf(CqrsWiringException);
    await module.close().catch(() => undefined);
  });

  it('is refused without a transport, also for a list of nothing', async () => {
    const { commands } = await start({ imports: [CqrsModule.forRoot()], providers: [Worker] });
    const refusalOf = (storing: Promise<unknown>) => storing.catch((error: CqrsException) => error.what);
    expect(await refusalOf(commands.enqueue(new Work('none')))).toMatch(/^"Work" cannot be stored/);
    expect(await refusalOf(commands.enqueueAll([]))).toMatch(/^A command cannot be stored/);
  });
});
