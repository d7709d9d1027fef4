import { jest } from '@jest/globals';
import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import PgBoss from 'pg-boss-10';
import {
  Command,
  CommandBus,
  CommandHandler,
  CQRS_MODULE_OPTIONS,
  CqrsModule,
  DeadLetters,
  Durable,
  expose,
  Message,
  Queues,
  route,
  schedule,
  Schedules,
  type CqrsModuleOptions,
} from 'nestjs-cqrs';
import { bullmq } from 'nestjs-cqrs/bullmq';
import { pgBoss } from 'nestjs-cqrs/pg-boss';
import { MemoryRemote, MemoryTransport, testApp } from 'nestjs-cqrs/testing';
import { start } from '../../support/application.js';
import { describeWithRedis } from '../../support/brokers.js';
import { newSchema } from '../../support/pg-bosses.js';
import { describeWithPostgres } from '../../support/postgres.js';
import { quietLog } from '../../support/quiet-log.js';
import { until } from '../../support/waiting.js';
import {
  Bookkeeping,
  BuildReport,
  BuildReportHandler,
  Ledger,
  Mailbox,
  OrderPlaced,
  Reminders,
  SendMail,
  SendMailHandler,
} from './durable/mails.js';

const HOUR = 3_600_000;

beforeEach(() => {
  jest.spyOn(console, 'log').mockImplementation(() => undefined);
  jest.spyOn(console, 'table').mockImplementation(() => undefined);
});

describeWithPostgres('the three steps, on PostgreSQL', postgres => {
  let app: INestApplicationContext | undefined;
  afterEach(() => app?.close());

  it('store a command, and handle it', async () => {
    const connectionString = postgres.url;
    const schema = newSchema();
    // #region module
    const boss = new PgBoss({ connectionString, schema });

    @Module({
      imports: [CqrsModule.forRoot({ durable: { transport: pgBoss(boss) } })],
      providers: [SendMailHandler, Mailbox],
    })
    class MailModule {}
    // #endregion
    app = await NestFactory.createApplicationContext(MailModule, { logger: false });
    const commands = app.get(CommandBus);
    // #region enqueue
    const receipt = await commands.enqueue(new SendMail('ada@example.org', 'order-1'));
    // #endregion
    expect(receipt).toMatchObject({ queue: 'mail.send', transport: 'pg-boss', isDuplicate: false });
    const { sent } = app.get(Mailbox);
    await until(() => sent.size === 1);
    expect(sent.get(receipt.id)).toBe('ada@example.org');
  });
});

describeWithRedis('the same on Redis', redis => {
  it('stores a command, and handles it', async () => {
    const { host, port } = redis;
    // #region bullmq
    const transport = bullmq({ host, port });
    // #endregion
    const { commands, app } = await start({
      imports: [CqrsModule.forRoot({ durable: { transport } })],
      providers: [SendMailHandler, Mailbox],
    });
    await commands.enqueue(new SendMail('ada@example.org', 'order-1'));
    await until(() => app.get(Mailbox).sent.size === 1);
    expect([...app.get(Mailbox).sent.values()]).toEqual(['ada@example.org']);
  });
});

const mails = async (transport = new MemoryTransport({ start: new Date('2026-03-01T00:00:00Z') })) => {
  const application = await start({
    imports: [CqrsModule.forRoot({ durable: { transport } })],
    providers: [SendMailHandler, Mailbox, Bookkeeping, Ledger, Reminders, BuildReportHandler],
  });
  const { app } = application;
  return { ...application, transport, sent: app.get(Mailbox).sent, lines: app.get(Ledger).lines };
};

describe('enqueue', () => {
  it('takes a delay, an id, and policies of the call', async () => {
    const { commands, transport, sent } = await mails();
    const orderId = 'order-1';
    // #region options
    await commands.enqueue(new SendMail('ada@example.org', orderId), {
      delay: 60_000, // or at: new Date('2026-12-24T18:00:00Z')
      messageId: `confirm-${orderId}`, // a second one with this id is not stored
      retry: { limit: 3 }, // over that of the class
    });
    // #endregion
    await transport.clock.advance(59_999);
    expect(sent.size).toBe(0);
    await transport.clock.advance(1);
    expect([...sent]).toEqual([['confirm-order-1', 'ada@example.org']]);
  });

  it('stores a list in one step', async () => {
    const { commands, transport, sent } = await mails();
    const customers = ['ada@example.org', 'bo@example.org'];
    // #region enqueue-all
    const receipts = await commands.enqueueAll(customers.map(to => new SendMail(to, 'newsletter')));
    // #endregion
    await transport.settled();
    expect([receipts.length, sent.size]).toEqual([2, 2]);
  });
});

describe('a durable event handler', () => {
  it('gets the event later', async () => {
    const { events, transport, lines } = await mails();
    await events.publish(new OrderPlaced('order-1', 'ada@example.org'));
    expect(lines).toEqual([]);
    await transport.settled();
    expect(lines).toEqual(['order-1, attempt 1 of 21']);
  });

  it('does not keep a saga from sending a reminder days later', async () => {
    const { events, transport, sent } = await mails();
    await events.publish(new OrderPlaced('order-1', 'ada@example.org'));
    await transport.clock.advance(72 * HOUR);
    expect([...sent.values()]).toEqual(['ada@example.org']);
  });
});

describe('dead letters', () => {
  it('are listed, tried again and thrown away', async () => {
    quietLog();
    const { commands, transport, sent, app } = await mails();
    await commands.enqueue(new SendMail('no address', 'order-1'), { messageId: 'm-1' });
    await commands.enqueue(new SendMail('also none', 'order-2'), { messageId: 'm-2' });
    await transport.settled();
    const deadLetters = app.get(DeadLetters);
    // #region dead-letters
    for (const { id, reason, attempts, message } of await deadLetters.list({ queue: 'mail.send' }))
      console.table({ id, why: reason?.message, attempts, message });

    await deadLetters.redrive({ queue: 'mail.send', ids: ['m-1'] }); // without ids: all of the queue
    await deadLetters.discard({ queue: 'mail.send', ids: ['m-2'] }); // all: true deletes all of the queue
    // #endregion
    await transport.settled();
    expect((await deadLetters.list()).map(({ id }) => id)).toEqual(['m-1']);
    expect(sent.size).toBe(0);
  });
});

describe('queues', () => {
  it('tell how they are doing', async () => {
    const { commands, app } = await mails();
    await commands.enqueue(new SendMail('ada@example.org', 'order-1'), { delay: HOUR });
    const queues = app.get(Queues);
    // #region queues
    for (const { queue, ready, delayed, active, dead, oldest } of await queues.list())
      console.log(queue, { ready, delayed, active, dead, oldest });
    // #endregion
    expect(await queues.get('mail.send')).toMatchObject({ delayed: 1, ready: 0, dead: 0 });
  });
});

describe('keys', () => {
  it('keep the order of one account', async () => {
    const booked: string[] = [];
    // #region key
    @Durable({ key: (command: Book) => command.account })
    @Message({ name: 'account.book' })
    class Book extends Command {
      constructor(
        readonly account: string,
        readonly cents: number,
      ) {
        super();
      }
    }
    // #endregion
    class Accounts {
      @CommandHandler(Book)
      book({ account, cents }: Book): void {
        booked.push(`${account} ${cents}`);
      }
    }
    const transport = new MemoryTransport();
    const { commands } = await start({
      imports: [CqrsModule.forRoot({ durable: { transport } })],
      providers: [Accounts],
    });
    await commands.enqueueAll([new Book('a', 1), new Book('a', 2), new Book('b', 3)]);
    await transport.settled();
    expect(booked.filter(line => line.startsWith('a'))).toEqual(['a 1', 'a 2']);
    expect(booked).toHaveLength(3);
  });
});

describe('schedules', () => {
  it('store a command each night', async () => {
    const transport = new MemoryTransport({ start: new Date('2026-06-01T00:00:00Z') });
    // #region schedule
    const nightly = schedule('nightly-report', new BuildReport(), {
      cron: '0 3 * * *',
      timeZone: 'Europe/Berlin',
    });

    @Module({
      imports: [CqrsModule.forRoot({ durable: { transport, schedules: [nightly] } })],
      providers: [BuildReportHandler, Ledger],
    })
    class ReportModule {}
    // #endregion
    const { app } = await start({ imports: [ReportModule] });
    await transport.clock.advance(HOUR);
    expect(app.get(Ledger, { strict: false }).lines).toEqual(['report']);
    expect(await app.get(Schedules).list()).toMatchObject([{ name: 'nightly-report', isDeclared: true }]);
  });
});

describe('two processes', () => {
  it('share the work: one stores, the other handles', async () => {
    const transport = new MemoryTransport();
    // #region store-only
    const web = CqrsModule.forRoot({
      durable: { transport, elsewhere: ['mail.*'] }, // another process has the handlers
    });
    // #endregion
    // #region work-false
    const sameModules = CqrsModule.forRoot({
      durable: { transport, work: false }, // the handlers are here, and another process runs them
    });
    // #endregion
    const { commands } = await start({ imports: [web] });
    const worker = await start({
      imports: [CqrsModule.forRoot({ durable: { transport: transport.another() } })],
      providers: [SendMailHandler, Mailbox],
    });
    await commands.enqueue(new SendMail('ada@example.org', 'order-1'));
    await transport.settled();
    expect(worker.app.get(Mailbox).sent.size).toBe(1);
    expect(sameModules.module).toBe(CqrsModule);
  });

  it('get an event across, however often the other one is away', async () => {
    const remote = new MemoryRemote('billing');
    const payments = remote.transport();
    const transport = new MemoryTransport();
    // #region relay
    const shop = CqrsModule.forRoot({
      routes: [route(OrderPlaced).to(payments, { durable: true })],
      durable: { transport },
    });
    // #endregion
    const stored = new MemoryTransport();
    const { events } = await start({ imports: [shop] });
    const other = await start({
      imports: [
        CqrsModule.forRoot({ expose: [expose(OrderPlaced).on(remote.server())], durable: { transport: stored } }),
      ],
      providers: [Bookkeeping, Ledger],
    });
    await events.publish(new OrderPlaced('order-1', 'ada@example.org'));
    await transport.settled();
    await stored.settled();
    expect(other.app.get(Ledger).lines).toEqual(['order-1, attempt 1 of 21']);
  });
});

describe('a test', () => {
  it('lets time pass', async () => {
    quietLog();
    // #region test
    const transport = new MemoryTransport();
    await using app = await testApp({
      imports: [CqrsModule.forRoot({ durable: { transport } })],
      providers: [SendMailHandler, Mailbox],
    });

    await app.get(CommandBus).enqueue(new SendMail('offline@example.org', 'order-1'));
    await transport.settled(); // the first attempt has failed
    await transport.clock.advance(24 * 3_600_000); // so have the others

    const [letter] = await app.get(DeadLetters).list();
    expect(letter).toMatchObject({ attempts: 11, reason: { message: 'the mail server is away' } });
    // #endregion
  });

  it('replaces the engine of the real module', async () => {
    const connectionString = 'postgres://db.internal/shop';
    // #region app-module
    const cqrsOptions: CqrsModuleOptions = {
      shutdown: { timeout: 20_000 },
      durable: { transport: pgBoss(new PgBoss(connectionString)), concurrency: 4 },
    };

    @Module({
      imports: [CqrsModule.forRoot(cqrsOptions)],
      providers: [SendMailHandler, Mailbox],
    })
    class AppModule {}
    // #endregion
    // #region override-engine
    const transport = new MemoryTransport();
    await using app = await testApp({
      imports: [AppModule],
      overrides: [[CQRS_MODULE_OPTIONS, { ...cqrsOptions, durable: { ...cqrsOptions.durable, transport } }]],
    });

    await app.get(CommandBus).enqueue(new SendMail('ada@example.org', 'order-1'));
    await transport.settled();
    // #endregion
    expect([...app.get(Mailbox).sent.values()]).toEqual(['ada@example.org']);
  });
});

describe('options of an engine', () => {
  it('are given with it', () => {
    const [connectionString, host, port] = ['postgres://db.internal/shop', 'redis.internal', 6379];
    // #region engine-options
    const boss = new PgBoss({ connectionString, schema: 'boss', max: 10 });
    const onPostgres = pgBoss(boss, { lease: 120_000 }); // no handler runs for two minutes

    const onRedis = bullmq({ host, port }, { keep: { age: 7 * 86_400_000, count: 1_000_000 } });
    // #endregion
    expect([onPostgres.engine, onRedis.engine]).toEqual(['pg-boss', 'bullmq']);
  });

  it('prepare statements where they are asked to', () => {
    const boss = new PgBoss({ connectionString: 'postgres://db.internal/shop' });
    // #region prepare
    const transport = pgBoss(boss, { prepare: true });
    // #endregion
    expect(transport.engine).toBe('pg-boss');
  });
});

describe('a name that changes', () => {
  it('leaves messages in the queue of the old one, which an alias works', async () => {
    const transport = new MemoryTransport();
    const old = await mails(transport);
    await old.commands.enqueue(new SendMail('ada@example.org', 'order-1'), { delay: 1000 });
    await old.app.close();
    const sent: string[] = [];
    // #region alias
    @Durable({ retry: { limit: 10, delay: 2_000 } })
    @Message({ name: 'mail.deliver', aliases: ['mail.send'] })
    class DeliverMail extends Command {
      constructor(
        readonly to: string,
        readonly orderId: string,
      ) {
        super();
      }
    }
    // #endregion
    class Deliverer {
      @CommandHandler(DeliverMail)
      deliver({ to }: DeliverMail): void {
        sent.push(to);
      }
    }
    await start({
      imports: [CqrsModule.forRoot({ durable: { transport: transport.another() } })],
      providers: [Deliverer],
    });
    await transport.clock.advance(1000);
    expect(sent).toEqual(['ada@example.org']);
  });
});
