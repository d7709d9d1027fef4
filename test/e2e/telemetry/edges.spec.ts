import { context as contexts, diag, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AlwaysOffSampler, BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { jest } from '@jest/globals';
import { ContextOrigin, CqrsModule, Query, type MiddlewareFunction } from '../../../lib/index.js';
import { CqrsOpenTelemetryModule, type CqrsTelemetryOptions } from '../../../lib/integrations/opentelemetry/index.js';
import { track } from '../../../lib/testing/index.js';
import { start } from '../../support/application.js';
import { quietLog } from '../../support/quiet-log.js';
import { measured, namesOfSpans, spanOf, spans, useTelemetry } from '../../support/telemetry.js';
import { quiet } from '../../support/waiting.js';
import { GetLines, GetPrice, PlaceOrder, shop, Unheard } from './shop.js';

class Fails extends Query<unknown> {
  constructor(readonly thrown: unknown) {
    super();
  }
}

const pass: MiddlewareFunction = async function pass(message, next) {
  return next(message);
};

const application = (options?: CqrsTelemetryOptions, cqrs: Parameters<typeof CqrsModule.forRoot>[0] = {}) =>
  start({ imports: [CqrsModule.forRoot(cqrs), CqrsOpenTelemetryModule.forRoot(options)], providers: [shop] });

useTelemetry();
beforeEach(() => quietLog());

describe('a failed span', () => {
  class Named extends Error {}
  const throwing = {
    get: (): never => {
      throw new Error('a getter');
    },
  };
  const coded = Object.assign(new Error('with a code'), { code: 'E_STOCK' });

  it.each([
    ['the class of the error', new Named('of a class'), 'Named', 'of a class', 1],
    ['its code', coded, 'E_STOCK', 'with a code', 1],
    ['its class, where its code is empty', Object.assign(new Named('empty'), { code: '' }), 'Named', 'empty', 1],
    ['its class, where its code is a number', Object.assign(new Named('number'), { code: 7 }), 'Named', 'number', 1],
    [
      'its name, where it has no class',
      { __proto__: null, name: 'Bare', toString: (): string => 'bare' },
      'Bare',
      'bare',
      0,
    ],
    ['_OTHER, where it has no name', { __proto__: null, toString: (): string => 'bare' }, '_OTHER', 'bare', 0],
    [
      '_OTHER, where its name is empty',
      { __proto__: null, name: '', toString: (): string => 'bare' },
      '_OTHER',
      'bare',
      0,
    ],
    ['_OTHER for a text', 'a text', '_OTHER', 'a text', 0],
    ['_OTHER for null', null, '_OTHER', 'null', 0],
  ])('has as its error.type %s', async (_what, thrown, type, message, exceptions) => {
    const { queries } = await application();
    queries.register(Fails, (query: object) => Promise.reject((query as Fails).thrown));
    await queries.execute(new Fails(thrown)).catch(() => undefined);
    const { attributes, status, events } = spanOf('ask Fails');
    expect(attributes['error.type']).toBe(type);
    expect(status).toEqual({ code: SpanStatusCode.ERROR, message });
    expect(events).toHaveLength(exceptions);
  });

  it.each([
    ['what cannot be made a text', { __proto__: null, name: 'Nameless' }, 'Nameless'],
    ['an error whose getters throw', Object.defineProperty(new Named('x'), 'code', throwing), '_OTHER'],
    ['an error whose message throws', Object.defineProperty(new Named('x'), 'message', throwing), 'Named'],
  ])('of %s ends, and is measured', async (_what, thrown, type) => {
    const { queries } = await application();
    queries.register(Fails, (query: object) => Promise.reject((query as Fails).thrown));
    const failure = await queries.execute(new Fails(thrown)).catch((error: unknown) => error);
    expect(failure).toBe(thrown);
    const { attributes, status } = spanOf('ask Fails');
    expect([attributes['error.type'], status.code]).toEqual([type, SpanStatusCode.ERROR]);
    const active = await measured('cqrs.active');
    expect(active.map(({ value }) => value)).toEqual(active.map(() => 0));
  });
});

describe('a failed span of a large error', () => {
  it.each<[string, (text: string) => unknown, number]>([
    ['message', text => new Error(text), 1],
    ['message and code', text => Object.assign(new Error(text), { code: text }), 1],
    ['text', text => text, 0],
  ])('keeps the beginning of its %s', async (_what, make, exceptions) => {
    const { queries } = await application();
    queries.register(Fails, (query: object) => Promise.reject((query as Fails).thrown));
    await queries.execute(new Fails(make('x'.repeat(1_000_000)))).catch(() => undefined);
    const { attributes, status, events } = spanOf('ask Fails');
    expect(status.message).toBe(`${'x'.repeat(1_000)}… (1000000 letters)`);
    expect(JSON.stringify([attributes, events]).length).toBeLessThan(20_000);
    expect(events).toHaveLength(exceptions);
    for (const { attributes: recorded } of events) {
      expect(recorded).toMatchObject({ 'exception.message': status.message });
      expect(recorded!['exception.stacktrace']).toMatch(/x… \(1000000 letters\)\n +at /);
    }
  });
});

describe('what comes with a message from elsewhere', () => {
  const received = (headers: Record<string, string>): ContextOrigin => new ContextOrigin({ headers });
  const valid = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

  it.each<[string, Record<string, string>]>([
    ['a traceparent of zeros', { traceparent: '00-00000000000000000000000000000000-0000000000000000-01' }],
    ['a traceparent of a later version', { traceparent: 'ff-x-y-z' }],
    ['a large traceparent', { traceparent: '0'.repeat(1_000_000) }],
    ['a large tracestate', { traceparent: valid, tracestate: `a=${'b'.repeat(1_000_000)}` }],
    ['a large baggage', { traceparent: valid, baggage: `a=${'b'.repeat(1_000_000)}` }],
    ['much baggage', { baggage: Array.from({ length: 100_000 }, (_, i) => `k${i}=v`).join() }],
    ['a broken baggage', { baggage: '=;,%%%=%E0%A4%A' }],
  ])('does no harm: %s', async (_what, headers) => {
    const told = jest.spyOn(diag, 'warn').mockImplementation(() => undefined);
    const { commands, log } = await application();
    expect(await commands.execute(new PlaceOrder(), { context: received(headers) })).toBe('tea');
    const span = spanOf('execute shop.place');
    expect(span.status.code).toBe(SpanStatusCode.UNSET);
    expect(JSON.stringify([span.attributes, span.events]).length).toBeLessThan(1_000);
    expect([log.errors, log.warnings, told.mock.calls]).toEqual([[], [], []]);
  });
});

describe('the option attributes', () => {
  it('that fails is left out, and told to diag', async () => {
    const warn = jest.spyOn(diag, 'warn').mockImplementation(() => undefined);
    const failure = new Error('no tenant');
    const { queries } = await application({
      attributes: () => {
        throw failure;
      },
    });
    expect(await queries.execute(new GetPrice())).toBe(3);
    expect(spanOf('ask GetPrice').status.code).toBe(SpanStatusCode.UNSET);
    for (let i = 0; i < 3; i++) await queries.execute(new GetPrice());
    expect(warn.mock.calls).toEqual([
      ['nestjs-cqrs: the option attributes has failed; further ones are not told', failure],
    ]);
  });

  it('that has nothing to say adds nothing', async () => {
    const { queries } = await application({ attributes: () => undefined });
    await queries.execute(new GetPrice(), { messageId: 'm1' });
    expect(spanOf('ask GetPrice').attributes).toMatchObject({ 'messaging.message.id': 'm1' });
  });
});

describe('the option detail', () => {
  it('names each middleware and each call of a handler', async () => {
    const { queries } = await application({ detail: 'middleware' }, { middleware: [pass] });
    await queries.execute(new GetPrice());
    expect(namesOfSpans()).toEqual(['handler Shop.price', 'middleware pass', 'ask GetPrice']);
    expect(spanOf('middleware pass').attributes).toEqual({ 'cqrs.middleware': 'pass', 'cqrs.attempt': 1 });
    expect(spanOf('handler Shop.price').attributes).toEqual({ 'cqrs.handler': 'Shop.price', 'cqrs.attempt': 1 });
  });
});

describe('the option kinds', () => {
  it('is messaging by default: an event is produced, and each handler consumes it', async () => {
    const { app } = await application();
    await track(app, { failures: 'collect' }).execute(new PlaceOrder());
    const kinds = spans.getFinishedSpans().map(({ name, kind }) => `${name}: ${SpanKind[kind]}`);
    expect(new Set(kinds)).toEqual(
      new Set([
        'ask GetPrice: INTERNAL',
        'process shop.placed: CONSUMER',
        'publish StockReserved: PRODUCER',
        'execute ReserveStock: INTERNAL',
        'publish shop.placed: PRODUCER',
        'execute shop.place: INTERNAL',
        ...['Bill', 'Remind', 'Count'].map(name => `execute ${name}: INTERNAL`),
        ...kinds.filter(name => name.startsWith('saga ')),
      ]),
    );
  });
});

describe('an event', () => {
  it('that a publisher gets in place of the handlers names the publisher', async () => {
    class Broker {
      readonly publish = (): Promise<void> => Promise.resolve();
    }
    const { events } = await application({}, { eventPublisher: new Broker() });
    await events.publish(new Unheard());
    expect(spanOf('publish Unheard').attributes).toMatchObject({ 'cqrs.publisher': 'Broker', 'cqrs.handlers': 0 });
  });

  it('that is none has no span', async () => {
    const { events } = await application();
    await expect(events.publish('no event' as never)).rejects.toThrow('not a string');
    expect(namesOfSpans()).toEqual([]);
  });
});

describe('without a provider', () => {
  it('events, sagas and rows are as without telemetry', async () => {
    trace.disable();
    const measuring = await application({ detail: 'middleware' });
    expect(await measuring.queries.execute(new GetPrice())).toBe(3);
    expect(await measured('messaging.process.duration')).not.toEqual([]);
    const { commands, queries } = await application({ metrics: false, detail: 'middleware' });
    expect(await commands.execute(new PlaceOrder())).toBe('tea');
    const rows: number[] = [];
    for await (const row of queries.stream(new GetLines())) rows.push(row);
    await quiet();
    expect([rows, namesOfSpans()]).toEqual([[3, 3], []]);
  });
});

describe('a trace that is not recorded', () => {
  it('costs no attributes, and goes on in what it causes', async () => {
    trace.disable();
    trace.setGlobalTracerProvider(new BasicTracerProvider({ sampler: new AlwaysOffSampler() }));
    const asked: object[] = [];
    const attributes = (message: object) => (asked.push(message), undefined);
    const { queries } = await application({ attributes, metrics: false });
    const carried: Record<string, string> = {};
    queries.register(Fails, () => Promise.resolve(propagation.inject(contexts.active(), carried)));
    await queries.execute(new Fails(1));
    expect(carried['traceparent']).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-00$/);
    expect([asked, namesOfSpans()]).toEqual([[], []]);
  });
});
