import { Injectable } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import { pgBoss } from 'nestjs-cqrs/pg-boss';
import { Command, CommandHandler, CqrsModule, Durable, Message, Queues } from '../../../lib/index.js';
import { start } from '../../support/application.js';
import { escaped } from '../../support/escaped-rejections.js';
import { newSchema, pgBosses } from '../../support/pg-bosses.js';
import { describeWithPostgres } from '../../support/postgres.js';
import { until } from '../../support/waiting.js';
import { DONE, eventually, jobOf, queueOf, retries } from './durable-runs.js';

@Durable()
@Message({ name: 'stall.count' })
class Count extends Command {
  constructor(readonly n: number) {
    super();
  }
}

const handled: number[] = [];

@Injectable()
class Counter {
  @CommandHandler(Count)
  async count({ n }: Count): Promise<void> {
    await pause(2);
    handled.push(n);
  }
}

const upTo = (count: number, from = 0): number[] => Array.from({ length: count }, (_, i) => from + i);

describe.each(pgBosses)('where PostgreSQL stands still for a while, $title', ({ make }) => {
  describeWithPostgres(
    'and goes on',
    postgres => {
      beforeEach(() => void (handled.length = 0));
      afterEach(() => postgres.goOn());

      it('loses no message, handles each once, and lets a caller leave who said how long to wait', async () => {
        const transport = pgBoss(make(postgres.url, newSchema()), { lease: 60_000, poll: 50 });
        const { commands, app, log } = await start({
          imports: [CqrsModule.forRoot({ durable: { transport } })],
          providers: [Counter],
        });
        const enqueue = (n: number, signal?: AbortSignal) =>
          commands.enqueue(new Count(n), { messageId: `count ${n}`, signal });
        await commands.enqueueAll(upTo(100).map(n => new Count(n)));
        await until(() => handled.length > 20);

        postgres.standStill();
        const patient = upTo(5, 100).map(n => enqueue(n));
        const impatient = upTo(20, 105);
        const refused = await Promise.allSettled(impatient.map(n => enqueue(n, AbortSignal.timeout(200))));
        expect(refused.map(answer => answer.status === 'rejected' && (answer.reason as Error).name)).toEqual(
          impatient.map(() => 'TimeoutError'),
        );
        await pause(1000);
        postgres.goOn();

        const receipts = await Promise.all(patient);
        expect(receipts.map(({ isDuplicate }) => isDuplicate)).toEqual(patient.map(() => false));
        // What they had sent was stored; what is sent again is a duplicate, if it was.
        await Promise.all(impatient.map(n => enqueue(n)));
        await until(() => handled.length >= 125);
        await eventually(
          () => app.get(Queues).get('stall.count'),
          ({ ready, delayed, active }) => ready + delayed + active === 0,
        );
        expect(handled.toSorted((a, b) => a - b)).toEqual(upTo(125));
        expect(log.errors).toEqual([]);
        expect(escaped).toEqual([]);
      }, 60_000);

      it('hands out no message whose lease has ended before the answer has come', async () => {
        const queues = upTo(12).map(() => queueOf());
        const transport = pgBoss(make(postgres.url, newSchema()), { lease: 1000, poll: 50 });
        await transport.open(queues, () => undefined);
        const runs: { attempt: number; isAborted: boolean }[] = [];
        for (const queue of queues)
          await transport.work(queue, async ({ attempt, signal }) => {
            await pause(20);
            runs.push({ attempt, isAborted: signal.aborted });
            return DONE;
          });
        // Due while the server stands still: fetches that it has been sent take them when it goes on.
        await transport.store(queues.map(queue => jobOf(queue, { delay: 500, retry: retries(3) })));
        postgres.standStill();
        await pause(1500);
        postgres.goOn();
        await until(() => runs.length === queues.length);
        await transport.stopIntake();
        await transport.close();
        expect(runs).toEqual(queues.map(() => ({ attempt: 1, isAborted: false })));
        expect(escaped).toEqual([]);
      }, 60_000);

      it.each([
        [{}, { keepAlive: true, keepAliveInitialDelayMillis: 10_000, connectionTimeoutMillis: 10_000 }],
        [
          { keepAlive: false, connectionTimeoutMillis: 500 },
          { keepAlive: false, connectionTimeoutMillis: 500 },
        ],
      ])(
        'ends connections whose other end is gone, unless the boss says otherwise: %j',
        async (said, expected) => {
          const boss = make(postgres.url, newSchema());
          const { config } = boss.getDb() as unknown as { config: object };
          // As `new PgBoss({ … })` would have it.
          Object.assign(config, said);
          const transport = pgBoss(boss);
          await transport.open([], () => undefined);
          await transport.close();
          expect(config).toMatchObject(expected);
        },
        60_000,
      );
    },
    { restarts: true },
  );
});
