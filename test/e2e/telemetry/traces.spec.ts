import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { Command, CqrsModule, Query, type MessageContext } from '../../../lib/index.js';
import { CqrsOpenTelemetryModule, type CqrsTelemetryOptions } from '../../../lib/integrations/opentelemetry/index.js';
import { scenario, track } from '../../../lib/testing/index.js';
import { start } from '../../support/application.js';
import { quietLog } from '../../support/quiet-log.js';
import { measured, spanOf, spans, tree, useTelemetry } from '../../support/telemetry.js';
import { GetLines, GetPrice, PlaceOrder, shop, Unheard } from './shop.js';

class Fail extends Command {}
class GetCause extends Query<string> {}

const application = (options?: CqrsTelemetryOptions) =>
  start({ imports: [CqrsModule.forRoot(), CqrsOpenTelemetryModule.forRoot(options)], providers: [shop] });

useTelemetry();
beforeEach(() => quietLog());

describe('spans', () => {
  it('hang together over commands, queries, events and sagas of each form, without propagateContext', async () => {
    const { app } = await application();
    await track(app, { failures: 'collect' }).execute(new PlaceOrder());
    expect(tree()).toEqual([
      'execute shop.place',
      '  ask GetPrice',
      '  publish shop.placed',
      '    process shop.placed',
      '    process shop.placed',
      '      execute ReserveStock',
      '        publish StockReserved',
      '          saga Shop.counts',
      '            execute Count',
      '          saga Shop.reminders',
      '    saga Shop.counts',
      '    saga Shop.onPlaced',
      '      execute Bill',
      '    saga Shop.reminders',
      '      execute Remind',
    ]);
    const traces = new Set(spans.getFinishedSpans().map(span => span.spanContext().traceId));
    expect(traces.size).toBe(1);
    expect(spans.getFinishedSpans().flatMap(({ links }) => links)).toEqual([]);
  });

  it('have the names of the conventions', async () => {
    const { commands } = await application({ attributes: message => ({ 'order.item': (message as PlaceOrder).item }) });
    await commands.execute(new PlaceOrder(), { messageId: 'm1' });
    const executed = spanOf('execute shop.place');
    expect(executed.kind).toBe(SpanKind.INTERNAL);
    expect(executed.attributes).toEqual({
      'messaging.system': 'nestjs_cqrs',
      'messaging.operation.name': 'execute',
      'messaging.operation.type': 'process',
      'messaging.destination.name': 'shop.place',
      'messaging.message.id': 'm1',
      'messaging.message.conversation_id': 'm1',
      'cqrs.message.kind': 'command',
      'cqrs.handler': 'Shop.place',
      'cqrs.module': 'RootTestModule',
      'cqrs.attempt': 1,
      'order.item': 'tea',
    });
    expect(executed.instrumentationScope).toMatchObject({
      name: 'nestjs-cqrs',
      schemaUrl: 'https://opentelemetry.io/schemas/1.44.0',
    });
    const published = spanOf('publish shop.placed');
    expect(published.kind).toBe(SpanKind.PRODUCER);
    const ofEvent = {
      'messaging.system': 'nestjs_cqrs',
      'messaging.destination.name': 'shop.placed',
      'messaging.message.id': expect.any(String),
      'messaging.message.conversation_id': expect.any(String),
      'cqrs.message.kind': 'event',
    };
    expect(published.attributes).toEqual({
      ...ofEvent,
      'messaging.operation.name': 'publish',
      'messaging.operation.type': 'send',
      'cqrs.handlers': 2,
    });
    const [processed] = spans.getFinishedSpans().filter(({ name }) => name === 'process shop.placed');
    expect(processed!.kind).toBe(SpanKind.CONSUMER);
    expect(processed!.attributes).toEqual({
      ...ofEvent,
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.subscription.name': 'Shop.audit',
      'cqrs.handler': 'Shop.audit',
      'cqrs.module': 'RootTestModule',
      'cqrs.attempt': 1,
    });
    expect(spanOf('saga Shop.onPlaced').attributes).toMatchObject({
      'messaging.system': 'nestjs_cqrs',
      'messaging.destination.name': 'shop.placed',
      'cqrs.saga': 'Shop.onPlaced',
      'cqrs.module': 'RootTestModule',
    });
    expect(spanOf('saga Shop.onPlaced').kind).toBe(SpanKind.INTERNAL);
  });

  it('tell of a failure by its type, and of the exception once', async () => {
    const { commands } = await application();
    await expect(commands.execute(new PlaceOrder('nothing'))).rejects.toThrow('none left');
    const { status, attributes, events } = spanOf('execute shop.place');
    expect(status).toEqual({ code: SpanStatusCode.ERROR, message: 'none left' });
    expect(attributes['error.type']).toBe('OutOfStock');
    expect(events.map(({ name }) => name)).toEqual(['exception']);
  });

  it.each<[string, object]>([
    ['has no text', Object.create(null) as object],
    [
      'throws when it is read',
      Object.defineProperty(new Error('away'), 'code', {
        get() {
          throw new Error('unreadable');
        },
      }),
    ],
  ])('end with a failure that %s', async (_what, thrown) => {
    const { commands } = await application();
    commands.register(Fail, () => {
      throw thrown as Error;
    });
    await expect(commands.execute(new Fail())).rejects.toBe(thrown);
    const { status, attributes } = spanOf('execute Fail');
    expect([status.code, attributes['error.type']]).toEqual([SpanStatusCode.ERROR, '_OTHER']);
    expect((await measured('cqrs.active')).filter(({ value }) => value !== 0)).toEqual([]);
  });

  it('read the rows of a stream within one span', async () => {
    const { app } = await application();
    await scenario(app).when(new GetLines()).answers([3, 3]);
    expect(tree()).toEqual(['stream GetLines', '  ask GetPrice', '  ask GetPrice']);
  });

  it('belong to the active span; the cause is linked where it is another', async () => {
    const { queries } = await application();
    let cause: MessageContext | undefined;
    queries.register(GetCause, (_query: object, given: MessageContext) => (cause = given).messageId);
    await queries.execute(new GetCause());
    await trace.getTracer('users').startActiveSpan('own', async own => {
      await queries.execute(new GetPrice());
      await queries.execute(new GetCause(), { context: cause! });
      own.end();
    });
    expect(tree()).toEqual(['ask GetCause', 'own', '  ask GetCause', '  ask GetPrice']);
    const [first, , second] = spans.getFinishedSpans();
    expect(second!.links.map(link => link.context)).toEqual([first!.spanContext()]);
    spans.reset();
    await queries.execute(new GetCause(), { context: cause! });
    expect(spanOf('ask GetCause').parentSpanContext).toEqual(second!.spanContext());
  });

  it.each([true, false])(
    'belong to the trace of their headers only where they come from outside: %p',
    async fromOutside => {
      const { queries } = await application();
      const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
      const headers = { traceparent: `00-${trace}-00f067aa0ba902b7-01` };
      await queries.execute(new GetPrice(), { headers, fromOutside });
      expect(spanOf('ask GetPrice').spanContext().traceId === trace).toBe(fromOutside);
    },
  );

  it('link the cause where it is another message of the same trace', async () => {
    const { queries } = await application();
    let first: MessageContext | undefined;
    queries.register(GetCause, (_query: object, given: MessageContext) => (first = given).messageId);
    await trace.getTracer('users').startActiveSpan('own', async own => {
      await queries.execute(new GetCause());
      await trace.getTracer('users').startActiveSpan('part', async part => {
        await queries.execute(new GetPrice(), { context: first! });
        part.end();
      });
      own.end();
    });
    const { links, parentSpanContext } = spanOf('ask GetPrice');
    expect(links.map(link => link.context)).toEqual([spanOf('ask GetCause').spanContext()]);
    expect(parentSpanContext).toEqual(spanOf('part').spanContext());
  });

  it('have one for each middleware and handler where details are wanted', async () => {
    const { commands } = await application({ detail: 'middleware', kinds: 'internal' });
    await commands.execute(new PlaceOrder());
    expect(tree().slice(0, 5)).toEqual([
      'execute shop.place',
      '  handler Shop.place',
      '    ask GetPrice',
      '      handler Shop.price',
      '    publish shop.placed',
    ]);
    expect(new Set(spans.getFinishedSpans().map(({ kind }) => kind))).toEqual(new Set([SpanKind.INTERNAL]));
  });

  it('are made of an event without handlers', async () => {
    const { events } = await application();
    await events.publish(new Unheard());
    expect(spanOf('publish Unheard').attributes['cqrs.handlers']).toBe(0);
  });
});
