import { Inject, Injectable, Module } from '@nestjs/common';
import {
  Command,
  CommandHandler,
  CqrsException,
  CqrsModule,
  type CqrsModuleAsyncOptions,
  type CqrsModuleOptions,
  type CqrsModuleOptionsFactory,
  type Next,
} from '../../../lib/index.js';
import { scenario } from '../../../lib/testing/index.js';
import { codesOf, refusalOf, start } from '../../support/application.js';

class Greet extends Command<string> {
  constructor(readonly name: string) {
    super();
  }
}

@CommandHandler(Greet)
class GreetHandler {
  execute({ name }: Greet) {
    return Promise.resolve(`hello ${name}`);
  }
}

const shouting = async (message: object, next: Next) => String(await next(message)).toUpperCase();
const options: CqrsModuleOptions = { middleware: [shouting] };

@Injectable()
class Settings implements CqrsModuleOptionsFactory {
  createCqrsOptions() {
    return Promise.resolve(options);
  }
}

const greet = async (cqrs: CqrsModuleAsyncOptions) => {
  const { commands } = await start({ imports: [CqrsModule.forRootAsync(cqrs)], providers: [GreetHandler] });
  return commands.execute(new Greet('ann'));
};

describe('CqrsModule.forRoot', () => {
  it('works without options', async () => {
    const { commands } = await start({ imports: [CqrsModule.forRoot()], providers: [GreetHandler] });
    expect(await commands.execute(new Greet('ann'))).toBe('hello ann');
  });

  it('takes its options', async () => {
    const { commands } = await start({ imports: [CqrsModule.forRoot(options)], providers: [GreetHandler] });
    expect(await commands.execute(new Greet('ann'))).toBe('HELLO ANN');
  });

  it('leaves the options that were given as they were', async () => {
    const frozen = Object.freeze({ middleware: Object.freeze([shouting]), events: Object.freeze({}) });
    const { commands } = await start({ imports: [CqrsModule.forRoot(frozen)], providers: [GreetHandler] });
    expect(await commands.execute(new Greet('ann'))).toBe('HELLO ANN');
  });
});

describe('CqrsModule.forRootAsync', () => {
  it('takes options from a synchronous factory', async () => {
    expect(await greet({ useFactory: () => options })).toBe('HELLO ANN');
  });

  it('takes options from an asynchronous factory', async () => {
    expect(await greet({ useFactory: () => Promise.resolve(options) })).toBe('HELLO ANN');
  });

  it('gives the factory what it injects from imported modules', async () => {
    @Module({ providers: [{ provide: 'OPTIONS', useValue: options }], exports: ['OPTIONS'] })
    class ConfigModule {}
    const useFactory = (given: CqrsModuleOptions) => given;
    expect(await greet({ imports: [ConfigModule], inject: ['OPTIONS'], useFactory })).toBe('HELLO ANN');
  });

  it('gives the factory undefined for an optional dependency that is missing', async () => {
    const inject = [{ token: 'MISSING', optional: true }];
    expect(await greet({ inject, useFactory: (missing?: CqrsModuleOptions) => missing ?? options })).toBe('HELLO ANN');
  });

  it('takes options from a class', async () => {
    expect(await greet({ useClass: Settings })).toBe('HELLO ANN');
  });

  it('takes options from a provider of an imported module', async () => {
    @Module({ providers: [Settings], exports: [Settings] })
    class ConfigModule {}
    expect(await greet({ imports: [ConfigModule], useExisting: Settings })).toBe('HELLO ANN');
  });

  it('takes options as a value', async () => {
    expect(await greet({ useValue: options })).toBe('HELLO ANN');
  });

  it('injects extra providers into the class that makes options', async () => {
    @Injectable()
    class Needy implements CqrsModuleOptionsFactory {
      constructor(@Inject('OPTIONS') private readonly given: CqrsModuleOptions) {}
      createCqrsOptions() {
        return this.given;
      }
    }
    expect(await greet({ useClass: Needy, extraProviders: [{ provide: 'OPTIONS', useValue: options }] })).toBe(
      'HELLO ANN',
    );
  });

  it('injects extra providers into the factory', async () => {
    const extraProviders = [{ provide: 'OPTIONS', useValue: options }];
    expect(await greet({ extraProviders, inject: ['OPTIONS'], useFactory: (o: CqrsModuleOptions) => o })).toBe(
      'HELLO ANN',
    );
  });

  it('works when the factory makes no options', async () => {
    expect(await greet({ useFactory: () => undefined as unknown as CqrsModuleOptions })).toBe('hello ann');
  });

  it('refuses to be told nothing that makes options, with a typed error', () => {
    const call = () => CqrsModule.forRootAsync({});
    expect(call).toThrow(CqrsException);
    expect(call).toThrow(expect.objectContaining({ code: 'CQRS_INVALID_OPTIONS' }));
  });

  it('lets the failure of a factory fail the start unchanged', async () => {
    const failure = new Error('no configuration');
    await expect(greet({ useFactory: () => Promise.reject(failure) })).rejects.toBe(failure);
  });
});

describe('One set of buses', () => {
  it('refuses forRoot twice with different options', async () => {
    @Module({ imports: [CqrsModule.forRoot({ shutdown: { timeout: 1 } })] })
    class FeatureModule {}
    const refusal = await refusalOf({ imports: [CqrsModule.forRoot({ shutdown: { timeout: 2 } }), FeatureModule] });
    expect(refusal.problems).toEqual([expect.objectContaining({ code: 'CQRS_OPTIONS_CONFLICT' })]);
    expect(refusal.message).toBe(
      'CqrsModule.forRoot() is called twice with different options: shutdown.timeout. Where: RootTestModule; FeatureModule. Call it once, in the root module, and import plain CqrsModule elsewhere. [CQRS_OPTIONS_CONFLICT]',
    );
  });

  it('refuses forRoot beside a forRootAsync that says something else', async () => {
    const timeout = { timeout: 5 };
    const both = [CqrsModule.forRoot({ strict: true }), CqrsModule.forRootAsync({ useFactory: () => timeout })];
    expect(await codesOf({ imports: both })).toEqual(['CQRS_OPTIONS_CONFLICT']);
  });

  it('accepts forRoot twice with equal options, and handlers run once', async () => {
    const counting = async (message: object, next: Next) => `once ${String(await next(message))}`;
    @Module({ imports: [CqrsModule.forRoot({ middleware: [counting] })], providers: [GreetHandler] })
    class FeatureModule {}
    const { app } = await start({ imports: [CqrsModule.forRoot({ middleware: [counting] }), FeatureModule] });
    const { executed } = await scenario(app).when(new Greet('ann')).answers('once hello ann');
    expect(executed.handledBy).toEqual(['GreetHandler']);
  });
});
