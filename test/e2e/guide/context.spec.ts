import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  Command,
  CommandBus,
  CommandHandler,
  ContextOrigin,
  CqrsModule,
  DispatchTimeoutException,
  header,
  MessageContext,
  Query,
  QueryBus,
  QueryHandler,
  Timeout,
} from 'nestjs-cqrs';

class CreateUser extends Command {}
class SendWelcome extends Command {}

// #region headers
/** Travels to everything that its dispatch causes, and into envelopes. */
const tenant = header<string>('tenant');
/** Travels to everything that its dispatch causes, but never leaves the process. */
const transaction = header<{ rollback(): void }>('transaction', { travels: 'in-process' });
/** Is for the handlers of this one message. */
const dryRun = header<boolean>('dry-run', { travels: false });
// #endregion

// #region timeout
@Timeout(20)
class RenderReport extends Query<string> {}
// #endregion

const seen: unknown[] = [];

function note(context: MessageContext): void {
  seen.push(context.correlationId, context.causationId, context.parent?.type.name);
  seen.push(context.header(tenant), context.header(transaction) !== undefined, context.header(dryRun));
}

// #region explicit
@Injectable()
class Users {
  constructor(private readonly commands: CommandBus) {}

  @CommandHandler(CreateUser)
  async create(_command: CreateUser, context: MessageContext) {
    await this.commands.dispatch(new SendWelcome(), { context });
  }

  @CommandHandler(SendWelcome)
  welcome(_command: SendWelcome, context: MessageContext) {
    note(context); // with the correlation of the first command, and its messageId as causationId
  }
}
// #endregion

@Injectable()
class Reports {
  @QueryHandler(RenderReport)
  // #region signal
  async render(_query: RenderReport, { signal }: MessageContext) {
    await delay(10_000, undefined, { signal }); // ends as soon as nobody waits any more
    return 'report';
  }
  // #endregion
}

describe('docs/context.md', () => {
  beforeEach(() => void (seen.length = 0));

  async function start(propagateContext = false) {
    const moduleRef = await Test.createTestingModule({
      imports: [CqrsModule.forRoot({ propagateContext })],
      providers: [Users, Reports],
    }).compile();
    const app = await moduleRef.init();
    return { app, commands: app.get(CommandBus), queries: app.get(QueryBus) };
  }

  it('a nested command has the correlation, and names its cause; headers travel as they say', async () => {
    const { app, commands } = await start();
    // #region with-headers
    await commands.dispatch(new CreateUser(), {
      correlationId: 'request-7',
      messageId: 'message-1',
      headers: { ...tenant.of('acme'), ...transaction.of({ rollback: () => undefined }), ...dryRun.of(true) },
    });
    // #endregion
    expect(seen).toEqual(['request-7', 'message-1', 'CreateUser', 'acme', true, undefined]);
    await app.close();
  });

  it('an origin begins a chain that no message caused', async () => {
    const { app, commands } = await start(true);
    // #region origin
    const job = new ContextOrigin({ correlationId: 'nightly-42', headers: tenant.of('acme') });
    await job.run(() => commands.dispatch(new CreateUser()));
    // or, without AsyncLocalStorage
    await commands.dispatch(new CreateUser(), { context: job });
    // #endregion
    expect(seen.filter(value => value === 'nightly-42')).toHaveLength(2);
    await app.close();
  });

  it('the nearest limit ends a dispatch', async () => {
    const { app, queries } = await start();
    const limit = queries.ask(new RenderReport(), { timeout: 60_000 });
    await expect(limit).rejects.toThrow(DispatchTimeoutException);
    await expect(limit).rejects.toThrow('20 ms of @Timeout for "RenderReport"');
    // #region per-dispatch
    const nearer = queries.ask(new RenderReport(), { timeout: 5 });
    // #endregion
    await expect(nearer).rejects.toThrow('5 ms of the timeout option of the dispatch');
    await app.close();
  });

  it('current() is where contexts propagate', async () => {
    expect(MessageContext.find()).toBeUndefined();
    expect(() => MessageContext.current()).toThrow(/propagateContext: true/);
  });
});
