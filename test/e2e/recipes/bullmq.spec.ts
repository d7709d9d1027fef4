import { randomUUID } from 'node:crypto';
import { Injectable, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { BullModule, getQueueToken, InjectQueue, Processor, WorkerHost } from '@nestjs/bullmq';
import { type Job, type JobsOptions, Queue, UnrecoverableError } from 'bullmq';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  EnvelopeException,
  type Headers,
  Message,
  MessageCatalog,
  type MessageContext,
  MessageValidationException,
  Validate,
} from 'nestjs-cqrs';
import { z } from 'zod';
import { RecordedLog } from '../../support/application.js';
import { describeWithRedis } from '../../support/brokers.js';
import { pending, until } from '../../support/waiting.js';

// #region message
@Message({ name: 'shop.receipt.send', version: 1 })
@Validate(z.object({ orderId: z.string().min(1), paidAt: z.date() }))
class SendReceipt extends Command {
  constructor(
    readonly orderId: string,
    readonly paidAt: Date,
  ) {
    super();
  }
}
// #endregion

class Pay extends Command {
  constructor(readonly orderId: string) {
    super();
  }
}

class PayLater extends Pay {}

// #region add
@Injectable()
class ShopQueue {
  constructor(
    @InjectQueue('shop') private readonly queue: Queue,
    private readonly catalog: MessageCatalog,
  ) {}

  /** Has a worker run the command, as an effect of the message that is being handled. */
  async add(command: Command, cause: MessageContext, options?: JobsOptions): Promise<void> {
    const id = randomUUID();
    const { correlationId, messageId, headers } = cause;
    const envelope = this.catalog.envelope(command, { id, correlationId, causationId: messageId, headers });
    await this.queue.add(envelope.meta.name, envelope.toJSON(), { jobId: id, attempts: 3, ...options });
  }
}

@Injectable()
class Payments {
  constructor(private readonly shop: ShopQueue) {}

  @CommandHandler(Pay)
  async pay({ orderId }: Pay, context: MessageContext) {
    await this.shop.add(new SendReceipt(orderId, new Date()), context);
  }
}
// #endregion

// #region process
@Processor('shop')
class ShopProcessor extends WorkerHost {
  constructor(
    private readonly commands: CommandBus,
    private readonly catalog: MessageCatalog,
  ) {
    super();
  }

  async process(job: Job): Promise<unknown> {
    try {
      const { payload, dispatchOptions } = this.catalog.fromJSON(job.data);
      return await this.commands.execute(payload, dispatchOptions);
    } catch (error) {
      // No further attempt makes these right.
      const isHopeless = error instanceof EnvelopeException || error instanceof MessageValidationException;
      throw isHopeless ? new UnrecoverableError(error.message) : error;
    }
  }
}
// #endregion

interface Seen {
  readonly orderId: string;
  readonly isDate: boolean;
  readonly messageId: string;
  readonly correlationId: string;
  readonly causationId: string | undefined;
  readonly headers: Headers;
}
const seen: Seen[] = [];
let attempt: () => Promise<void> | void = () => undefined;

@Injectable()
class Receipts {
  constructor(private readonly shop: ShopQueue) {}

  @CommandHandler(PayLater)
  async payLater({ orderId }: PayLater, context: MessageContext) {
    await this.shop.add(new SendReceipt(orderId, new Date()), context, { delay: 3_600_000 });
  }

  @CommandHandler(SendReceipt)
  async send({ orderId, paidAt }: SendReceipt, { messageId, correlationId, causationId, headers }: MessageContext) {
    seen.push({ orderId, isDate: paidAt instanceof Date, messageId, correlationId, causationId, headers });
    await attempt();
  }
}

describeWithRedis('docs/recipes/bullmq.md', redis => {
  let app: INestApplicationContext;
  let queue: Queue;

  const start = async () => {
    const { host, port } = redis;

    // #region module
    @Module({
      imports: [
        CqrsModule.forRoot(),
        BullModule.forRoot({ connection: { host, port } }),
        BullModule.registerQueue({ name: 'shop' }),
      ],
      providers: [ShopQueue, ShopProcessor, Payments, Receipts],
    })
    class AppModule {}
    // #endregion

    app = await NestFactory.createApplicationContext(AppModule, { logger: new RecordedLog() });
    queue = app.get<Queue>(getQueueToken('shop'));
  };

  beforeEach(async () => {
    seen.length = 0;
    attempt = () => undefined;
    await start();
  });
  afterEach(() => app.close());

  const pay = (orderId: string) =>
    app
      .get(CommandBus)
      .dispatch(new Pay(orderId), { messageId: 'm1', correlationId: 'c1', headers: { tenant: 'acme' } });

  /** The jobs that have ended, as soon as there is one. */
  const ended = async (state: 'completed' | 'failed'): Promise<Job[]> => {
    let jobs: Job[] = [];
    while (jobs.length === 0) jobs = await queue.getJobs(state);
    await queue.obliterate({ force: true });
    return jobs;
  };

  it('runs a command in a worker, with correlation, cause and headers of the one that sent it', async () => {
    await pay('o1');
    const [job] = await ended('completed');
    expect(job!.name).toBe('shop.receipt.send');
    const said = { messageId: job!.id, correlationId: 'c1', causationId: 'm1', headers: { tenant: 'acme' } };
    expect(seen).toEqual([{ orderId: 'o1', isDate: true, ...said }]);
  });

  it('runs it again after a failure, with the same identifiers', async () => {
    attempt = () => {
      if (seen.length < 3) throw new Error('The mail server is away.');
    };
    await pay('o1');
    const [job] = await ended('completed');
    expect(job!.attemptsMade).toBe(3);
    expect(seen.map(({ messageId }) => messageId)).toEqual([job!.id, job!.id, job!.id]);
  });

  it.each([
    ['an invalid message', () => pay(''), /orderId/],
    [
      'a message that is not known',
      () => queue.add('x', { meta: { name: 'shop.steal' }, payload: {} }, { attempts: 3 }),
      /shop.steal/,
    ],
    ['no envelope', () => queue.add('x', { orderId: 'o1' }, { attempts: 3 }), /envelope/],
  ])('does not try %s again', async (_what, add, reason) => {
    await add();
    const [job] = await ended('failed');
    expect(job!.attemptsMade).toBe(1);
    expect(job!.failedReason).toMatch(reason);
    expect(seen).toEqual([]);
  });

  it('runs a command that is delayed, also if the application restarts meanwhile', async () => {
    await app.get(CommandBus).dispatch(new PayLater('o1'), { messageId: 'm1', correlationId: 'c1' });
    await app.close();
    await start();
    const [delayed] = await queue.getJobs('delayed');
    expect(seen).toEqual([]);
    await delayed!.promote();
    const [job] = await ended('completed');
    expect(seen).toMatchObject([{ messageId: job!.id, correlationId: 'c1', causationId: 'm1' }]);
  });

  it('ends the job that runs when the application closes', async () => {
    const mail = pending();
    attempt = () => mail.promise;
    await pay('o1');
    await until(() => seen.length === 1);
    const closed = app.close();
    mail.finish();
    await closed;
    const later = new Queue('shop', { connection: { host: redis.host, port: redis.port } });
    expect(await later.getJobCounts('completed', 'active', 'failed')).toEqual({ completed: 1, active: 0, failed: 0 });
    await later.obliterate({ force: true });
    await later.close();
  });
});
