import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Module } from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  EventBus,
  EventsHandler,
  Timeout,
  UseMiddleware,
  type MessageContext,
  type MiddlewareFunction,
} from '../../../lib/index.js';
import { observe, whenDone, type Probe, type ProbePoint } from '../../../lib/extension.js';
import { start } from '../../support/application.js';
import { quietLog } from '../../support/quiet-log.js';
import { pending } from '../../support/waiting.js';

class Save extends Command<string> {}
class Replaced extends Command<string> {}
class Saved {}

beforeEach(() => quietLog());

/** Notes the end of each step. */
class Ends implements Probe {
  readonly seen: string[] = [];
  readonly points: ProbePoint[] = [];
  wraps = 0;

  readonly wrap: NonNullable<Probe['wrap']> = (point, run) => {
    this.wraps += 1;
    this.points.push(point);
    const what = [point.at, point.middleware, point.type.name].filter(Boolean).join(' ');
    return (message, context) =>
      whenDone(
        () => run(message, context),
        outcome => this.seen.push('error' in outcome ? `${what} failed: ${(outcome.error as Error).name}` : what),
      );
  };
}

describe('the steps of a command', () => {
  it('include the time limit of the caller: a time-out is a failure', async () => {
    const bus = new CommandBus();
    const end = pending();
    bus.register(Save, async () => {
      await end.promise;
      return 'late';
    });
    const probe = new Ends();
    observe(bus, probe);
    await expect(bus.execute(new Save(), { timeout: 100 })).rejects.toMatchObject({ code: 'CQRS_TIMEOUT' });
    expect(probe.seen).toEqual([
      'middleware limitByCaller Save failed: DispatchTimeoutException',
      'dispatch Save failed: DispatchTimeoutException',
    ]);
    end.finish();
    await delay(1);
    expect(probe.seen.at(-1)).toBe('handler Save');
  });

  it('name each middleware, number each attempt, and include a message that a middleware puts in place', async () => {
    const bus = new CommandBus();
    const attempts: number[] = [];
    const retry: MiddlewareFunction = async function retry(message, next) {
      await next(message).catch(() => undefined);
      return next(new Replaced());
    };
    const inner: MiddlewareFunction = function inner(message, next) {
      return next(message);
    };
    UseMiddleware(inner)(Replaced);
    bus.register(Save, () => {
      throw new Error('once');
    });
    bus.register(Replaced, () => 'replaced');
    bus.dispatcher.setMiddleware([retry]);
    const probe = new Ends();
    observe(bus, probe);
    observe(bus, {
      wrap: ({ at }, run) =>
        at === 'handler' ? (message, context) => (attempts.push(context.attempt), run(message, context)) : run,
    });
    expect(await bus.execute(new Save())).toBe('replaced');
    expect(probe.seen).toEqual([
      'handler Save failed: Error',
      'handler Replaced',
      'middleware inner Replaced',
      'middleware retry Save',
      'dispatch Save',
    ]);
    expect(attempts).toEqual([1, 2]);
    const { wraps } = probe;
    await bus.execute(new Save());
    expect(probe.wraps).toBe(wraps);
  });
});

@Injectable()
class Handlers {
  static readonly contexts: MessageContext[] = [];

  @CommandHandler(Save)
  @Timeout(1000)
  save(): string {
    return 'saved';
  }

  @EventsHandler(Saved)
  first(_event: Saved, context: MessageContext): void {
    Handlers.contexts.push(context);
  }

  @EventsHandler(Saved)
  async second(_event: Saved, context: MessageContext): Promise<void> {
    Handlers.contexts.push(context);
  }
}

describe('the steps of an application', () => {
  it('name class and method of the handler', async () => {
    const { app, commands } = await start({ imports: [CqrsModule.forRoot()], providers: [Handlers] });
    const probe = new Ends();
    observe(app, probe);
    await commands.execute(new Save());
    expect(probe.points.map(({ at, target, handler }) => [at, target, handler.name])).toEqual(
      ['handler', 'middleware', 'dispatch'].map(at => [at, { type: Handlers, method: 'save' }, 'Handlers.save']),
    );
  });

  it('have one shared context for all handlers of an event, which the publish point has too', async () => {
    const { app, events } = await start({ imports: [CqrsModule.forRoot()], providers: [Handlers] });
    const shared = new Set<unknown>();
    await events.publish(new Saved());
    const contexts = Handlers.contexts.splice(0);
    expect(new Set(contexts.map(({ messageId }) => messageId)).size).toBe(1);
    for (const context of contexts) shared.add(context.shared);
    expect([contexts.length, shared.size, shared.has(contexts[0])]).toEqual([2, 1, true]);
    const stop = observe(app, { publish: ({ context }) => void shared.add(context) as undefined });
    await events.publish(new Saved());
    stop();
    for (const context of Handlers.contexts.splice(0)) shared.add(context.shared);
    expect(shared.size).toBe(2);
  });

  it('are those of a module too that is loaded later, and of an application that has not started', async () => {
    class LoadedModule {}
    Module({ providers: [Handlers] })(LoadedModule);
    const testing = await Test.createTestingModule({ imports: [CqrsModule.forRoot()] }).compile();
    const probe = new Ends();
    const stop = observe(testing, probe);
    const app = await testing.init();
    await app.get(LazyModuleLoader).load(() => LoadedModule);
    const commands = app.get(CommandBus, { strict: false });
    await commands.execute(new Save());
    expect(probe.seen.at(-1)).toBe('dispatch Save');
    stop();
    probe.seen.length = 0;
    await commands.execute(new Save());
    await app.close();
    expect(probe.seen).toEqual([]);
  });

  it('of an event are composed anew as long as a probe asks what is published', async () => {
    const bus = new EventBus();
    const stops = [observe(bus, { publish: () => undefined }), observe(bus, { publish: () => undefined })];
    bus.register(Saved, () => undefined);
    const isDirect = () => bus.dispatcher.pipelinesOf(new Saved()).direct !== undefined;
    const found = [isDirect()];
    for (const stop of stops) {
      stop();
      found.push(isDirect());
    }
    expect(found).toEqual([false, false, true]);
  });

  it.each([
    ['nothing', undefined],
    ['an object', {}],
    ['an application without CqrsModule', { get: () => undefined }],
  ])('cannot be those of %s', (_name, target) => {
    const act = () => observe(target as never, {});
    expect(act).toThrow(expect.objectContaining({ code: 'CQRS_NOT_OBSERVABLE' }));
  });

  it('need a probe that is an object', () => {
    const act = () => observe(new CommandBus(), (() => undefined) as never);
    expect(act).toThrow(expect.objectContaining({ code: 'CQRS_NOT_OBSERVABLE' }));
  });
});
