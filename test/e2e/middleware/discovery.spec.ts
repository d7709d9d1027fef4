import { Inject, Injectable, Module, type Provider, type Type } from '@nestjs/common';
import {
  Command,
  CommandHandler,
  CqrsModule,
  type CqrsMiddleware,
  type CqrsModuleOptions,
  Event,
  EventsHandler,
  Middleware,
  type MiddlewarePlacement,
  type MiddlewareReference,
  type Next,
  Query,
  QueryHandler,
  UseMiddleware,
  Wiring,
} from '../../../lib/index.js';
import { scenario, testApp } from '../../../lib/testing/index.js';
import { codesOf, refusalOf, start } from '../../support/application.js';

class Save extends Command<string> {}
class Load extends Query<string> {}
class Saved extends Event {}

class Store {
  @CommandHandler(Save)
  save() {
    return Promise.resolve('saved');
  }
  @QueryHandler(Load)
  load() {
    return 'loaded';
  }
  @EventsHandler(Saved)
  onSaved() {}
}

const seen: string[] = [];
beforeEach(() => (seen.length = 0));

/** A middleware class of this name. */
const named = (name: string): Type<CqrsMiddleware> =>
  ({
    [name]: class implements CqrsMiddleware {
      intercept(message: object, next: Next) {
        seen.push(name);
        return next(message);
      }
    },
  })[name]!;

const placed = (name: string, placement?: MiddlewarePlacement) => {
  const type = named(name);
  Middleware(placement)(type);
  return type;
};

const orderWith = async (providers: Provider[], options: CqrsModuleOptions = {}) => {
  const { commands } = await start({ imports: [CqrsModule.forRoot(options)], providers: [Store, ...providers] });
  await commands.execute(new Save());
  return seen;
};

describe('Discovered middleware', () => {
  it('is found in every module', async () => {
    @Module({ providers: [placed('Elsewhere')] })
    class OtherModule {}
    const { commands } = await start({ imports: [CqrsModule.forRoot(), OtherModule], providers: [Store] });
    await commands.execute(new Save());
    expect(seen).toEqual(['Elsewhere']);
  });

  it('wraps all three buses, or those it names', async () => {
    const providers = [Store, placed('All'), placed('Some', { on: ['query', 'event'] })];
    const { commands, queries, events } = await start({ imports: [CqrsModule.forRoot()], providers });
    await commands.execute(new Save());
    expect(seen.splice(0)).toEqual(['All']);
    await queries.ask(new Load());
    expect(seen.splice(0)).toEqual(['All', 'Some']);
    await events.publish(new Saved());
    expect(seen).toEqual(['All', 'Some']);
  });

  it('lies in the order of the providers, within what forRoot lists', async () => {
    const listed = named('Listed');
    expect(await orderWith([placed('First'), placed('Second')], { middleware: [listed] })).toEqual([
      'Listed',
      'First',
      'Second',
    ]);
  });

  it('lies before what it names, and after what it names', async () => {
    const listed = named('Listed');
    const inner = named('Inner');
    const between = placed('Between', { after: [listed], before: [inner] });
    const outermost = placed('Outermost', { before: [listed] });
    expect(await orderWith([between, outermost], { middleware: [listed, inner] })).toEqual([
      'Outermost',
      'Listed',
      'Between',
      'Inner',
    ]);
  });

  it('may name middleware that is not there', async () => {
    expect(await orderWith([placed('Alone', { before: [named('Missing')], after: [named('Other')] })])).toEqual([
      'Alone',
    ]);
  });

  it('runs once where forRoot lists it too, and where two modules provide it', async () => {
    const twice = placed('Twice');
    @Module({ providers: [twice] })
    class OtherModule {}
    const { commands } = await start({
      imports: [CqrsModule.forRoot({ middleware: [twice] }), OtherModule],
      providers: [Store, twice],
    });
    await commands.execute(new Save());
    expect(seen).toEqual(['Twice']);
  });

  it('is injected, and found under a string token and as a value', async () => {
    @Middleware()
    @Injectable()
    class Greeting implements CqrsMiddleware {
      constructor(@Inject('GREETING') readonly greeting: string) {}
      async intercept(message: object, next: Next) {
        return `${this.greeting} ${String(await next(message))}`;
      }
    }
    for (const provider of [
      { provide: 'middleware', useClass: Greeting },
      { provide: 'middleware', useValue: new Greeting('hello') },
    ]) {
      const { app } = await start({
        imports: [CqrsModule.forRoot()],
        providers: [Store, provider, { provide: 'GREETING', useValue: 'hello' }],
      });
      await scenario(app).when(new Save()).answers('hello saved');
    }
  });

  it('keeps its place when a test overrides it', async () => {
    const audit = placed('Audit', { on: ['command'] });
    await using app = await testApp({
      imports: [CqrsModule.forRoot()],
      providers: [Store, audit],
      overrides: [[audit, { intercept: () => 'overridden' }]],
    });
    await scenario(app).when(new Save()).answers('overridden');
  });

  it('is named by the wiring', async () => {
    const { app } = await start({
      imports: [CqrsModule.forRoot({ middleware: [named('Listed')] })],
      providers: [Store, placed('Found', { on: ['query'] })],
    });
    const ways = app.get(Wiring).entries.map(({ message, middleware }) => [message, ...middleware]);
    expect(ways).toEqual([
      ['Save', 'Listed'],
      ['Load', 'Listed', 'Found'],
      ['Saved', 'Listed'],
    ]);
  });
});

describe('Middleware that cannot be wired', () => {
  @Injectable()
  class Needy implements CqrsMiddleware {
    constructor(@Inject('NOWHERE') readonly missing: unknown) {}
    intercept(message: object, next: Next) {
      return next(message);
    }
  }

  it('fails the start once, with its name and the class that uses it', async () => {
    const { problems } = await refusalOf({
      imports: [CqrsModule.forRoot({ middleware: [Needy] })],
      providers: [Store],
    });
    expect(problems).toEqual([
      expect.objectContaining({
        code: 'CQRS_INVALID_MIDDLEWARE',
        what: expect.stringContaining('Needy'),
        where: expect.stringContaining('forRoot'),
        cause: expect.any(Error),
      }),
    ]);
  });

  it('fails the start naming the handler and module that use it', async () => {
    @UseMiddleware(Needy)
    @CommandHandler(Save)
    class Wrapped {
      execute() {
        return Promise.resolve('saved');
      }
    }
    @Module({ providers: [Wrapped] })
    class SavingModule {}
    const { problems } = await refusalOf({ imports: [CqrsModule.forRoot(), SavingModule] });
    expect(problems.map(({ where }) => where)).toEqual(['Wrapped in SavingModule']);
  });

  it('fails the start when it is undefined, guessing at a circular import', async () => {
    const missing = undefined as unknown as MiddlewareReference;
    class Wrapped {
      @UseMiddleware(missing)
      @CommandHandler(Save)
      save() {
        return Promise.resolve('saved');
      }
    }
    const { problems } = await refusalOf({
      imports: [CqrsModule.forRoot({ middleware: [missing], queries: { middleware: [missing] } })],
      providers: [Wrapped],
    });
    expect(problems).toHaveLength(3);
    for (const { what } of problems) expect(what).toContain('circular import?');
    expect(problems[2]!.where).toContain('Wrapped.save');
  });

  it('fails the start when a provider stands in its place that has no intercept', async () => {
    for (const useValue of [{}, undefined, null]) {
      const stub = { provide: Needy, useValue };
      const { problems } = await refusalOf({
        imports: [CqrsModule.forRoot({ middleware: [Needy] })],
        providers: [stub],
      });
      expect(problems).toEqual([
        expect.objectContaining({
          code: 'CQRS_INVALID_MIDDLEWARE',
          what: 'Needy has no method intercept().',
          remedy: 'Add intercept(message, next).',
        }),
      ]);
    }
  });

  it('fails the start when its order is a cycle, naming what is in it, once', async () => {
    const first = named('First');
    const second = placed('Second', { before: [first] });
    Middleware({ before: [second] })(first);
    const { problems } = await refusalOf({ imports: [CqrsModule.forRoot()], providers: [Store, first, second] });
    expect(problems).toEqual([
      expect.objectContaining({ code: 'CQRS_MIDDLEWARE_ORDER', what: expect.stringMatching(/First.*Second/) }),
    ]);
  });

  it('is told together with everything else that is wrong', async () => {
    const codes = await codesOf({
      imports: [CqrsModule.forRoot({ middleware: [Needy], expectHandlersFor: [Load] })],
      providers: [placed('Loop', { before: [Needy], after: [Needy] })],
    });
    expect(codes.toSorted()).toEqual(['CQRS_HANDLER_NOT_FOUND', 'CQRS_INVALID_MIDDLEWARE', 'CQRS_MIDDLEWARE_ORDER']);
  });
});
