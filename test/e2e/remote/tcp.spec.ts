import { Injectable, ConflictException } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientTCP, ServerTCP } from '@nestjs/microservices';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  expose,
  header,
  Message,
  MessageContext,
  Query,
  QueryBus,
  QueryHandler,
  RemoteException,
  RemoteUnavailableException,
  route,
  StreamQuery,
  type CqrsModuleOptions,
} from 'nestjs-cqrs';
import { microservice, microserviceServer } from 'nestjs-cqrs/microservices';
import { freePort } from '../../support/broker-process.js';

@Message({ name: 'billing.charge' })
class Charge extends Command<{ at: Date; seen: object }> {
  constructor(
    readonly account: string,
    readonly amount: bigint,
  ) {
    super();
  }
}

@Message({ name: 'billing.rows' })
class Rows extends StreamQuery<number> {
  constructor(readonly count: number) {
    super();
  }
}

@Message({ name: 'billing.declined' })
class Declined extends Error {
  constructor(readonly since: Date) {
    super('declined');
  }
}

@Message({ name: 'billing.fail' })
class Fail extends Query<void> {
  constructor(readonly how: string) {
    super();
  }
}

const tenant = header<string>('tenant');
let produced = 0;

@Injectable()
class Billing {
  @CommandHandler(Charge)
  async charge(command: Charge, context: MessageContext) {
    return {
      at: new Date(5),
      seen: {
        isCharge: command instanceof Charge,
        amount: command.amount,
        tenant: context.header(tenant),
        correlationId: context.correlationId,
        id: context.messageId,
      },
    };
  }

  @QueryHandler(Rows)
  async *rows({ count }: Rows) {
    for (let i = 0; i < count; i++) {
      produced += 1;
      yield i;
    }
  }

  @QueryHandler(Fail)
  fail({ how }: Fail): void {
    if (how === 'listed') throw new Declined(new Date(7));
    if (how === 'nest') throw new ConflictException('taken');
    throw new RangeError('odd');
  }
}

const application = async (options: CqrsModuleOptions, providers: never[] = []) => {
  class AppModule {}
  return NestFactory.createApplicationContext(
    { module: AppModule, imports: [CqrsModule.forRoot(options)], providers },
    { logger: ['error', 'warn'] },
  );
};

describe('messages over TCP', () => {
  let close: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const each of close.splice(0)) await each();
  });

  async function both() {
    const port = await freePort();
    const address = { host: '127.0.0.1', port };
    const server = await application(
      {
        expose: [expose(Charge, Rows, Fail).on(microserviceServer('billing', new ServerTCP(address)))],
        messages: [Declined],
      },
      [Billing as never],
    );
    const sender = await application({
      routes: [route('billing.*').to(microservice('billing', new ClientTCP(address)))],
      messages: [Declined],
    });
    close = [() => sender.close(), () => server.close()];
    return { server, sender, commands: sender.get(CommandBus), queries: sender.get(QueryBus) };
  }

  it('sends a command, and returns its result', async () => {
    const { commands } = await both();
    const result = await commands.execute(new Charge('a', 5n), {
      headers: tenant.of('acme'),
      correlationId: 'c-1',
      messageId: 'm-1',
    });
    expect(result).toEqual({
      at: new Date(5),
      seen: { isCharge: true, amount: 5n, tenant: 'acme', correlationId: 'c-1', id: 'm-1' },
    });
  });

  it('reads rows', async () => {
    const { queries } = await both();
    const rows: number[] = [];
    for await (const row of queries.stream(new Rows(500))) rows.push(row);
    expect(rows).toEqual(Array.from({ length: 500 }, (_, i) => i));
  });

  it('slows the source down, and ends it', async () => {
    produced = 0;
    const { queries } = await both();
    for await (const row of queries.stream(new Rows(100_000))) if (row === 10) break;
    expect(produced).toBeLessThan(200);
  });

  it('revives errors', async () => {
    const { queries } = await both();
    const failure = (how: string) => queries.ask(new Fail(how)).catch((error: unknown) => error);
    const listed = (await failure('listed')) as Declined;
    expect(listed).toBeInstanceOf(Declined);
    expect(listed.since).toEqual(new Date(7));
    expect(listed.message).toBe('declined');
    expect(listed.stack).toContain('declined');
    expect(await failure('nest')).toBeInstanceOf(ConflictException);
    expect(await failure('odd')).toBeInstanceOf(RemoteException);
    expect(await failure('odd')).toMatchObject({ remote: { name: 'RangeError', message: 'odd' } });
  });

  it('tells that nobody listens', async () => {
    const { commands, server } = await both();
    await commands.execute(new Charge('a', 5n));
    await server.close();
    const outcomes: unknown[] = [];
    // The first request may be written before the client learns that the connection is closed.
    while (outcomes.at(-1) !== 'not-handled' && outcomes.length < 3)
      await commands
        .execute(new Charge('a', 5n))
        .catch((error: unknown) => outcomes.push(error instanceof RemoteUnavailableException && error.outcome));
    expect(outcomes.at(-1)).toBe('not-handled');
  });
});
