import { Injectable, ServiceUnavailableException } from '@nestjs/common';
import {
  BrokenCircuitError,
  bulkhead,
  circuitBreaker,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleWhen,
  retry,
  TaskCancelledError,
  timeout,
  TimeoutStrategy,
  wrap,
} from 'cockatiel';
import {
  Command,
  CommandHandler,
  CqrsModule,
  DispatchTimeoutException,
  HandlerNotFoundException,
  Message,
  MessageContext,
  MessageValidationException,
  Query,
  QueryHandler,
  RemoteUnavailableException,
  route,
  UnrecoverableException,
  UseMiddleware,
} from 'nestjs-cqrs';
import { resilience } from 'nestjs-cqrs/resilience';
import { TransportException, type RemoteTransport } from 'nestjs-cqrs/extension';
import { MemoryRemote, scenario, virtualTime } from 'nestjs-cqrs/testing';
import { throwError } from 'rxjs';
import { start } from '../../support/application.js';
import { quiet, until } from '../../support/waiting.js';

class GetRate extends Query<number> {}
class GetHistory extends Query<number[]> {}
class Pay extends Command {}
class Refund extends Command<string> {}

@Injectable()
class RateService {
  /** What the service answers, one after another. */
  answers: (() => unknown)[] = [];
  calls: (AbortSignal | undefined)[] = [];

  async get(signal?: AbortSignal): Promise<number> {
    this.calls.push(signal);
    const answer = this.answers.shift();
    return answer === undefined ? 1.1 : ((await answer()) as number);
  }

  async history(): Promise<number[]> {
    return [await this.get()];
  }
}

const down = () => {
  throw new ServiceUnavailableException('No rates at the moment.');
};

// #region retry
const patient = retry(
  handleWhen(error => error instanceof ServiceUnavailableException),
  { maxAttempts: 3, backoff: new ExponentialBackoff({ initialDelay: 100, maxDelay: 2_000 }) },
);

@QueryHandler(GetRate)
@UseMiddleware(resilience(patient))
class GetRateHandler {
  constructor(private readonly rates: RateService) {}

  async execute() {
    return this.rates.get();
  }
}
// #endregion

// #region combined
const isTemporary = (error: Error) =>
  error instanceof ServiceUnavailableException || error instanceof TaskCancelledError;

const rates = wrap(
  retry(handleWhen(isTemporary), { maxAttempts: 3, backoff: new ExponentialBackoff() }),
  circuitBreaker(handleWhen(isTemporary), { halfOpenAfter: 10_000, breaker: new ConsecutiveBreaker(5) }),
  bulkhead(10, 100), // 10 at a time; 100 wait
  timeout(2_000, TimeoutStrategy.Aggressive), // each attempt
);
// #endregion

// #region signal
@QueryHandler(GetRate)
@UseMiddleware(resilience(rates))
class PatientHandler {
  constructor(private readonly rates: RateService) {}

  async execute(_query: GetRate, { signal }: MessageContext) {
    return this.rates.get(signal);
  }
}
// #endregion

// #region hopeless
const isHopeless = (error: Error) =>
  error instanceof MessageValidationException ||
  error instanceof UnrecoverableException ||
  error instanceof HandlerNotFoundException;

const stubborn = retry(
  handleWhen(error => !isHopeless(error)),
  { maxAttempts: 3, backoff: new ExponentialBackoff() },
);
// #endregion

// #region shared
const service = circuitBreaker(handleWhen(isTemporary), {
  halfOpenAfter: 10_000,
  breaker: new ConsecutiveBreaker(2),
});

@Injectable()
class Rates {
  constructor(private readonly rates: RateService) {}

  @QueryHandler(GetRate)
  @UseMiddleware(resilience(service))
  async rate() {
    return this.rates.get();
  }

  @QueryHandler(GetHistory)
  @UseMiddleware(resilience(service)) // open as soon as that of rate() is
  async history() {
    return this.rates.history();
  }
}
// #endregion

// #region send
const isNotHandled = (error: Error) => error instanceof RemoteUnavailableException && error.outcome === 'not-handled';

const billing = retry(handleWhen(isNotHandled), { maxAttempts: 5, backoff: new ExponentialBackoff() });

@Message({ name: 'billing.charge' })
@UseMiddleware(resilience(billing, { at: 'send' }))
class Charge extends Command<string> {}
// #endregion

@Injectable()
class Payments {
  runs = 0;

  @CommandHandler(Pay)
  @UseMiddleware(resilience(stubborn))
  async pay() {
    throw new UnrecoverableException('The account is closed.');
  }

  @CommandHandler(Refund)
  @UseMiddleware(resilience(stubborn))
  async refund() {
    if (this.runs++ === 0) throw new Error('not yet');
    return 'refunded';
  }
}

const within = (...providers: any[]) =>
  start({ imports: [CqrsModule.forRoot()], providers: [RateService, ...providers] });

describe('a policy around a handler', () => {
  it('retries what is temporary', async () => {
    const { app } = await within(GetRateHandler);
    const service = app.get(RateService);
    service.answers = [down, down];
    using clock = virtualTime();
    const answered = scenario(app).when(new GetRate()).answers(1.1);
    await clock.advance('10s');
    const { asked } = await answered;
    expect(asked[0]!.handlers.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    service.answers = [() => Promise.reject(new TypeError('a mistake'))];
    const failed = await scenario(app).when(new GetRate()).fails(TypeError);
    expect(failed.asked.handledBy).toHaveLength(1);
    expect(service.calls).toHaveLength(4);
  });

  it('has a breaker, slots and a time-out, too', async () => {
    const { app, queries } = await within(PatientHandler);
    const service = app.get(RateService);
    service.answers = [down];
    expect(await queries.ask(new GetRate())).toBe(1.1);
    expect(service.calls.map(signal => signal?.aborted)).toEqual([false, false]);
    // #region limit
    await queries.ask(new GetRate(), { timeout: 5_000 }); // all attempts together
    // #endregion
    service.answers = [() => new Promise(() => undefined)];
    await expect(queries.ask(new GetRate(), { timeout: 20 })).rejects.toThrow(DispatchTimeoutException);
  });

  it('does not retry what cannot end well', async () => {
    const { app } = await within(Payments);
    const { executed } = await scenario(app).when(new Pay()).fails('The account is closed.');
    expect(executed.handledBy).toEqual(['Payments.pay']);
    const refunded = await scenario(app).when(new Refund()).answers('refunded');
    expect(refunded.executed.handledBy).toEqual(['Payments.refund', 'Payments.refund']);
  });

  it('shares its breaker with all that are given it', async () => {
    const { app, queries } = await within(Rates);
    const service = app.get(RateService);
    service.answers = [down, down];
    for (let i = 0; i < 2; i++) await expect(queries.ask(new GetRate())).rejects.toThrow(ServiceUnavailableException);
    await expect(queries.ask(new GetHistory())).rejects.toThrow(BrokenCircuitError);
  });
});

it('retries where a message leaves the process', async () => {
  const transport: RemoteTransport = new MemoryRemote('billing').transport();
  let sent = 0;
  transport.request = () => {
    sent++;
    return throwError(() => new TransportException('not-handled', 'is not there'));
  };
  const { commands } = await start({ imports: [CqrsModule.forRoot({ routes: [route(Charge).to(transport)] })] });
  const caller = new AbortController();
  const failed = commands.dispatch(new Charge(), { signal: caller.signal }).catch((error: unknown) => error);
  await until(() => sent === 2);
  await quiet();
  caller.abort();
  expect(await failed).toBeInstanceOf(RemoteUnavailableException);
});
