import { setTimeout as delay } from 'node:timers/promises';
import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  type PipeTransform,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common';
import { retry } from 'rxjs';
import {
  AsyncContext,
  Command,
  CommandBus,
  CommandHandler,
  ContextOrigin,
  CqrsModule,
  type DispatchOptions,
  DispatchTimeoutException,
  Event,
  EventBus,
  header,
  MessageContext,
  Query,
  QueryHandler,
  Saga,
  StreamQuery,
  Timeout,
} from 'nestjs-cqrs';
import { testApp, track } from 'nestjs-cqrs/testing';
import { busesOf, start as startRecorded } from '../../support/application.js';

class CreateUser extends Command {}
class SendWelcome extends Command {}
class SignUp extends Command {}
class SendMail extends Command {}
class SignedUp extends Event {}
class UserCreated extends Event {}
class Rows extends StreamQuery<number> {}

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

const audit = {
  note(context: MessageContext): void {
    seen.push(context.correlationId, context.causationId, context.parent?.type.name);
    seen.push(context.header(tenant), context.header(transaction) !== undefined, context.header(dryRun));
  },
};

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
    audit.note(context); // with the correlation of the first command, and its messageId as causationId
  }
}
// #endregion

@Injectable()
class Reports {
  @QueryHandler(RenderReport)
  // #region signal
  async render(_query: RenderReport, { signal }: MessageContext) {
    await delay(10_000, undefined, { signal }); // ends as soon as the caller no longer waits
    return 'report';
  }
  // #endregion
}

const application = (propagateContext = false) => ({
  imports: [CqrsModule.forRoot({ propagateContext })],
  providers: [Users, Reports],
});

describe('docs/context.md', () => {
  beforeEach(() => void (seen.length = 0));

  async function start(propagateContext = false) {
    return busesOf(await testApp(application(propagateContext)));
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

  it('a context or an AsyncContext may be passed in place of the options', async () => {
    const { app, commands } = await start();
    const job = new ContextOrigin({ correlationId: 'nightly-42' });
    const asyncContext = new AsyncContext();
    const command = new CreateUser();
    await commands.dispatch(command, job);
    expect(seen[0]).toBe('nightly-42');
    await commands.dispatch(command, asyncContext);
    expect(AsyncContext.of(command)).toBe(asyncContext);
    await app.close();
  });

  it('unknown options are refused, by publish warned about', async () => {
    const { commands, queries, events, log } = await startRecorded(application());
    const misspelled = { timout: 5 } as DispatchOptions;
    const text =
      'There is no option "timout". Where: the options of a dispatch. Did you mean "timeout"? [CQRS_INVALID_OPTIONS]';
    await expect(commands.dispatch(new CreateUser(), misspelled)).rejects.toThrow(text);
    await expect(commands.execute(new CreateUser(), misspelled)).rejects.toThrow(text);
    await expect(queries.ask(new RenderReport(), misspelled)).rejects.toThrow(text);
    await expect(queries.stream(new Rows(), misspelled).next()).rejects.toThrow(text);
    await events.publish(new UserCreated(), misspelled);
    await events.publish(new UserCreated(), misspelled);
    expect(log.warnings).toEqual([expect.stringContaining('Did you mean "timeout"?')]);
    const wrong = { timeout: '5' } as unknown as DispatchOptions;
    await expect(events.publish(new UserCreated(), wrong)).rejects.toMatchObject({ code: 'CQRS_INVALID_TIMEOUT' });
  });

  it('one messageId is of one event, and publish takes one event', async () => {
    const { events } = await startRecorded(application());
    const two = [new UserCreated(), new UserCreated()];
    await expect(events.publishAll(two, { messageId: 'm1' })).rejects.toMatchObject({ code: 'CQRS_INVALID_OPTIONS' });
    await events.publishAll(two.slice(1), { messageId: 'm1' });
    await expect(events.publish(two)).rejects.toMatchObject({ code: 'CQRS_INVALID_MESSAGE' });
  });

  it('the context names the sender of the message', async () => {
    const senders: string[] = [];
    const audit = { write: (text: string) => void senders.push(text) };
    // #region sent-by
    @Injectable()
    class Mails {
      @CommandHandler(SendMail)
      send(_command: SendMail, { sentBy }: MessageContext) {
        audit.write(`mail asked for by ${sentBy?.name ?? 'no handler'}`); // by Signups.signUp, a handler or saga
      }
    }
    // #endregion
    @Injectable()
    class Signups {
      constructor(
        private readonly commands: CommandBus,
        private readonly events: EventBus,
      ) {}

      @CommandHandler(SignUp)
      async signUp(_command: SignUp, context: MessageContext) {
        await this.commands.dispatch(new SendMail(), { context });
        await this.events.publish(new SignedUp());
      }

      @Saga(SignedUp)
      onSignedUp() {
        return new SendMail();
      }
    }
    await using app = await testApp({ imports: [CqrsModule.forRoot()], providers: [Mails, Signups] });
    await track(app).dispatch(new SignUp());
    await track(app).dispatch(new SendMail());
    await track(app).dispatch(new SendMail(), new ContextOrigin({ sentBy: { name: 'NightlyJob' } }));
    expect(senders.map(text => text.slice('mail asked for by '.length)).toSorted()).toEqual([
      'NightlyJob',
      'Signups.onSignedUp',
      'Signups.signUp',
      'no handler',
    ]);
  });

  it('the context follows a message that replaces another; an interceptor that retries counts', async () => {
    const found: unknown[] = [];
    @Injectable()
    class Retry implements NestInterceptor {
      intercept(_execution: ExecutionContext, next: CallHandler) {
        return next.handle().pipe(retry(1));
      }
    }
    class Replacing implements PipeTransform {
      transform = () => new SignUp();
    }
    @CommandHandler(SignUp)
    @UseInterceptors(Retry)
    @UsePipes(Replacing)
    class SignUpHandler {
      execute(command: SignUp, context: MessageContext) {
        found.push([AsyncContext.of(command), context.attempt, context.correlationId, context.sentBy?.name]);
        if (context.attempt < 2) throw new Error('again');
      }
    }
    await using app = await testApp({
      imports: [CqrsModule.forRoot({ middleware: [(_message, next) => next(new SignUp())] })],
      providers: [SignUpHandler],
    });
    const asyncContext = new AsyncContext();
    const context = new ContextOrigin({ correlationId: 'c1', sentBy: { name: 'NightlyJob' } });
    await app.get(CommandBus).dispatch(new SignUp(), { asyncContext, context });
    expect(found).toEqual([
      [asyncContext, 1, 'c1', 'NightlyJob'],
      [asyncContext, 2, 'c1', 'NightlyJob'],
    ]);
  });

  it('an origin begins a chain that no message caused', async () => {
    const { app, commands } = await start(true);
    // #region origin
    const job = new ContextOrigin({ correlationId: 'nightly-42', headers: tenant.of('acme') });
    await job.run(() => commands.dispatch(new CreateUser()));
    // or, without AsyncLocalStorage
    await commands.dispatch(new CreateUser(), { context: job });
    // or, where there is nothing else to say
    await commands.dispatch(new CreateUser(), job);
    // #endregion
    expect(seen.filter(value => value === 'nightly-42')).toHaveLength(3);
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
