import { Injectable, Module, Scope, UseGuards, type CanActivate, type OnModuleInit } from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import {
  Command,
  CommandBus,
  CommandHandler,
  CommandHandlerNotFoundException,
  CqrsModule,
  CqrsWiringException,
  type CqrsMiddleware,
  Event,
  EventBus,
  EventsHandler,
  Message,
  type Next,
  UseMiddleware,
  Wiring,
} from '../../../lib/index.js';
import { scenario, testApp } from '../../../lib/testing/index.js';
import { start } from '../../support/application.js';

class Print extends Command<string> {}
class Scan extends Command<string> {}
class Printed extends Event {
  readonly seenBy: string[] = [];
}

let made = 0;

/** Counts its instances. */
@Injectable()
class Counting implements CqrsMiddleware {
  constructor() {
    made += 1;
  }
  async intercept(message: object, next: Next) {
    return `counted ${String(await next(message))}`;
  }
}

@Injectable()
@UseMiddleware(Counting)
class Printer {
  @CommandHandler(Print)
  print() {
    return Promise.resolve('printed');
  }
}

class PrintedHandlers {
  @EventsHandler(Printed)
  lazy(event: Printed) {
    event.seenBy.push('lazy');
  }
}

@Module({ imports: [CqrsModule], providers: [Printer, PrintedHandlers] })
class PrinterModule {}

@Module({
  providers: [
    {
      provide: 'scanner',
      scope: Scope.REQUEST,
      useClass: (() => {
        @CommandHandler(Scan)
        class Scanner {
          execute() {
            return Promise.resolve('scanned');
          }
        }
        return Scanner;
      })(),
    },
  ],
})
class ScannerModule {}

/** Handles what PrinterModule handles. */
@CommandHandler(Print)
class OtherPrinter {
  execute() {
    return Promise.resolve('other');
  }
}
@Module({ providers: [OtherPrinter] })
class OtherPrinterModule {}

class EagerHandlers {
  @EventsHandler(Printed)
  eager(event: Printed) {
    event.seenBy.push('eager');
  }
}

const run = async () => {
  made = 0;
  const started = await start({ imports: [CqrsModule.forRoot()], providers: [EagerHandlers] });
  return { ...started, loader: started.app.get(LazyModuleLoader), wiring: started.app.get(Wiring) };
};

describe('Lazily loaded modules', () => {
  it('have their handlers connected when load() has returned', async () => {
    const { app, events, loader } = await run();
    await scenario(app).when(new Print()).fails(CommandHandlerNotFoundException);
    await loader.load(() => PrinterModule);
    await scenario(app).when(new Print()).answers('counted printed');
    const event = new Printed();
    await events.publish(event);
    expect(event.seenBy).toEqual(['eager', 'lazy']);
  });

  it('are connected once, however often they are loaded', async () => {
    const { events, loader } = await run();
    for (let i = 0; i < 3; i++) await loader.load(() => Promise.resolve(PrinterModule));
    const event = new Printed();
    await events.publish(event);
    expect(event.seenBy).toEqual(['eager', 'lazy']);
  });

  it('are connected when several are loaded at once', async () => {
    const { commands, events, loader } = await run();
    await Promise.all([PrinterModule, ScannerModule, PrinterModule].map(module => loader.load(() => module)));
    expect([await commands.execute(new Print()), await commands.execute(new Scan())]).toEqual([
      'counted printed',
      'scanned',
    ]);
    const event = new Printed();
    await events.publish(event);
    expect(event.seenBy).toEqual(['eager', 'lazy']);
  });

  it('leave the instances of middleware alone that are there already', async () => {
    const { loader } = await run();
    await loader.load(() => PrinterModule);
    expect(made).toBe(1);
    await loader.load(() => ScannerModule);
    expect(made).toBe(1);
  });

  it('have the enhancers of their handlers injected from their own providers', async () => {
    @Injectable()
    class Paper {
      readonly isThere = true;
    }
    @Injectable()
    class PaperGuard implements CanActivate {
      constructor(readonly paper: Paper) {}
      canActivate() {
        return this.paper.isThere;
      }
    }
    class Copier {
      @UseGuards(PaperGuard)
      @CommandHandler(Scan)
      copy() {
        return Promise.resolve('copied');
      }
    }
    @Module({ providers: [Copier, Paper] })
    class CopierModule {}
    const { commands, loader } = await run();
    await loader.load(() => CopierModule);
    expect(await commands.execute(new Scan())).toBe('copied');
  });

  it('get the middleware of the root around their handlers', async () => {
    const audit = async (message: object, next: Next) => `audited ${String(await next(message))}`;
    const { app } = await start({ imports: [CqrsModule.forRoot({ middleware: [audit] })] });
    await app.get(LazyModuleLoader).load(() => PrinterModule);
    await scenario(app).when(new Print()).answers('audited counted printed');
  });

  it('appear in the wiring', async () => {
    const { app, loader } = await run();
    await loader.load(() => PrinterModule);
    expect(app.get(Wiring).entries).toContainEqual({
      kind: 'command',
      message: 'Print',
      middleware: ['Counting'],
      handler: 'Printer.print',
      module: 'PrinterModule',
    });
  });

  it('are refused when they duplicate a handler, and what was there goes on', async () => {
    const { app, loader } = await run();
    await loader.load(() => PrinterModule);
    await expect(loader.load(() => OtherPrinterModule)).rejects.toBeInstanceOf(CqrsWiringException);
    await scenario(app).when(new Print()).answers('counted printed');
  });

  it('are refused alone: what is wrong with one spoils none that is loaded with it or later', async () => {
    const { commands, loader, wiring } = await run();
    await loader.load(() => PrinterModule);
    const loads = [OtherPrinterModule, ScannerModule].map(module => loader.load(() => module));
    expect((await Promise.allSettled(loads)).map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect(await commands.execute(new Scan())).toBe('scanned');
    expect(wiring.entries.map(({ module }) => module)).not.toContain('OtherPrinterModule');
  });

  it('may provide a bus of their own, which gets the handlers that were there before', async () => {
    @Injectable()
    class LazyBus extends EventBus {}
    @Module({ providers: [LazyBus] })
    class LazyBusModule {}
    const { loader } = await run();
    await loader.load(() => PrinterModule);
    const loaded = await loader.load(() => LazyBusModule);
    const event = new Printed();
    await loaded.get(LazyBus).publish(event);
    expect(event.seenBy).toEqual(['eager', 'lazy']);
  });

  it('are connected when their own providers are there, not when another module has been loaded meanwhile', async () => {
    class Slow {
      constructor(readonly database: { name: string }) {}
      @CommandHandler(Scan)
      scan() {
        return Promise.resolve(this.database.name);
      }
    }
    const database = new Promise(resolve => setTimeout(resolve, 30, { name: 'database' }));
    const providers = [
      { provide: 'database', useFactory: () => database },
      { provide: Slow, useFactory: (given: { name: string }) => new Slow(given), inject: ['database'] },
    ];
    @Module({ providers })
    class SlowModule {}
    const { commands, loader } = await run();
    await Promise.all([SlowModule, PrinterModule].map(module => loader.load(() => module)));
    expect(await commands.execute(new Scan())).toBe('database');
    expect(await commands.execute(new Print())).toBe('counted printed');
  });

  it('are refused however often they are loaded, and so is what imports them', async () => {
    @Module({ imports: [OtherPrinterModule] })
    class ImportingModule {}
    const { loader } = await run();
    await loader.load(() => PrinterModule);
    for (const module of [OtherPrinterModule, OtherPrinterModule, ImportingModule])
      await expect(loader.load(() => module)).rejects.toMatchObject({ code: 'CQRS_WIRING' });
  });

  it('that are refused leave the names of their messages to others', async () => {
    const named = (name: string) => {
      @Message({ name })
      class Named extends Command<string> {}
      return Named;
    };
    const [first, second] = [named('lazy.named'), named('lazy.named')];
    class Broken {
      @CommandHandler(Print)
      print() {
        return Promise.resolve('again');
      }
      @CommandHandler(first)
      named() {
        return Promise.resolve('broken');
      }
    }
    class Good {
      @CommandHandler(second)
      named() {
        return Promise.resolve('good');
      }
    }
    @Module({ providers: [Broken] })
    class BrokenModule {}
    @Module({ providers: [Good] })
    class GoodModule {}
    const { commands, loader } = await run();
    await loader.load(() => PrinterModule);
    await expect(loader.load(() => BrokenModule)).rejects.toBeInstanceOf(CqrsWiringException);
    await loader.load(() => GoodModule);
    expect(await commands.execute(new second())).toBe('good');
  });

  it('can be loaded in onModuleInit', async () => {
    @Injectable()
    class Early implements OnModuleInit {
      result: unknown;
      constructor(
        readonly loader: LazyModuleLoader,
        readonly commands: CommandBus,
      ) {}
      async onModuleInit() {
        await this.loader.load(() => PrinterModule);
        this.result = await this.commands.execute(new Print());
      }
    }
    const { app } = await start({ imports: [CqrsModule.forRoot()], providers: [Early] });
    expect(app.get(Early).result).toBe('counted printed');
  });

  it('may bring CqrsModule to an application that had none', async () => {
    const { PrivateModule, Service } = (() => {
      @Injectable()
      class Service {
        constructor(readonly commands: CommandBus) {}
      }
      @Module({ imports: [CqrsModule], providers: [Service, Printer], exports: [Service] })
      class PrivateModule {}
      return { PrivateModule, Service };
    })();
    await using app = await testApp({});
    const loaded = await app.get(LazyModuleLoader).load(() => PrivateModule);
    expect(await loaded.get(Service).commands.execute(new Print())).toBe('counted printed');
  });
});
