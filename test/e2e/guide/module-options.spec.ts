import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Injectable, Module, UseGuards } from '@nestjs/common';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  type CqrsModuleOptions,
  type CqrsModuleOptionsFactory,
  Event,
  EventsHandler,
  MessageContext,
  Query,
  QueryHandler,
  QuerySideEffectException,
  Validate,
  Wiring,
} from 'nestjs-cqrs';
import { scenario } from 'nestjs-cqrs/testing';
import { z } from 'zod';
import { refusalOf, start } from '../../support/application.js';

class Ping extends Command<string> {}
class GetAnswer extends Query<number> {}

class Pinged extends Event {}

class PingHandler {
  @CommandHandler(Ping)
  async ping() {
    return 'pong';
  }
}

class OtherPingHandler {
  @CommandHandler(Ping)
  async ping() {
    return 'other';
  }
}

const page = (name: string) => readFileSync(join(import.meta.dirname, '../../../docs', name), 'utf8');

const limits = (timeout: number): CqrsModuleOptions => ({ shutdown: { timeout } });

describe('docs/module-options.md', () => {
  it('options from a factory, with what it injects', async () => {
    @Injectable()
    class Config {
      readonly shutdownTimeout = 5_000;
    }
    @Module({ providers: [Config], exports: [Config] })
    class ConfigModule {}

    // #region async
    const module = CqrsModule.forRootAsync({
      imports: [ConfigModule],
      inject: [Config],
      useFactory: (config: Config) => ({ shutdown: { timeout: config.shutdownTimeout } }),
    });
    // #endregion
    const { app } = await start({ imports: [module], providers: [PingHandler] });
    await scenario(app).when(new Ping()).answers('pong');
    expect(app.get('CQRS_MODULE_OPTIONS', { strict: false })).toEqual(limits(5_000));
  });

  it('options from a class, which is instantiated or exists', async () => {
    // #region factory-class
    @Injectable()
    class CqrsConfig implements CqrsModuleOptionsFactory {
      createCqrsOptions(): CqrsModuleOptions {
        return { shutdown: { timeout: 5_000 } };
      }
    }
    // #endregion
    const { app } = await start({ imports: [CqrsModule.forRootAsync({ useClass: CqrsConfig })] });
    expect(app.get('CQRS_MODULE_OPTIONS', { strict: false })).toEqual(limits(5_000));
  });

  it('one set of buses serves the application, whichever modules import CqrsModule', async () => {
    const seen: string[] = [];
    @Module({ imports: [CqrsModule], providers: [PingHandler] })
    class FeatureModule {
      constructor(readonly commands: CommandBus) {}
    }
    const { app, commands } = await start({
      imports: [
        CqrsModule.forRoot({
          middleware: [
            (message, next) => {
              seen.push(message.constructor.name);
              return next(message);
            },
          ],
        }),
        FeatureModule,
      ],
    });
    const { commands: ofFeature } = app.get(FeatureModule, { strict: false });
    expect(ofFeature).toBe(commands);
    await ofFeature.dispatch(new Ping());
    expect(seen).toEqual(['Ping']);
  });

  it('duplicates are refused, or the first serves', async () => {
    const providers = [PingHandler, OtherPingHandler];
    const { problems } = await refusalOf({ imports: [CqrsModule.forRoot()], providers });
    expect(problems.map(({ code }) => code)).toEqual(['CQRS_DUPLICATE_HANDLER']);
    const { app, log } = await start({ imports: [CqrsModule.forRoot({ duplicates: 'warn' })], providers });
    await scenario(app).when(new Ping()).answers('pong');
    expect(log.warnings).toEqual([expect.stringContaining('"Ping" has two handlers')]);
  });

  it('options are checked, and reported together with the wiring', async () => {
    @Module({ providers: [PingHandler, OtherPingHandler] })
    class AppModule {}
    const wrong = { duplicate: 'warn', timeout: 0 } as CqrsModuleOptions;
    const { code, message } = await refusalOf({ imports: [CqrsModule.forRoot(wrong), AppModule] });
    expect(code).toBe('CQRS_WIRING');
    expect(page('errors.md')).toContain(message);
    const { code: ofOne, message: one } = await refusalOf({
      imports: [CqrsModule.forRoot({ duplicate: 'warn' } as CqrsModuleOptions)],
    });
    expect(ofOne).toBe('CQRS_WIRING');
    expect(one).toBe(
      'There is no option "duplicate". Where: CqrsModule.forRoot(). Did you mean "duplicates"? [CQRS_INVALID_OPTIONS]',
    );
    expect(page('module-options.md')).toContain(one);
  });

  it('forRoot may be called again with equal options or none, not with others', async () => {
    @Module({ imports: [CqrsModule.forRoot({ duplicates: 'warn' }), CqrsModule.forRoot()] })
    class Equal {}
    await start({ imports: [CqrsModule.forRoot({ duplicates: 'warn' }), Equal] });
    @Module({ imports: [CqrsModule.forRoot({ duplicates: 'error' })] })
    class BillingModule {}
    const { problems } = await refusalOf({ imports: [CqrsModule.forRoot({ duplicates: 'warn' }), BillingModule] });
    expect(problems.map(({ code }) => code)).toEqual(['CQRS_OPTIONS_CONFLICT']);
    expect(problems[0]!.what).toBe('CqrsModule.forRoot() is called twice with different options: duplicates.');
    expect(problems[0]!.where).toBe('RootTestModule; BillingModule');
  });

  it('the first publish of an event warns of handlers that are not provided', async () => {
    @EventsHandler(Pinged)
    class CountPings {
      handle() {}
    }
    const { events, log } = await start({ imports: [CqrsModule.forRoot()] });
    await events.publish(new Pinged());
    await events.publish(new Pinged());
    expect(log.warnings).toEqual([expect.stringContaining(`"Pinged" does not reach ${CountPings.name}`)]);
    // #region not-provided
    const module = CqrsModule.forRoot({ events: { notProvided: 'ignore' } });
    // #endregion
    const quiet = await start({ imports: [module] });
    await quiet.events.publish(new Pinged());
    expect(quiet.log.warnings).toEqual([]);
    const { app } = await start({ imports: [CqrsModule.forRoot()], providers: [PingHandler] });
    expect(app.get(Wiring).notProvided).toContain('CountPings');
    expect(app.get(Wiring).toText({ notProvided: true })).toMatch(/\nNot provided\n(  \w+\n)*?  CountPings(\n|$)/);
  });

  it('the wiring shows schemas, enhancers and, on demand, what propagates contexts', async () => {
    class PingGuard {
      canActivate() {
        return true;
      }
    }
    @Validate(z.object({}))
    class Pong extends Command {}
    @CommandHandler(Pong)
    @UseGuards(PingGuard)
    class PongHandler {
      async execute() {}
    }
    const { app } = await start({
      imports: [CqrsModule.forRoot({ propagateContext: true })],
      providers: [PongHandler],
    });
    const wiring = app.get(Wiring);
    expect(wiring.entries[0]).toMatchObject({ schema: 'zod', enhancers: ['guard PingGuard'] });
    const line = 'Pong → validation (zod) → guard PingGuard → PongHandler (RootTestModule)';
    expect(wiring.toText()).toBe(`Commands\n  ${line}`);
    expect(wiring.toText({ propagation: true })).toContain('Pong → propagateContext → validation (zod)');
    expect(wiring.toMermaid({ propagation: true })).toContain('propagateContext → validation (zod) → guard PingGuard');
    expect(wiring.toMermaid()).not.toContain('propagateContext');
  });

  it('messages that must have a handler are told at start', async () => {
    // #region expect
    const module = CqrsModule.forRoot({ expectHandlersFor: [Ping, GetAnswer] });
    // #endregion
    const { problems } = await refusalOf({ imports: [module], providers: [PingHandler] });
    expect(problems).toEqual([
      expect.objectContaining({ code: 'CQRS_HANDLER_NOT_FOUND', what: expect.stringContaining('"GetAnswer"') }),
    ]);
  });

  it('a context is found by whatever a dispatch runs', async () => {
    const found: (string | undefined)[] = [];
    class Asking {
      @CommandHandler(Ping)
      async ping() {
        found.push(MessageContext.current().correlationId);
        return 'pong';
      }
    }
    const { commands } = await start({
      imports: [CqrsModule.forRoot({ propagateContext: true })],
      providers: [Asking],
    });
    await commands.dispatch(new Ping(), { correlationId: 'c1' });
    expect(found).toEqual(['c1']);
  });

  it('strict: a query handler changes nothing', async () => {
    // #region strict
    @QueryHandler(GetAnswer)
    class GetAnswerHandler {
      constructor(private readonly commands: CommandBus) {}

      async execute() {
        await this.commands.dispatch(new Ping()); // refused
        return 42;
      }
    }
    // #endregion
    const { app } = await start({
      imports: [CqrsModule.forRoot({ strict: true })],
      providers: [PingHandler, GetAnswerHandler],
    });
    const { executed } = await scenario(app).when(new GetAnswer()).fails(QuerySideEffectException);
    expect(executed.handledBy).toEqual([]);
  });

  it('the wiring is data, text and a diagram', async () => {
    const { app } = await start({ imports: [CqrsModule.forRoot()], providers: [PingHandler] });
    // #region wiring
    const wiring = app.get(Wiring);
    const { entries } = wiring; // [{ kind: 'command', message: 'Ping', middleware: [], handler: 'PingHandler.ping', … }]
    const text = wiring.toText(); // 'Commands\n  Ping → PingHandler.ping (AppModule)'
    const all = wiring.toText({ propagation: true, notProvided: true });
    const diagram = wiring.toMermaid(); // 'flowchart LR …'
    // #endregion
    expect(all.startsWith(text)).toBe(true);
    expect(entries).toEqual([
      { kind: 'command', message: 'Ping', middleware: [], handler: 'PingHandler.ping', module: 'RootTestModule' },
    ]);
    expect(text).toBe('Commands\n  Ping → PingHandler.ping (RootTestModule)');
    expect(diagram).toBe('flowchart LR\n  n0["Ping"] --> n1["PingHandler.ping (RootTestModule)"]');
  });
});
