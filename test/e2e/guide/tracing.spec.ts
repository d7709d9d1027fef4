import { readFileSync, writeFileSync } from 'node:fs';
import { Injectable, Module } from '@nestjs/common';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  Event,
  EventBus,
  EventsHandler,
  Query,
  QueryBus,
  QueryHandler,
  Saga,
} from 'nestjs-cqrs';
import { CqrsInstrumentation, CqrsOpenTelemetryModule } from 'nestjs-cqrs/opentelemetry';
import { track } from 'nestjs-cqrs/testing';
import { start } from '../../support/application.js';
import { spanOf, spans, useTelemetry } from '../../support/telemetry.js';
import { TracePicture } from '../../support/trace-picture.js';

class PlaceOrder extends Command<string> {}
class GetPrice extends Query<number> {}
class OrderPlaced extends Event {
  readonly orderId = 'o1';
}
class ReserveStock extends Command {}
class SendInvoice extends Command {}

@Injectable()
class Orders {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly events: EventBus,
  ) {}

  @CommandHandler(PlaceOrder)
  async place(): Promise<string> {
    await this.queries.execute(new GetPrice());
    await this.events.publish(new OrderPlaced());
    return 'o1';
  }

  @QueryHandler(GetPrice)
  price(): number {
    return 12;
  }

  @EventsHandler(OrderPlaced)
  async reserve(): Promise<void> {
    await this.commands.execute(new ReserveStock());
  }

  @CommandHandler(ReserveStock)
  stock(): void {}

  @CommandHandler(SendInvoice)
  invoice(): void {}

  @Saga(OrderPlaced)
  billing(): Command {
    return new SendInvoice();
  }
}

// #region module
@Module({
  imports: [
    CqrsModule.forRoot(),
    CqrsOpenTelemetryModule.forRoot({
      attributes: message => (message instanceof OrderPlaced ? { 'order.id': message.orderId } : undefined),
    }),
  ],
  providers: [Orders],
})
class AppModule {}
// #endregion module

/** The trace of the page. `UPDATE_DOCS=1` draws it anew. */
const drawn = new URL('trace.txt', import.meta.url);

const picture = new TracePicture();

const handlerOf = ({ attributes }: ReadableSpan): string => String(attributes['cqrs.handler'] ?? '');

useTelemetry({ processors: [picture] });

describe('the guide on traces', () => {
  it('shows the spans of a command', async () => {
    const { app } = await start({ imports: [AppModule] });
    await track(app).execute(new PlaceOrder());
    expect(spans.getFinishedSpans()).toHaveLength(7);
    const text = picture.draw(handlerOf);
    if (process.env['UPDATE_DOCS']) writeFileSync(drawn, text);
    expect(text).toBe(readFileSync(drawn, 'utf8'));
    expect(spanOf('publish OrderPlaced').attributes['order.id']).toBe('o1');
  });

  it('makes an instrumentation', () => {
    // #region instrumentation
    const instrumentations = [new CqrsInstrumentation({ detail: 'middleware' })];
    // #endregion instrumentation
    expect(instrumentations[0]!.getConfig().enabled).toBe(true);
    instrumentations[0]!.disable();
  });
});
