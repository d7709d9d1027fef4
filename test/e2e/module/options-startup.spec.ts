import { Module } from '@nestjs/common';
import { CQRS_MODULE_OPTIONS, CqrsModule, type CqrsModuleOptions, type Next } from '../../../lib/index.js';
import { testApp } from '../../../lib/testing/index.js';
import { refusalOf, start } from '../../support/application.js';

const VALUE = 'Give it such a value, or leave it out.';

const problemsOf = async (options: unknown) =>
  (await refusalOf({ imports: [CqrsModule.forRoot(options as CqrsModuleOptions)] })).problems;

describe('Options of the module', () => {
  it.each([
    [{ midleware: [] }, 'There is no option "midleware".', 'Did you mean "middleware"?'],
    [{ sagas: { concurency: 1 } }, 'There is no option "sagas.concurency".', 'Did you mean "sagas.concurrency"?'],
    [
      { zzz: 1 },
      'There is no option "zzz".',
      expect.stringMatching(/^Use one of these, or leave it out: middleware, /),
    ],
    [{ middleware: () => 1 }, 'The option "middleware" must be a list, not the function middleware.', VALUE],
    [{ middleware: {} }, 'The option "middleware" must be a list, not an instance of Object.', VALUE],
    [
      { sagas: { concurrency: 0 } },
      'The option "sagas.concurrency" must be a whole number of 1 or more, not 0.',
      VALUE,
    ],
    [
      { sagas: { concurrency: NaN } },
      'The option "sagas.concurrency" must be a whole number of 1 or more, not NaN.',
      VALUE,
    ],
    [
      { sagas: { concurrency: 1.5 } },
      'The option "sagas.concurrency" must be a whole number of 1 or more, not 1.5.',
      VALUE,
    ],
    [{ sagas: 'none' }, `The option "sagas" must be an object with options, not 'none'.`, VALUE],
    [
      { sagas: { asyncLocalStorage: 'mine' } },
      `The option "sagas.asyncLocalStorage" must be 'publisher' or 'none', not 'mine'.`,
      VALUE,
    ],
    [
      { shutdown: { timeout: '5s' } },
      `The option "shutdown.timeout" must be a number of milliseconds, 0 or more, not '5s'.`,
      VALUE,
    ],
    [
      { shutdown: { timeout: -1 } },
      'The option "shutdown.timeout" must be a number of milliseconds, 0 or more, not -1.',
      VALUE,
    ],
    [
      { events: { mode: 'serial' } },
      `The option "events.mode" must be 'parallel', 'sequential' or 'untilFailure', not 'serial'.`,
      VALUE,
    ],
    [
      { events: { onError: true } },
      `The option "events.onError" must be 'report', 'throw' or 'collect', not true.`,
      VALUE,
    ],
    [{ events: { notProvided: 1 } }, `The option "events.notProvided" must be 'warn' or 'ignore', not 1.`, VALUE],
    [
      { validation: { with: [{ validate: () => 1 }] } },
      'The option "validation.with" must be a list, and each item an object with validates() and validate(), not a list with an instance of Object.',
      VALUE,
    ],
    [
      { envelopes: { engines: [null] } },
      'The option "envelopes.engines" must be a list, and each item an object with handles() and toPlain() and fromPlain(), not a list with null.',
      VALUE,
    ],
    [{ duplicates: 'ignore' }, `The option "duplicates" must be 'error' or 'warn', not 'ignore'.`, VALUE],
    [{ strict: 'yes' }, `The option "strict" must be true or false, not 'yes'.`, VALUE],
    [{ propagateContext: 1 }, 'The option "propagateContext" must be true or false, not 1.', VALUE],
    [
      { validation: { on: 'inside' } },
      `The option "validation.on" must be 'all', 'outside' or 'none', not 'inside'.`,
      VALUE,
    ],
    [
      { validation: { with: 1 } },
      'The option "validation.with" must be a list, and each item an object with validates() and validate(), not 1.',
      VALUE,
    ],
    [
      { envelopes: { limits: { depth: 5000 } } },
      'The option "envelopes.limits.depth" must be a whole number of 1 to 1000, not 5000.',
      VALUE,
    ],
    [{ envelopes: { types: {} } }, 'There is no option "envelopes.types".', expect.stringContaining('limits, engines')],
    [
      { eventPublisher: class Broker {} },
      'The option "eventPublisher" must be an object with publish(), not the class Broker.',
      VALUE,
    ],
    [
      { eventIdProvider: {} },
      'The option "eventIdProvider" must be an object with getEventId(), not an instance of Object.',
      VALUE,
    ],
    [
      { expectHandlersFor: class {} },
      'The option "expectHandlersFor" must be a list, not the class expectHandlersFor.',
      VALUE,
    ],
    [{ rethrowUnhandled: 'false' }, `The option "rethrowUnhandled" must be true or false, not 'false'.`, VALUE],
    ['strict', `The options of CqrsModule.forRoot() must be an object with options, not 'strict'.`, VALUE],
    [[], 'The options of CqrsModule.forRoot() must be an object with options, not a list.', VALUE],
  ])('%j are refused: %s', async (options, what, remedy) => {
    const [problem, ...others] = await problemsOf(options);
    expect(problem).toMatchObject({ code: 'CQRS_INVALID_OPTIONS', what, where: 'CqrsModule.forRoot()', remedy });
    expect(others).toEqual([]);
  });

  it.each(['timeout', 'commands', 'queries', 'events'])('an invalid %s limit is refused', async name => {
    for (const timeout of [0, -1, NaN, '5s', null]) {
      const options = name === 'timeout' ? { timeout } : { [name]: { timeout } };
      expect(await problemsOf(options)).toEqual([expect.objectContaining({ code: 'CQRS_INVALID_TIMEOUT' })]);
    }
  });

  it('are told together, with the problems of the wiring', async () => {
    const options = { midleware: [], strict: 1, expectHandlersFor: [undefined] } as unknown as CqrsModuleOptions;
    const refusal = await refusalOf({ imports: [CqrsModule.forRoot(options)] });
    expect(refusal.problems.map(({ code }) => code)).toEqual([
      'CQRS_INVALID_OPTIONS',
      'CQRS_INVALID_OPTIONS',
      'CQRS_INVALID_MESSAGE_TYPE',
    ]);
    expect(refusal.message).toContain('The wiring has 3 problems:\n  1. There is no option "midleware".');
  });

  it('that a factory makes are checked, too', async () => {
    const module = CqrsModule.forRootAsync({ useFactory: () => ({ stict: true }) as CqrsModuleOptions });
    const refusal = await refusalOf({ imports: [module] });
    expect(refusal.message).toBe(
      'There is no option "stict". Where: CqrsModule.forRootAsync(). Did you mean "strict"? [CQRS_INVALID_OPTIONS]',
    );
  });

  it('may be an instance of a class, whose other fields are its own', async () => {
    class Options implements CqrsModuleOptions {
      readonly configuration = { timeout: '5s' };
      get timeout() {
        return 5_000;
      }
    }
    await start({ imports: [CqrsModule.forRoot(new Options())] });
    class Wrong {
      get timeout() {
        return '5s';
      }
    }
    expect(await problemsOf(new Wrong())).toHaveLength(1);
  });

  it('may be undefined, and null where @nestjs/cqrs allows it', async () => {
    const module = CqrsModule.forRoot({ timeout: undefined, eventPublisher: null, eventIdProvider: null } as never);
    await expect(start({ imports: [module] })).resolves.toBeDefined();
  });

  it('are not checked by what an object without a prototype lacks', async () => {
    const options = Object.assign(Object.create(null) as object, { strict: true });
    await start({ imports: [CqrsModule.forRoot(options)] });
    expect(await problemsOf(Object.assign(Object.create(null) as object, { stict: true }))).toHaveLength(1);
  });
});

describe('Options of forRootAsync()', () => {
  it.each([
    [{ useFactroy: () => ({}) }, 'There is no option "useFactroy".'],
    [{ useFactory: {} }, 'The option "useFactory" must be a function, not an instance of Object.'],
    [{ useFactory: () => ({}), inject: 'CONFIG' }, `The option "inject" must be a list, not 'CONFIG'.`],
  ])('%j are refused at the call', (options, what) => {
    expect(() => CqrsModule.forRootAsync(options as never)).toThrow(
      expect.objectContaining({ code: 'CQRS_INVALID_OPTIONS', what, where: 'CqrsModule.forRootAsync()' }),
    );
  });
});

it('messages that are not classes are reported', async () => {
  expect(await problemsOf({ messages: [null] })).toEqual([
    {
      code: 'CQRS_INVALID_MESSAGE_TYPE',
      what: 'messages was given null in place of a message class.',
      where: 'CqrsModule.forRoot()',
      remedy: 'Name the class of the message.',
    },
  ]);
});

it('A class that makes no options is named', async () => {
  class Settings {}
  await expect(start({ imports: [CqrsModule.forRootAsync({ useClass: Settings as never })] })).rejects.toThrow(
    'Settings has no method createCqrsOptions(). Where: CqrsModule.forRootAsync(). Add createCqrsOptions(), which returns the options. [CQRS_INVALID_OPTIONS]',
  );
});

it('forRootAsync() refuses two makers of options', () => {
  expect(() => CqrsModule.forRootAsync({ useFactory: () => ({}), useValue: {} })).toThrow(
    'CqrsModule.forRootAsync() was given several of useFactory, useClass, useExisting and useValue. Give it one of them. [CQRS_INVALID_OPTIONS]',
  );
});

describe('forRoot() twice', () => {
  const passing = (message: object, next: Next) => next(message);

  it('names both modules and the options that differ', async () => {
    @Module({ imports: [CqrsModule.forRoot({ strict: true, events: { mode: 'sequential' }, middleware: [passing] })] })
    class OrdersModule {}
    @Module({ imports: [CqrsModule.forRoot({ events: { mode: 'parallel' }, middleware: [passing] })] })
    class UsersModule {}
    const { message, problems } = await refusalOf({ imports: [OrdersModule, UsersModule] });
    expect(problems).toHaveLength(1);
    expect(message).toBe(
      'CqrsModule.forRoot() is called twice with different options: strict, events.mode. Where: OrdersModule; UsersModule. ' +
        'Call it once, in the root module, and import plain CqrsModule elsewhere. [CQRS_OPTIONS_CONFLICT]',
    );
  });

  it.each([
    ['empty', {}],
    ['left out', undefined],
    ['undefined', { strict: undefined }],
  ])('is no conflict where one is %s: the other one holds', async (_, empty) => {
    for (const order of [0, 1]) {
      @Module({ imports: [CqrsModule.forRoot(empty)] })
      class FeatureModule {}
      const imports = [FeatureModule, CqrsModule.forRoot({ timeout: 5 })];
      const { app } = await start({ imports: order === 0 ? imports : imports.toReversed() });
      expect(app.get(CQRS_MODULE_OPTIONS, { strict: false })).toEqual({ timeout: 5 });
    }
  });

  class Settings {
    timeout = 5;
  }

  it.each([
    ['', { timeout: 5 }],
    [', save for what is undefined', { timeout: 5, strict: undefined }],
    [', save for their class', new Settings()],
  ])('is no conflict where both are equal%s', async (_, equal) => {
    @Module({ imports: [CqrsModule.forRoot({ timeout: 5 })] })
    class FeatureModule {}
    const imports = [FeatureModule, CqrsModule.forRoot(equal as CqrsModuleOptions)];
    await expect(start({ imports })).resolves.toBeDefined();
  });

  it('causes no conflict if a test overrides the options with none', async () => {
    await using app = await testApp({
      imports: [CqrsModule.forRoot({ timeout: 5 })],
      overrides: [[CQRS_MODULE_OPTIONS, {}]],
    });
    expect(app.get(CQRS_MODULE_OPTIONS, { strict: false })).toEqual({});
  });
});
