import { Injectable, ServiceUnavailableException } from '@nestjs/common';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  Event,
  EventsHandler,
  type MessageContext,
  Query,
  QueryHandler,
  Timeout,
  UseMiddleware,
} from 'nestjs-cqrs';
import { scenario, track } from 'nestjs-cqrs/testing';
import { start } from '../../support/application.js';
import { RetryMiddleware, RetryPolicy } from './retry/retry.middleware.js';
import { Service } from './retry/service.js';

class GetRate extends Query<string> {}
class GetRateOnce extends Query<string> {}
class Pay extends Command {}
class PayOnce extends Command {}
class PayThroughOther extends Command {}
class Paid extends Event {}

let service = new Service();
beforeEach(async () => {
  service = new Service();
  await service.listening;
});
afterEach(() => service.close());

@Injectable()
class RateClient {
  async get(): Promise<string> {
    const response = await fetch(`${service.url}/rate`);
    if (response.status === 503) throw new ServiceUnavailableException('No rates at the moment.');
    return response.text();
  }
}

@Injectable()
class PaymentClient {
  async pay(key?: string): Promise<void> {
    const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key };
    await fetch(`${service.url}/pay`, { method: 'POST', headers }).catch(() => {
      throw new ServiceUnavailableException('No answer.');
    });
  }
}

// #region query
@QueryHandler(GetRate)
@UseMiddleware(RetryMiddleware)
class GetRateHandler {
  constructor(private readonly rates: RateClient) {}

  async execute() {
    return this.rates.get();
  }
}
// #endregion

@Injectable()
class Payments {
  constructor(
    private readonly payments: PaymentClient,
    private readonly rates: RateClient,
    private readonly commands: CommandBus,
  ) {}

  @CommandHandler(Pay)
  @UseMiddleware(RetryMiddleware)
  async pay() {
    await this.payments.pay();
  }

  // #region once
  @CommandHandler(PayOnce)
  @UseMiddleware(RetryMiddleware)
  async payOnce(_command: PayOnce, { messageId }: MessageContext) {
    await this.payments.pay(messageId); // the same in every attempt: the service recognizes it
  }
  // #endregion

  // #region timeout
  @QueryHandler(GetRateOnce)
  @Timeout(10_000) // all attempts together
  @UseMiddleware(RetryMiddleware)
  @Timeout(2_000) // one attempt
  async rate() {
    return this.rates.get();
  }
  // #endregion

  @CommandHandler(PayThroughOther)
  @UseMiddleware(RetryMiddleware)
  async nested() {
    await this.commands.dispatch(new Pay());
  }

  @EventsHandler(Paid)
  @UseMiddleware(RetryMiddleware)
  async send() {
    await this.payments.pay();
  }

  @EventsHandler(Paid)
  async count() {}
}

/** Tests do not wait. */
class Quick extends RetryPolicy {
  override pause(): number {
    return 0;
  }
}
const providers = [GetRateHandler, Payments, RateClient, PaymentClient, RetryMiddleware];
const quick = { imports: [CqrsModule.forRoot()], providers: [...providers, { provide: RetryPolicy, useClass: Quick }] };

describe('docs/recipes/retry.md', () => {
  it('runs the handler again until it succeeds', async () => {
    const { app } = await start(quick);
    service.failures = 2;
    const { asked } = await scenario(app).when(new GetRate()).answers('1.08');
    expect(asked[0]!.handlers.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(service.failures).toBe(-1);
  });

  it('waits between attempts, in the policy that is shown', async () => {
    const { queries } = await start({ ...quick, providers: [...providers, RetryPolicy] });
    service.failures = 1;
    expect(await queries.ask(new GetRate())).toBe('1.08');
  });

  it('gives up after the last attempt with the error of that one, and at once for other errors', async () => {
    const { app, commands } = await start(quick);
    service.failures = 3;
    await scenario(app).when(new GetRate()).fails(ServiceUnavailableException);
    expect(service.failures).toBe(0);
    class Broken extends Command {}
    const broken = UseMiddleware(new RetryMiddleware(new Quick()));
    const handler = () => {
      throw new TypeError('a mistake');
    };
    broken(handler);
    commands.register(Broken, handler);
    const { executed } = await scenario(app).when(new Broken()).fails(TypeError);
    expect(executed.handledBy).toHaveLength(1);
  });

  it('ends with the caller: no attempt follows an aborted signal', async () => {
    class Endless extends RetryPolicy {
      override pause(): number {
        caller.abort();
        return 2 ** 30;
      }
    }
    const caller = new AbortController();
    const imports = [CqrsModule.forRoot()];
    const { queries } = await start({
      imports,
      providers: [...providers, { provide: RetryPolicy, useClass: Endless }],
    });
    service.failures = 3;
    await expect(queries.ask(new GetRate(), { signal: caller.signal })).rejects.toThrow('No rates at the moment.');
    expect(service.failures).toBe(2);
  });

  it('does the work twice if only the answer was lost, unless the other side recognizes the message', async () => {
    const { commands } = await start(quick);
    service.failures = 1;
    await commands.dispatch(new Pay());
    expect(service.requests).toEqual(['POST /pay', 'POST /pay']);
    service.failures = 1;
    await commands.dispatch(new PayOnce());
    expect(service.requests).toHaveLength(3);
  });

  it('multiplies where a command that is retried sends another that is', async () => {
    const { app } = await start(quick);
    service.failures = Infinity;
    const { executed } = await scenario(app).when(new PayThroughOther()).fails('No answer.');
    expect(executed.map(({ handlers }) => handlers.length)).toEqual([3, 3, 3, 3]);
    expect(service.requests).toHaveLength(9);
  });

  it('concerns one handler of an event, not the others', async () => {
    const { app } = await start(quick);
    service.failures = 1;
    const { published } = await track(app).publish(new Paid());
    expect(published.handledBy.toSorted()).toEqual(['Payments.count', 'Payments.send', 'Payments.send']);
    expect(service.requests).toEqual(['POST /pay', 'POST /pay']);
  });

  it('stands between the limit of all attempts and the limit of each', async () => {
    const { queries } = await start(quick);
    service.failures = 2;
    expect(await queries.ask(new GetRateOnce())).toBe('1.08');

    class Slow extends Query<string> {}
    let runs = 0;
    @Injectable()
    class SlowHandler {
      @QueryHandler(Slow)
      @UseMiddleware(RetryMiddleware)
      @Timeout(20)
      answer() {
        return ++runs < 3 ? new Promise<string>(() => undefined) : 'in time';
      }
    }
    const slow = await start({ ...quick, providers: [...quick.providers, SlowHandler] });
    expect(await slow.queries.ask(new Slow())).toBe('in time');
    runs = -Infinity;
    await expect(slow.queries.ask(new Slow(), { timeout: 30 })).rejects.toThrow('30 ms');
  });

  it('for all queries of the application is an option of the module', async () => {
    class Plain extends Query<string> {}
    const imports = [
      // #region module
      CqrsModule.forRoot({ queries: { middleware: [RetryMiddleware] } }),
      // #endregion
    ];
    const { queries, commands, app } = await start({ ...quick, imports });
    queries.register(Plain, () => app.get(RateClient).get());
    service.failures = 2;
    expect(await queries.ask(new Plain())).toBe('1.08');
    commands.register(Plain, () => app.get(RateClient).get());
    service.failures = 1;
    await expect(commands.dispatch(new Plain())).rejects.toThrow(ServiceUnavailableException);
  });
});
