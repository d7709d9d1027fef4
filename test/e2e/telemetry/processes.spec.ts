import { context as contexts, propagation, SpanKind } from '@opentelemetry/api';
import {
  Command,
  CommandHandler,
  CqrsModule,
  Durable,
  Envelope,
  Event,
  EventsHandler,
  expose,
  Message,
  type MessageContext,
  route,
} from '../../../lib/index.js';
import { CqrsOpenTelemetryModule, type CqrsTelemetryOptions } from '../../../lib/integrations/opentelemetry/index.js';
import { MemoryRemote, MemoryTransport, scenario } from '../../../lib/testing/index.js';
import { start } from '../../support/application.js';
import { quietLog } from '../../support/quiet-log.js';
import { measured, spanOf, spans, tree, useTelemetry } from '../../support/telemetry.js';

@Message({ name: 'telemetry.charge' })
class Charge extends Command<string> {}

@Durable()
@Message({ name: 'telemetry.mail' })
class Mail extends Command {}

@Message({ name: 'telemetry.charged' })
class Charged extends Event {}

class Payments {
  @CommandHandler(Charge)
  charge(): string {
    return 'charged';
  }

  @CommandHandler(Mail)
  mail(): void {}

  @EventsHandler(Charged)
  @Durable('telemetry.audit')
  audit(): void {}
}

const telemetry = (options?: CqrsTelemetryOptions) => CqrsOpenTelemetryModule.forRoot(options);

useTelemetry();
beforeEach(() => quietLog());

/** Two applications that are joined as two processes are. */
async function joined(options?: CqrsTelemetryOptions) {
  const remote = new MemoryRemote('telemetry');
  const routes = [route(Charge, Charged).to(remote.transport())];
  const here = await start({ imports: [CqrsModule.forRoot({ routes }), telemetry()] });
  const server = [expose(Charge, Charged).on(remote.server())];
  await start({
    imports: [
      CqrsModule.forRoot({ expose: server, durable: { transport: new MemoryTransport() } }),
      telemetry(options),
    ],
    providers: [Payments],
  });
  return here;
}

describe('a trace', () => {
  it('goes on in another process, by headers of the message', async () => {
    const { app, events } = await joined();
    await scenario(app).when(new Charge()).answers('charged');
    expect(tree()).toEqual(['send telemetry.charge', '  execute telemetry.charge']);
    expect([spanOf('send telemetry.charge').kind, spanOf('execute telemetry.charge').kind]).toEqual([
      SpanKind.PRODUCER,
      SpanKind.CONSUMER,
    ]);
    spans.reset();
    await events.publish(new Charged());
    expect(tree().slice(0, 3)).toEqual([
      'publish telemetry.charged',
      '  send telemetry.charged',
      '    publish telemetry.charged',
    ]);
    const published = spans.getFinishedSpans().filter(({ name }) => name === 'publish telemetry.charged');
    // Its sender has produced it.
    expect(published.map(({ kind }) => kind).toSorted()).toEqual([SpanKind.INTERNAL, SpanKind.PRODUCER]);
  });

  it('begins anew in another process where that is wanted, with a link', async () => {
    const { commands } = await joined({ arrivals: 'link' });
    await commands.execute(new Charge());
    expect(tree()).toEqual(['execute telemetry.charge', 'send telemetry.charge']);
    const [sent, executed] = [spanOf('send telemetry.charge'), spanOf('execute telemetry.charge')];
    expect(executed.spanContext().traceId).not.toBe(sent.spanContext().traceId);
    expect(executed.links.map(({ context }) => context.spanId)).toEqual([sent.spanContext().spanId]);
  });

  it('goes on by an envelope that a user makes and gives what the propagator writes', async () => {
    const sent: string[] = [];
    const here = await start({ imports: [CqrsModule.forRoot(), telemetry()] });
    here.events.register(Charged, (event: Charged, context: MessageContext) => {
      const { meta } = Envelope.of(event, context);
      const headers = { ...meta.headers };
      propagation.inject(contexts.active(), headers);
      sent.push(JSON.stringify([Envelope.of(event, context), new Envelope(event, { ...meta, headers })]));
    });
    await here.events.publish(new Charged());
    const [bare, carrying] = (JSON.parse(sent[0]!) as unknown[]).map(json => Envelope.fromJSON(json, Charged));
    expect(bare!.meta.headers).toEqual({});
    const processed = spanOf('process telemetry.charged').spanContext();
    spans.reset();
    const there = await start({ imports: [CqrsModule.forRoot(), telemetry()] });
    await there.events.publish(carrying!.payload, carrying!.dispatchOptions);
    expect(spanOf('publish telemetry.charged').parentSpanContext).toMatchObject({
      traceId: processed.traceId,
      spanId: processed.spanId,
      isRemote: true,
    });
  });

  it('begins where a message arrives whose sender has none', async () => {
    const remote = new MemoryRemote('telemetry');
    const routes = [route(Charge).to(remote.transport())];
    const { commands } = await start({ imports: [CqrsModule.forRoot({ routes })] });
    const server = [expose(Charge).on(remote.server())];
    const cqrs = CqrsModule.forRoot({ expose: server, durable: { transport: new MemoryTransport() } });
    await start({ imports: [cqrs, telemetry()], providers: [Payments] });
    await commands.execute(new Charge());
    const { kind, parentSpanContext, links, attributes } = spanOf('execute telemetry.charge');
    expect([SpanKind[kind], parentSpanContext, links]).toEqual(['CONSUMER', undefined, []]);
    expect(attributes).toMatchObject({ 'messaging.operation.name': 'execute', 'messaging.operation.type': 'process' });
  });

  it('goes on when a stored message is handled', async () => {
    const transport = new MemoryTransport();
    const { commands, events } = await start({
      imports: [CqrsModule.forRoot({ durable: { transport } }), telemetry()],
      providers: [Payments],
    });
    await commands.enqueue(new Mail());
    await transport.settled();
    expect(tree()).toEqual(['send telemetry.mail', '  execute telemetry.mail']);
    expect(spanOf('execute telemetry.mail').kind).toBe(SpanKind.CONSUMER);
    expect(spanOf('send telemetry.mail').attributes).toMatchObject({
      'messaging.operation.name': 'send',
      'messaging.operation.type': 'send',
      'messaging.destination.name': 'telemetry.mail',
      'cqrs.message.kind': 'command',
    });
    expect(await measured('messaging.client.sent.messages')).toContainEqual(
      expect.objectContaining({
        value: 1,
        attributes: {
          'messaging.system': 'nestjs_cqrs',
          'messaging.operation.name': 'send',
          'messaging.destination.name': 'telemetry.mail',
          'cqrs.message.kind': 'command',
        },
      }),
    );
    spans.reset();
    await events.publish(new Charged());
    await transport.settled();
    expect(tree()).toEqual(['publish telemetry.charged', '  send telemetry.charged', '    process telemetry.charged']);
  });
});
