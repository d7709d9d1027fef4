import { setTimeout as delay } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import { ClientRedis, ServerRedis } from '@nestjs/microservices';
import {
  CqrsModule,
  expose,
  Message,
  MessageContext,
  Query,
  QueryBus,
  QueryHandler,
  RemoteUnavailableException,
  route,
} from 'nestjs-cqrs';
import { microservice, microserviceServer } from 'nestjs-cqrs/microservices';
import { describeWithRedis, type Broker } from '../../support/brokers.js';
import { escaped } from '../../support/escaped-rejections.js';
import { until } from '../../support/waiting.js';

@Message({ name: 'closing.slow' })
class Slow extends Query<string> {
  constructor(readonly milliseconds = 0) {
    super();
  }
}

let running = 0;

class Handlers {
  @QueryHandler(Slow)
  async slow({ milliseconds }: Slow, { signal }: MessageContext) {
    running += 1;
    await delay(milliseconds, undefined, { signal, ref: false });
    return 'answered';
  }
}

const outcome = (error: unknown) => (error instanceof RemoteUnavailableException ? error.outcome : String(error));

/** @param listen whether the module starts the server, not Nest */
async function receiving(strategy: ServerRedis, listen: boolean) {
  const server = microserviceServer('redis', strategy, { listen });
  const imports = [CqrsModule.forRoot({ expose: [expose(Slow).on(server)] })];
  const module = { module: class Receiving {}, imports, providers: [Handlers] };
  if (listen) return NestFactory.createApplicationContext(module, { logger: false });
  const microservice = await NestFactory.createMicroservice(module, { strategy, logger: false });
  await microservice.listen();
  return microservice;
}

function sending({ host, port }: Broker) {
  const client = microservice('redis', new ClientRedis({ host, port }));
  const imports = [CqrsModule.forRoot({ routes: [route(Slow).to(client)] })];
  return NestFactory.createApplicationContext({ module: class Sending {}, imports }, { logger: false });
}

describeWithRedis('A server that closes right after an answer, while Redis confirms an earlier reply', broker => {
  it.each([true, false])(
    'has sent the answer (listen: %s)',
    async listen => {
      const strategy = new ServerRedis({ host: broker.host, port: broker.port });
      const receiver = await receiving(strategy, listen);
      const [publisher] = strategy.unwrap<[{ publish(...given: unknown[]): Promise<unknown> }]>();
      const publish = publisher.publish.bind(publisher);
      publisher.publish = async (...given) => {
        const told = await publish(...given);
        await delay(200);
        return told;
      };
      const sender = await sending(broker);
      const before = running;
      // After 20 ms the caller is told where it can cancel: a reply before the answer.
      const answer = sender.get(QueryBus).ask(new Slow(40), { timeout: 20_000 }).catch(String);
      await until(() => running === before + 1);
      await receiver.close();
      expect(await answer).toBe('answered');
      await sender.close();
    },
    60_000,
  );
});

describeWithRedis(
  'A Redis server that is killed',
  broker => {
    it('fails the calls that wait, and ends no process; it is reached again once it is back', async () => {
      const strategy = new ServerRedis({ host: broker.host, port: broker.port, retryAttempts: 1000, retryDelay: 50 });
      const receiver = await receiving(strategy, true);
      const sender = await sending(broker);
      const queries = sender.get(QueryBus);
      const before = running;
      const waiting = Array.from({ length: 8 }, () =>
        queries.ask(new Slow(60_000), { timeout: 20_000 }).catch(outcome),
      );
      await until(() => running === before + 8);
      await broker.kill();
      const late = Array.from({ length: 8 }, () => queries.ask(new Slow(), { timeout: 1000 }).catch(outcome));
      expect(await Promise.all(waiting)).toEqual(waiting.map(() => 'unknown'));
      expect(await Promise.all(late)).not.toContain('answered');
      await broker.startAgain();
      await until(async () => (await queries.ask(new Slow(), { timeout: 500 }).catch(outcome)) === 'answered');
      expect(escaped).toEqual([]);
      await Promise.all([receiver.close(), sender.close()]);
    }, 60_000);
  },
  { restarts: true },
);
