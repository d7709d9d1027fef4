import { Inject, Injectable, Module, type ModuleMetadata } from '@nestjs/common';
import {
  Command,
  CommandHandler,
  CqrsModule,
  type CqrsMiddleware,
  Event,
  EventsHandler,
  Middleware,
  type Next,
  Query,
  QueryHandler,
  UseMiddleware,
} from '../../../lib/index.js';
import { scenario } from '../../../lib/testing/index.js';
import { start } from '../../support/application.js';

class Trace {
  readonly lines: string[] = [];
}

/** A middleware class that leaves its name in the trace. */
const tracing = (name: string) => {
  @Injectable()
  class Tracing implements CqrsMiddleware {
    constructor(@Inject(Trace) readonly trace: Trace) {}
    intercept(message: object, next: Next) {
      this.trace.lines.push(name);
      return next(message);
    }
  }
  return Tracing;
};

const OfModule = tracing('module');
const OfBus = tracing('bus');
const OfType = tracing('type');
const OfBaseType = tracing('base type');
const OfClass = tracing('class');
const OfMethod = tracing('method');

@UseMiddleware(OfBaseType)
class Base extends Command<string> {}
@UseMiddleware(OfType)
class Save extends Base {}
class Saved extends Event {}
class Load extends Query<string> {}

@UseMiddleware(OfClass)
class Store {
  constructor(@Inject(Trace) readonly trace: Trace) {}

  @CommandHandler(Save)
  @UseMiddleware(OfMethod)
  save() {
    this.trace.lines.push('handler');
    return Promise.resolve('saved');
  }

  @QueryHandler(Load)
  load() {
    this.trace.lines.push('handler');
    return 'loaded';
  }

  @EventsHandler(Saved)
  onSaved() {
    this.trace.lines.push('handler');
  }
}

/** Lets every module inject the same trace. */
const trace = (): ModuleMetadata['imports'] => {
  @Module({ providers: [Trace], exports: [Trace] })
  class TraceModule {}
  return [{ module: TraceModule, global: true }];
};

describe('Middleware classes', () => {
  const Discovered = tracing('discovered');
  Middleware()(Discovered);

  it('lie in each other as designed: module, bus, discovered, base of the type, type, handler class, method', async () => {
    const options = { middleware: [OfModule], commands: { middleware: [OfBus] } };
    const { app, commands } = await start({
      imports: [CqrsModule.forRoot(options), ...trace()!],
      providers: [Store, Discovered],
    });
    expect(await commands.execute(new Save())).toBe('saved');
    expect(app.get(Trace, { strict: false }).lines).toEqual([
      'module',
      'bus',
      'discovered',
      'base type',
      'type',
      'class',
      'method',
      'handler',
    ]);
  });

  it('of one bus wrap no other bus', async () => {
    const { app, queries, events } = await start({
      imports: [CqrsModule.forRoot({ commands: { middleware: [OfBus] } }), ...trace()!],
      providers: [Store],
    });
    await queries.ask(new Load());
    await events.publish(new Saved());
    expect(app.get(Trace, { strict: false }).lines).toEqual(['class', 'handler', 'class', 'handler']);
  });

  it('are injected what their module provides when they are providers', async () => {
    @Module({ providers: [{ provide: Trace, useValue: new Trace() }, OfModule], exports: [OfModule] })
    class TracingModule {}
    const { app, queries } = await start({
      imports: [CqrsModule.forRoot({ middleware: [OfModule] }), TracingModule],
      providers: [Trace, Store],
    });
    await queries.ask(new Load());
    expect(app.get(OfModule, { strict: false }).trace.lines).toEqual(['module']);
  });

  it('on a handler are created in the module of the handler if no module provides them', async () => {
    @Module({ providers: [Trace, Store], exports: [Trace] })
    class StoreModule {}
    const { app, queries } = await start({ imports: [CqrsModule.forRoot(), StoreModule] });
    await queries.ask(new Load());
    expect(app.select(StoreModule).get(Trace).lines).toEqual(['class', 'handler']);
  });

  it('are one instance for all handlers of a module', async () => {
    let made = 0;
    class Counted implements CqrsMiddleware {
      constructor() {
        made += 1;
      }
      intercept(message: object, next: Next) {
        return next(message);
      }
    }
    class Twice {
      @UseMiddleware(Counted)
      @CommandHandler(Save)
      save() {
        return Promise.resolve('saved');
      }
      @UseMiddleware(Counted)
      @QueryHandler(Load)
      load() {
        return 'loaded';
      }
    }
    await start({ imports: [CqrsModule.forRoot({ middleware: [Counted] }), ...trace()!], providers: [Twice] });
    expect(made).toBeLessThanOrEqual(2);
  });

  it('are inherited from the handler that a subclass extends, its overridden methods included', async () => {
    class LoudStore extends Store {
      override save() {
        this.trace.lines.push('overridden');
        return super.save();
      }
    }
    const { app, commands } = await start({ imports: [CqrsModule.forRoot(), ...trace()!], providers: [LoudStore] });
    await commands.execute(new Save());
    expect(app.get(Trace, { strict: false }).lines).toEqual([
      'base type',
      'type',
      'class',
      'method',
      'overridden',
      'handler',
    ]);
  });

  it('stay on a method whose function another decorator replaces', async () => {
    const replacing: MethodDecorator = (_target, _key, descriptor) => {
      const original = descriptor.value as unknown as (...args: unknown[]) => Promise<string>;
      descriptor.value = async function (this: unknown, ...args: unknown[]) {
        return `replaced ${await original.apply(this, args)}`;
      } as never;
    };
    class Replaced {
      constructor(@Inject(Trace) readonly trace: Trace) {}
      @replacing
      @UseMiddleware(OfMethod)
      @CommandHandler(Save)
      save() {
        return Promise.resolve('saved');
      }
    }
    const { app } = await start({ imports: [CqrsModule.forRoot(), ...trace()!], providers: [Replaced] });
    await scenario(app).when(new Save()).answers('replaced saved');
    expect(app.get(Trace, { strict: false }).lines).toEqual(['base type', 'type', 'method']);
  });

  it('may be given as instances and functions beside classes', async () => {
    const seen: string[] = [];
    const ready: CqrsMiddleware = { intercept: (message, next) => (seen.push('instance'), next(message)) };
    const { queries, app } = await start({
      imports: [
        CqrsModule.forRoot({
          middleware: [(message, next) => (seen.push('function'), next(message)), OfModule, ready],
        }),
        ...trace()!,
      ],
      providers: [Store],
    });
    await queries.ask(new Load());
    expect(seen).toEqual(['function', 'instance']);
    expect(app.get(Trace, { strict: false }).lines).toEqual(['module', 'class', 'handler']);
  });

  it('see a spy that is put on them later', async () => {
    const { app } = await start({
      imports: [CqrsModule.forRoot({ middleware: [OfModule] }), ...trace()!],
      providers: [Store, OfModule],
    });
    app.get(OfModule).intercept = () => Promise.resolve('from the spy');
    const { asked } = await scenario(app).when(new Load()).answers('from the spy');
    expect(asked.handledBy).toEqual([]);
  });

  it('can be replaced in tests under their own token', async () => {
    const { app } = await start({
      imports: [CqrsModule.forRoot({ middleware: [OfModule] }), ...trace()!],
      providers: [Store, { provide: OfModule, useValue: { intercept: () => 'replaced' } }],
    });
    await scenario(app).when(new Load()).answers('replaced');
  });
});
