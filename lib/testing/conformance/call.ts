import { EventEmitter, once } from 'node:events';
import { Inject, Injectable, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  EventBus,
  MessageCatalog,
  QueryBus,
  route,
  type MessageContext,
} from '../../index.js';
import type { RemoteTransport } from '../../extension.js';
import type { ConformanceOrder, NoteTaker } from './adapter.js';
import { Desk } from './desk.js';
import { Brief, BriefCount, Observe, VALUES, Wait, type Seen } from './messages.js';
import type { ConformanceApplication } from './serve.js';

/** Of messages whose route has a short limit, in milliseconds. */
export const BRIEF = 600;

/** Of other messages, where the suite does not say it. */
const LONG = 120_000;

/** Handled by the caller itself, which asks the other process in turn. */
export class Relay extends Command<{ readonly seen: Seen; readonly messageId: string }> {
  /** @param pause milliseconds before it asks */
  constructor(readonly pause: number) {
    super();
  }
}

@Injectable()
class CallerHandlers {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @CommandHandler(Relay)
  async relay({ pause }: Relay, context: MessageContext) {
    const start = performance.now();
    while (performance.now() - start < pause) await new Promise(resolve => setTimeout(resolve, 1));
    return { seen: await this.queries.ask(new Observe(), { context }), messageId: context.messageId };
  }
}

class ConformanceCaller {}

/** An application that sends the messages of the suite. */
export class Caller {
  readonly commands: CommandBus;
  readonly queries: QueryBus;
  readonly events: EventBus;
  readonly catalog: MessageCatalog;

  private constructor(private readonly application: INestApplicationContext) {
    this.commands = application.get(CommandBus);
    this.queries = application.get(QueryBus);
    this.events = application.get(EventBus);
    this.catalog = application.get(MessageCatalog);
  }

  /** @param limit of messages without a short one, in milliseconds */
  static async start(transport: RemoteTransport, limit: number): Promise<Caller> {
    const routes = [
      route('conformance.brief.*').to(transport, { timeout: BRIEF }),
      route('conformance.*').to(transport, { timeout: limit }),
    ];
    return new Caller(
      await NestFactory.createApplicationContext(
        {
          module: ConformanceCaller,
          imports: [CqrsModule.forRoot({ routes, messages: VALUES, shutdown: { timeout: 1000 } })],
          providers: [CallerHandlers],
        },
        { abortOnError: false, logger: false },
      ),
    );
  }

  close(): Promise<void> {
    return this.application.close();
  }
}

/**
 * Sends messages of `remoteConformance()` from a process that the suite kills. Give `note` what sends to the suite, and
 * `tell()` what comes from it.
 * @param transport of the adapter under test
 */
export async function callConformance(transport: RemoteTransport, note: NoteTaker): Promise<ConformanceApplication> {
  const desk = new Desk(note);
  const caller = await Caller.start(transport, LONG);
  const orders = new EventEmitter();
  const close = async () => {
    await once(orders, 'stop');
    await caller.close();
    desk.note('stopped', desk.id);
  };
  const stopped = close();
  desk.note('ready', desk.id);
  const tell = ({ order, key }: ConformanceOrder) => {
    if (order === 'stop') orders.emit('stop');
    if (order === 'ask') caller.queries.ask(new Wait(key)).catch(() => undefined);
    if (order === 'ask-briefly') caller.queries.ask(new Brief(key, true)).catch(() => undefined);
    if (order === 'read') void readSlowly(caller, key).catch(() => undefined);
  };
  return { tell, stopped };
}

/** One row, then never another. */
async function readSlowly(caller: Caller, key: string): Promise<void> {
  for await (const _row of caller.queries.stream(new BriefCount(key, Number.MAX_SAFE_INTEGER)))
    await new Promise(() => undefined);
}
