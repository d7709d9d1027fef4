import { Logger, Module, type ArgumentsHost, type LoggerService, type ModuleMetadata } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  AggregateRoot,
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  Event,
  EventBus,
  EventsHandler,
  Message,
  MessageValidationException,
  MessageValidationFilter,
  Saga,
} from '../../../lib/index.js';
import { MemoryTransport } from '../../../lib/testing/index.js';
import { pending, soon } from '../../support/waiting.js';

class Pay extends Command<number> {}
class Paid extends Event {}

@CommandHandler(Pay)
class PayHandler {
  async execute(): Promise<number> {
    return 1;
  }
}

@CommandHandler(Pay)
class OtherHandler extends PayHandler {}

@EventsHandler(Paid)
class NotProvided {
  handle(): void {}
}

class Sagas {
  @Saga(Paid)
  onPaid(): undefined {
    return undefined;
  }
}

@Module({ providers: [Sagas] })
class OneModule {}
@Module({ providers: [Sagas] })
class OtherModule {}

const { CqrsModule: Foreign } = { CqrsModule: class CqrsModule {} };
Module({})(Foreign);

@Message({ name: 'log-sources.same' })
class One extends Command {}
@Message({ name: 'log-sources.same' })
class Other extends Command {}

class Order extends AggregateRoot {
  onPAID(): void {}
}

const fails = (): never => {
  throw new Error('it failed');
};

class Unclosed extends MemoryTransport {
  override close(): Promise<void> {
    return fails();
  }
}

/** Starts an application, does something, and closes it. */
async function within(metadata: ModuleMetadata, act: (buses: { commands: CommandBus; events: EventBus }) => unknown) {
  const app = await Test.createTestingModule(metadata).setLogger(log).compile();
  await app.init();
  await act({ commands: app.get(CommandBus), events: app.get(EventBus) });
  await app.close();
}

const module = (options: Parameters<typeof CqrsModule.forRoot>[0], metadata: ModuleMetadata = {}): ModuleMetadata => ({
  ...metadata,
  imports: [CqrsModule.forRoot(options), ...(metadata.imports ?? [])],
});

const nothing = (): void => undefined;

/** What was logged: its source, and the text. */
const lines: [source: unknown, text: string][] = [];
const note = (text: string, ...more: unknown[]): void => void lines.push([more.at(-1), text]);
const log: LoggerService = { log: nothing, debug: nothing, verbose: nothing, warn: note, error: note };

beforeEach(() => {
  lines.length = 0;
  Logger.overrideLogger(log);
});
afterEach(() => Logger.overrideLogger(false));

describe('a line of the log names its source', () => {
  const events = (): EventBus => new EventBus();

  it.each<[what: string, source: string, text: RegExp, act: () => unknown]>([
    [
      'an event handler that fails',
      'Cqrs',
      /has thrown an unhandled exception/,
      () => {
        const bus = events();
        bus.register(Paid, fails);
        return bus.publish(new Paid());
      },
    ],
    [
      'a middleware that loses the result',
      'Cqrs',
      /loses the result/,
      async () => {
        const bus = new CommandBus({ middleware: [async (message, next) => void (await next(message))] });
        bus.register(Pay, async () => 1);
        await bus.execute(new Pay());
        await soon();
      },
    ],
    [
      'a result that is dropped',
      'Cqrs',
      /dispatch\(\) drops/,
      () =>
        within(module({ strict: true }, { providers: [PayHandler] }), ({ commands }) => commands.dispatch(new Pay())),
    ],
    [
      'a subscriber that fails',
      'CqrsSubscriber',
      /A subscriber of a bus failed/,
      () => {
        const bus = events();
        bus.subscribe(fails);
        return bus.publish(new Paid());
      },
    ],
    ['an event without a class', 'EventBus', /A plain object was published/, () => events().publish({})],
    [
      'an option that is misspelled',
      'EventBus',
      /Did you mean "headers"/,
      () => events().publish(new Paid(), { headres: {} } as never),
    ],
    [
      'an override without effect',
      'EventBus',
      /which does not decide here/,
      () => {
        class Filtering extends EventBus {}
        Object.defineProperty(Filtering.prototype, 'ofEventId', { value: nothing });
        new Filtering().register([]);
      },
    ],
    ['a method of an aggregate', 'AggregateRoot', /none of its methods onPAID/, () => new Order().apply(new Paid())],
    [
      'events of an aggregate that are kept',
      'AggregateRoot',
      /could not be published/,
      async () => {
        const order = Object.assign(new Order(), { publishAll: fails });
        order.apply(new Paid());
        await Promise.resolve(order.commit()).catch(nothing);
      },
    ],
    [
      'a second handler',
      'CqrsModule',
      /has two handlers/,
      () => within(module({ duplicates: 'warn' }, { providers: [PayHandler, OtherHandler] }), nothing),
    ],
    [
      'a second message of one name',
      'CqrsModule',
      /log-sources\.same/,
      () => within(module({ duplicates: 'warn', messages: [One, Other] }), nothing),
    ],
    [
      'a handler that is not provided',
      'CqrsModule',
      new RegExp(`does not reach ${NotProvided.name},`),
      () => within(module({}), bus => bus.events.publish(new Paid())),
    ],
    [
      'a saga of two modules',
      'CqrsModule',
      /runs once per event, in the first one/,
      () => within(module({}, { imports: [OneModule, OtherModule] }), nothing),
    ],
    ['a second module', 'CqrsModule', /a second CqrsModule/, () => within(module({}, { imports: [Foreign] }), nothing)],
    [
      'work that goes on after the end',
      'CqrsModule',
      /Closed while 1/,
      () =>
        within(module({ shutdown: { timeout: 0 } }, { providers: [PayHandler] }), ({ commands }) => {
          commands.register(One, () => pending().promise as Promise<void>);
          void commands.execute(new One());
        }),
    ],
    [
      'a transport that does not close',
      'CqrsModule',
      /Durable messages do not close/,
      () => within(module({ durable: { transport: new Unclosed() } }), nothing),
    ],
    [
      'a message that is refused',
      'MessageValidationFilter',
      /"Pay"/,
      () => {
        const host = { getType: () => 'rpc', switchToRpc: () => ({ getContext: nothing }) } as unknown as ArgumentsHost;
        new MessageValidationFilter().catch(new MessageValidationException('Pay', []), host);
      },
    ],
  ])('%s: [%s]', async (_what, source, text, act) => {
    await act();
    expect(lines.filter(([, line]) => text.test(line)).map(([from]) => from)).toEqual([source]);
  });
});
