import { expose, memoryCache, route, schedule, type CqrsModuleOptions } from '../../../lib/index.js';
import { MemoryRemote, MemoryTransport } from '../../../lib/testing/index.js';
import {
  asyncOptionProblems,
  completeModuleOptions,
  moduleOptionProblems,
  sayNothing,
} from '../../../lib/module/module-options.js';

class Save {}

const memory = new MemoryRemote();

const transport = new MemoryTransport();

const publisher = { publish: () => undefined };

/** Each option, with values that fit, and with values that do not. */
const OPTIONS: Record<keyof CqrsModuleOptions, [fit: unknown[], misfit: unknown[]]> = {
  unitOfWork: [
    [{ name: 'own', run: () => undefined, current: () => undefined }],
    ['x', {}, { run: () => undefined }, null],
  ],
  policies: [
    [{}, { results: { once: () => undefined }, locks: { run: () => undefined } }],
    ['x', null, { results: {} }, { locks: { once: () => undefined } }, { stores: {} }],
  ],
  cache: [[memoryCache()], ['x', {}, null, new Map()]],
  middleware: [[[]], ['audit', {}, null]],
  commands: [
    [{}, { timeout: 5, middleware: [] }],
    [{ timeout: 0 }, { mode: 'parallel' }, [], null, 1],
  ],
  queries: [[{ timeout: Infinity }], [{ timeout: -1 }, { timeout: '5' }, { middleware: {} }]],
  events: [
    [{ mode: 'sequential', onError: 'throw', wait: 'settled', notProvided: 'ignore' }, { mode: 'untilFailure' }],
    [{ mode: 'x' }, { onError: 'x' }, { wait: 'x' }, { notProvided: 'x' }, { wait: 'none', onError: 'throw' }],
  ],
  sagas: [
    [{ concurrency: 1 }, { concurrency: Infinity }, { asyncLocalStorage: 'none' }],
    [{ concurrency: 0 }, { concurrency: 1.5 }, { concurrency: NaN }, { asyncLocalStorage: 'all' }],
  ],
  shutdown: [
    [{ timeout: 0 }, { timeout: 10 }, { timeout: Infinity }],
    [{ timeout: -1 }, { timeout: 'x' }, { tiemout: 1 }],
  ],
  duplicates: [
    ['error', 'warn'],
    ['ignore', true, null],
  ],
  expectHandlersFor: [[[Save]], [Save, null]],
  routes: [
    [[], [route(Save).to(memory.transport())]],
    [{}, [{}], [route(Save)], null],
  ],
  expose: [
    [[], [expose(Save).on(memory.server())]],
    [{}, [Save], [expose(Save)], null],
  ],
  durable: [
    [
      { transport },
      { transport, retry: { limit: 0, delay: 0, backoff: false, maxDelay: 0 }, concurrency: 1, work: false },
      { transport, schedules: [], elsewhere: [] },
      { transport, schedules: [schedule('nightly', new Save(), { cron: '0 3 * * *' })] },
    ],
    [
      {},
      null,
      { transport: {} },
      { transport, retry: { limit: -1 } },
      { transport, retry: { delay: 1.5 } },
      { transport, retry: { backoff: 'yes' } },
      { transport, retry: { maxDelay: Infinity } },
      { transport, retry: 3 },
      { transport, concurrency: 0 },
      { transport, concurrency: 10_001 },
      { transport, work: 1 },
      { transport, schedules: [{}] },
      { transport, elsewhere: 'mail.*' },
      { transport, queues: {} },
    ],
  ],
  instancePlans: [
    [true, false],
    ['on', null],
  ],
  propagateContext: [
    [true, false],
    ['yes', null],
  ],
  timeout: [
    [1, Infinity],
    [0, -1, NaN, '1', null],
  ],
  validation: [
    [{ on: 'all' }, { on: 'outside' }, { on: 'none' }, { with: [{ validates: () => true, validate: () => [] }] }],
    [{ on: 'inside' }, { with: [{ validates: () => true }] }, { with: {} }],
  ],
  envelopes: [
    [{ limits: { depth: 1, size: 1 } }, { limits: { depth: 1000 } }],
    [{ limits: { depth: 0 } }, { limits: { depth: 1001 } }, { limits: { size: 0 } }, { engines: [{}] }],
  ],
  messages: [[[Save]], [Save, null]],
  strict: [
    [true, false],
    [1, null],
  ],
  commandPublisher: [
    [publisher, null],
    [{}, 'x'],
  ],
  queryPublisher: [
    [publisher, null],
    [{}, 1],
  ],
  eventPublisher: [
    [publisher, null],
    [{}, true],
  ],
  unhandledExceptionPublisher: [
    [publisher, null],
    [{}, []],
  ],
  eventIdProvider: [
    [{ getEventId: () => null }, null],
    [{}, publisher],
  ],
  rethrowUnhandled: [
    [true, false],
    ['true', null],
  ],
};

describe.each(Object.entries(OPTIONS))('The option %s', (name, [fit, misfit]) => {
  it.each(fit.map(value => [value]))('may be %p', value => {
    expect(moduleOptionProblems({ [name]: value }, 'here')).toEqual([]);
  });

  it.each(misfit.map(value => [value]))('may not be %p', value => {
    const problems = moduleOptionProblems({ [name]: value }, 'here');
    expect(problems).toHaveLength(1);
    expect(problems[0]!.code).toMatch(/^CQRS_INVALID_(OPTIONS|TIMEOUT)$/);
    expect(problems[0]!.where).toContain('here');
  });

  it('may be left out as undefined', () => {
    expect(moduleOptionProblems({ [name]: undefined }, 'here')).toEqual([]);
  });
});

describe('The options of the module', () => {
  it('are told together, with the near name of one that there is not', () => {
    const problems = moduleOptionProblems({ timeout: 0, strikt: true, events: { mode: 'x' } }, 'here');
    expect(problems).toHaveLength(3);
    expect(problems.map(({ remedy }) => remedy).join()).toContain('"strict"');
  });

  it('have defaults for durable messages, and none where nothing is stored', () => {
    expect(completeModuleOptions({}).durable).toBeUndefined();
    expect(completeModuleOptions({ durable: { transport } }).durable).toEqual({
      transport,
      retry: { limit: 5, delay: 1000, backoff: true, maxDelay: 3_600_000 },
      concurrency: 8,
      work: true,
      schedules: [],
      elsewhere: [],
    });
  });

  it.each([[{ wait: 'none' }], [{ wait: 'none', onError: 'report' }], [{ onError: 'throw' }]] as const)(
    'do not contradict each other: %j',
    events => {
      expect(moduleOptionProblems({ events }, 'here')).toEqual([]);
    },
  );

  it('contradict each other where nothing is waited for and failures are asked for, by either name', () => {
    const contradictions: CqrsModuleOptions[] = [
      { events: { wait: 'none', onError: 'collect' } },
      { events: { wait: 'none' }, rethrowUnhandled: true },
    ];
    for (const options of contradictions)
      expect(moduleOptionProblems(options, 'here')).toEqual([
        expect.objectContaining({ code: 'CQRS_INVALID_OPTIONS', where: 'here, events' }),
      ]);
  });

  it('are complete where they are left out', () => {
    expect(completeModuleOptions({})).toMatchObject({
      middleware: [],
      commands: { middleware: [] },
      queries: { middleware: [] },
      events: { middleware: [], notProvided: 'warn' },
      sagas: { concurrency: Infinity, asyncLocalStorage: 'publisher' },
      shutdown: { timeout: 10_000 },
      duplicates: 'error',
      expectHandlersFor: [],
      propagateContext: false,
      validation: { on: 'all', with: [] },
      messages: [],
      strict: false,
      rethrowUnhandled: false,
    });
    const { events } = completeModuleOptions({});
    expect([events.mode, events.onError, events.wait]).toEqual([undefined, undefined, undefined]);
  });

  it('keep what is given, within groups too', () => {
    const given = { sagas: { concurrency: 3 }, strict: true, events: { notProvided: 'ignore', mode: 'sequential' } };
    expect(completeModuleOptions(given as CqrsModuleOptions)).toMatchObject({
      strict: true,
      sagas: { concurrency: 3, asyncLocalStorage: 'publisher' },
      events: { middleware: [], notProvided: 'ignore', mode: 'sequential' },
    });
  });

  it('take rethrowUnhandled for events.onError where that is left out', () => {
    const onError = (options: CqrsModuleOptions) => completeModuleOptions(options).events.onError;
    expect(onError({ rethrowUnhandled: true })).toBe('throw');
    expect(onError({ rethrowUnhandled: true, events: { mode: 'sequential' } })).toBe('throw');
    expect(onError({ rethrowUnhandled: true, events: { onError: 'report' } })).toBe('report');
    expect(onError({ rethrowUnhandled: false })).toBeUndefined();
  });

  it.each([[undefined], [null], [{}], [{ strict: undefined }], [Object.create(null) as object]])(
    'say nothing: %p',
    options => {
      expect(sayNothing(options)).toBe(true);
    },
  );

  it.each([[{ strict: false }], [{ timeout: undefined, strict: true }], [new Save()], ['text'], [1]])(
    'say something: %p',
    options => {
      expect(sayNothing(options)).toBe(false);
    },
  );
});

describe('The argument of forRootAsync()', () => {
  it.each([
    [{ useFactory: () => ({}), inject: [Save], imports: [] }],
    [{ useClass: Save }],
    [{ useExisting: Save, extraProviders: [] }],
    [{ useValue: {} }],
  ])('may be %p', given => {
    expect(asyncOptionProblems(given)).toEqual([]);
  });

  it.each([[{ useFactory: {} }], [{ inject: Save, useValue: {} }], [{ imports: {} }], [{ useFactroy: () => ({}) }]])(
    'may not be %p',
    given => {
      expect(asyncOptionProblems(given)).toEqual([
        expect.objectContaining({ code: 'CQRS_INVALID_OPTIONS', where: 'CqrsModule.forRootAsync()' }),
      ]);
    },
  );
});
