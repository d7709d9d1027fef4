import { jest } from '@jest/globals';
import type { DurableTransport } from 'nestjs-cqrs/extension';
import { bullmq } from 'nestjs-cqrs/bullmq';
import { pgBoss } from 'nestjs-cqrs/pg-boss';
import { describeWithRedis } from '../../support/brokers.js';
import { newSchema, pgBosses } from '../../support/pg-bosses.js';
import { describeWithPostgres } from '../../support/postgres.js';
import { loadsTypeScript } from '../../support/loads-typescript.js';
import { TemporaryProject } from '../../unit/cli/temporary-project.js';
import { dead, DONE, eventually, jobOf, queueOf, working } from '../durable/durable-runs.js';

jest.setTimeout(60_000);

const project = new TemporaryProject().withPackages();
loadsTypeScript();
afterAll(() => project[Symbol.dispose]());

/** Two kinds of durable messages over an engine. A handler that is called ends the process. */
const application = (imports: string, transport: string) => `
import { Module } from '@nestjs/common';
import { Command, CommandHandler, CqrsModule, Durable, Message } from 'nestjs-cqrs';
${imports}

@Durable() @Message({ name: 'bills.send' }) class SendBill extends Command {}
@Durable() @Message({ name: 'mails.send' }) class SendMail extends Command {}
@CommandHandler(SendBill) class SendBillHandler { execute() { process.exit(7); } }
@CommandHandler(SendMail) class SendMailHandler { execute() { process.exit(7); } }

@Module({
  imports: [CqrsModule.forRoot({ durable: { transport: ${transport} } })],
  providers: [SendBillHandler, SendMailHandler],
})
export class AppModule {}
`;

const bills = { ...queueOf(), name: 'bills.send' };
const mails = { ...queueOf(), name: 'mails.send' };

/** As other processes leave the queues: 2 bills wait and 1 is for later; 1 mail was sent and 1 is dead. */
async function fill(transport: DurableTransport): Promise<void> {
  try {
    await transport.open([bills, mails], (problem, error) => {
      throw new Error(problem, { cause: error });
    });
    await transport.store([jobOf(bills), jobOf(bills), jobOf(bills, { delay: 3_600_000 })]);
    await transport.store([jobOf(mails, { id: 'sent' }), jobOf(mails, { id: 'dead' })]);
    await working(transport, mails, ({ id }) => (id === 'sent' ? DONE : dead()));
    await eventually(
      () => transport.inspect(mails.name),
      ({ dead, handledLastMinute }) => dead === 1 && handledLastMinute !== 0,
    );
  } finally {
    await transport.close();
  }
}

let files = 0;

/** A file is loaded once by a process. */
const write = (text: string): string => {
  const file = `app${(files += 1)}.ts`;
  project.write(file, text);
  return file;
};

/** Two looks: the first takes nothing. The age of the oldest is of no matter. */
async function looksAt(text: string) {
  const file = write(text);
  const table = await project.run('queues', file);
  const { output, ...ended } = await project.run('queues', file, '--format', 'json');
  const json = JSON.parse(output) as unknown;
  return [
    { ...table, output: table.output.replace(/ \d+ s  /, ' 0 s  ') },
    { ...ended, json },
  ];
}

const SHOWN = [
  {
    code: 0,
    errors: '',
    output: [
      'queue       ready  later  active  dead  oldest  per minute',
      'bills.send      2      1       0     0     0 s           0',
      'mails.send      0      0       0     1                   1',
    ].join('\n'),
  },
  {
    code: 0,
    errors: '',
    json: [
      expect.objectContaining({ queue: 'bills.send', ready: 2, delayed: 1, oldest: expect.stringMatching(/Z$/) }),
      expect.objectContaining({ queue: 'mails.send', ready: 0, dead: 1, handledLastMinute: 1 }),
    ],
  },
];

const unreachable = { code: 1, output: '', errors: expect.stringContaining('ECONNREFUSED') };

describe.each(pgBosses)('nestjs-cqrs queues over $title', ({ major, make }) => {
  const engine = major === 10 ? `import PgBoss from 'pg-boss-10';` : `import { PgBoss } from 'pg-boss';`;
  const appOf = (url: string, schema: string) =>
    application(
      `${engine} import { pgBoss } from 'nestjs-cqrs/pg-boss';`,
      `pgBoss(new PgBoss({ connectionString: '${url}', schema: '${schema}', max: 5 }))`,
    );

  describeWithPostgres('on PostgreSQL', postgres => {
    it('shows what is there, and takes nothing', async () => {
      const schema = newSchema();
      await fill(pgBoss(make(postgres.url, schema), { poll: 100 }));
      expect(await looksAt(appOf(postgres.url, schema))).toEqual(SHOWN);
    });
  });

  it('says what is missing where there is no server', async () => {
    expect(await project.run('queues', write(appOf('postgres://127.0.0.1:1/none', newSchema())))).toEqual(unreachable);
  });
});

describe('nestjs-cqrs queues over BullMQ', () => {
  const prefix = newSchema();
  const appOf = (host: string, port: number) =>
    application(
      `import { bullmq } from 'nestjs-cqrs/bullmq';`,
      `bullmq({ host: '${host}', port: ${port} }, { prefix: '${prefix}' })`,
    );

  describeWithRedis('on Redis', broker => {
    it('shows what is there, and takes nothing', async () => {
      await fill(bullmq({ host: broker.host, port: broker.port }, { prefix }));
      expect(await looksAt(appOf(broker.host, broker.port))).toEqual(SHOWN);
    });
  });

  it('says what is missing where there is no server', async () => {
    expect(await project.run('queues', write(appOf('127.0.0.1', 1)))).toEqual(unreachable);
  });
});
