import { ClientTCP, ServerTCP } from '@nestjs/microservices';
import { setTimeout as pause } from 'node:timers/promises';
import { pgBoss } from 'nestjs-cqrs/pg-boss';
import { microservice, microserviceServer } from 'nestjs-cqrs/microservices';
import {
  CqrsModule,
  DeadLetters,
  Durable,
  Event,
  EventsHandler,
  expose,
  Message,
  MessageContext,
  Queues,
  route,
} from '../../../lib/index.js';
import { start } from '../../support/application.js';
import { freePort } from '../../support/broker-process.js';
import { escaped } from '../../support/escaped-rejections.js';
import { newSchema, pgBosses } from '../../support/pg-bosses.js';
import { describeWithPostgres } from '../../support/postgres.js';
import { until } from '../../support/waiting.js';
import { eventually } from './durable-runs.js';

@Message({ name: 'relay.ordered' })
class Ordered extends Event {}

const paid: string[] = [];

class Payments {
  @EventsHandler(Ordered)
  @Durable('payments')
  pay(_: Ordered, { messageId }: MessageContext): void {
    paid.push(messageId);
  }
}

const LEASE = 1000;
const QUEUE = 'relay.payments';

describe.each(pgBosses)('a durable route over TCP, with $title at both ends', ({ make }) => {
  describeWithPostgres(
    'with a database of the sender',
    own => {
      describeWithPostgres(
        'and one of the receiver',
        other => {
          it('loses no event where the receiver or a database is away, and stores none twice', async () => {
            const at = { host: '127.0.0.1', port: await freePort() };
            const schema = newSchema();
            const sender = await start({
              imports: [
                CqrsModule.forRoot({
                  routes: [route(Ordered).to(microservice('payments', new ClientTCP(at)), { durable: true })],
                  durable: { transport: pgBoss(make(own.url, schema), { lease: LEASE, poll: 100 }) },
                }),
              ],
            });
            const publish = (messageId: string) => sender.events.publish(new Ordered(), { messageId });
            const numbers = () => sender.app.get(Queues).get(QUEUE);

            // The receiver is away.
            await publish('e-1');
            await eventually(numbers, ({ delayed }) => delayed === 1);

            const transport = pgBoss(make(other.url, schema), { poll: 100 });
            const store = transport.store.bind(transport);
            const stored: string[] = [];
            transport.store = async (jobs, transaction) => {
              const receipts = await store(jobs, transaction);
              stored.push(...jobs.map(({ id }) => id));
              // Stored, and the sender cannot note that it is.
              if (jobs[0]!.id === 'e-3' && stored.filter(id => id === 'e-3').length === 1) await own.kill();
              return receipts;
            };
            await start({
              imports: [
                CqrsModule.forRoot({
                  expose: [expose(Ordered).on(microserviceServer('payments', new ServerTCP(at)))],
                  durable: { transport },
                }),
              ],
              providers: [Payments],
            });
            await until(() => paid.length === 1);

            // The receiver answers with errors.
            await other.kill();
            await publish('e-2');
            await eventually(numbers, ({ delayed }) => delayed === 1);
            await other.startAgain();
            await until(() => paid.length === 2);

            // The database of the sender is away, for longer than the lease of what it was sending.
            await publish('e-3');
            await until(() => stored.includes('e-3'));
            await eventually(
              () => publish('e-4').catch((error: { code?: string }) => error.code),
              code => code === 'CQRS_NOT_STORED',
            );
            await pause(LEASE);
            await own.startAgain();
            await eventually(
              () => publish('e-4').catch(() => 'again'),
              answer => answer !== 'again',
            );
            await eventually(numbers, ({ ready, delayed, active }) => ready + delayed + active === 0);
            await until(() => paid.length === 4);

            expect(stored.filter(id => id === 'e-3')).toHaveLength(2);
            expect(paid.toSorted()).toEqual(['e-1', 'e-2', 'e-3', 'e-4']);
            expect(await sender.app.get(DeadLetters).list()).toEqual([]);
            expect(escaped).toEqual([]);
          }, 120_000);
        },
        { restarts: true },
      );
    },
    { restarts: true },
  );
  beforeEach(() => void (paid.length = 0));
});
