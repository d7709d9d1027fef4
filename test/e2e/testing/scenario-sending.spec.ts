import { Injectable } from '@nestjs/common';
import {
  Command,
  CommandHandler,
  CqrsModule,
  Event,
  EventsHandler,
  MessageContext,
  Query,
  QueryHandler,
  Saga,
  StreamQuery,
} from '../../../lib/index.js';
import { scenario, testApp, track, type TestApp } from '../../../lib/testing/index.js';
import { quietLog } from '../../support/quiet-log.js';
import { quiet } from '../../support/waiting.js';

class Ship extends Command<string | undefined> {}
class TenantOf extends Query<string | undefined> {}
class Tenants extends StreamQuery<string | undefined> {}
class Shipped extends Event {}
class Delivered extends Event {}
class Restock extends Command {}
class Stock extends Query<number> {}
/** Extends no class of the package. */
class Count {}

const tenantOf = ({ headers }: MessageContext) => headers['tenant'] as string | undefined;

@Injectable()
class Shop {
  private stock = 0;

  @CommandHandler(Ship)
  ship(_command: Ship, context: MessageContext): string | undefined {
    return tenantOf(context);
  }

  @CommandHandler(Count)
  count(_command: Count, context: MessageContext): string | undefined {
    return tenantOf(context);
  }

  @QueryHandler(TenantOf)
  tenant(_query: TenantOf, context: MessageContext): string | undefined {
    return tenantOf(context);
  }

  @QueryHandler(Tenants)
  *tenants(_query: Tenants, context: MessageContext): Iterable<string | undefined> {
    yield tenantOf(context);
  }

  @EventsHandler(Shipped)
  note(_event: Shipped, context: MessageContext): void {
    throw new Error(`not for ${tenantOf(context)}`);
  }

  @Saga(Delivered)
  onDelivered(_event: Delivered): Restock {
    return new Restock();
  }

  @CommandHandler(Restock)
  async restock(_command: Restock): Promise<void> {
    await quiet();
    this.stock += 1;
  }

  @QueryHandler(Stock)
  left(_query: Stock): number {
    return this.stock;
  }
}

let app: TestApp;

beforeEach(async () => {
  quietLog();
  app = await testApp({ imports: [CqrsModule.forRoot()], providers: [Shop] });
});

afterEach(() => app.close());

describe('a scenario sends with the options of the test:', () => {
  const options = { headers: { tenant: 'acme' } };

  it.each<[string, Command | Query<unknown>, unknown]>([
    ['a command', new Ship(), 'acme'],
    ['a command that extends no class', new Count() as Command, 'acme'],
    ['a query', new TenantOf(), 'acme'],
    ['the rows of a stream query', new Tenants() as never, ['acme']],
  ])('%s', async (_what, sent, answer) => {
    await scenario(app)
      .when(sent, options)
      .answers(answer as never);
  });

  it('an event, whose failures the caller may want to be told', async () => {
    await scenario(app).when(new Shipped(), options).fails('not for acme');
    const { error } = await scenario(app)
      .when(new Shipped(), { ...options, onError: 'throw' })
      .fails('not for acme');
    expect(error).toEqual(new Error('not for acme'));
  });

  it('a context in place of options: what it causes belongs to the scenario', async () => {
    const { executed } = await track(app).execute(new Ship(), options);
    const earlier = executed[0]!.context!;
    const sent = scenario(app).when(new Ship(), earlier);
    await sent.answers('acme');
    const flow = await sent.nothing();
    expect([flow.executed.length, flow.executed[0]!.context!.causationId]).toEqual([1, earlier.messageId]);
  });

  it('not of a function, and not of what is given', async () => {
    const one = scenario(app).given(new Ship());
    await one.when(new TenantOf()).answers(undefined);
    // @ts-expect-error a function takes none
    await one.when(() => 1, options).answers(1);
    // @ts-expect-error only an event tells the caller of its failures
    await one.when(new Ship(), { onError: 'throw' }).fails('onError');
  });
});

it('a scenario sends its message when all that is given has been done, commands of sagas too', async () => {
  const stock = scenario(app).given(new Delivered(), new Delivered()).when(new Stock());
  const { executed } = await stock.answers(2);
  expect(executed).toHaveLength(0);
});
