import { setImmediate as soon } from 'node:timers/promises';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClsPluginTransactional, TransactionHost, getTransactionHostToken } from '@nestjs-cls/transactional';
import { ClsModule } from 'nestjs-cls';
import { Command, CommandBus, CommandHandler, CqrsModule, Event, EventBus, EventsHandler } from 'nestjs-cqrs';
import { InTransaction, Transactional, transactional } from 'nestjs-cqrs/transactional';

// Two applications of one process, both with nestjs-cls. Prints in which transactions their handlers have run.

@Transactional()
class Save extends Command<string> {
  constructor(
    readonly id: number,
    /** Run in the transaction. */
    readonly script: () => Promise<unknown> = soon,
  ) {
    super();
  }
}

class Saved extends Event {
  constructor(readonly id: number) {
    super();
  }
}

/** Transactions of nothing, that have the name of their application. */
const adapterOf = (application: string, connectionName: string | undefined) => {
  let begun = 0;
  const adapter = {
    connection: {},
    connectionName,
    optionsFactory: () => ({
      wrapWithTransaction: (_options: object, work: () => Promise<unknown>, set: (transaction: object) => void) => {
        set({ name: `${application}${++begun}` });
        return work();
      },
      getFallbackInstance: () => ({ name: 'none' }),
    }),
  };
  return new ClsPluginTransactional({ adapter, ...(connectionName !== undefined && { connectionName }) });
};

async function application(name: string, connectionName?: string) {
  const log: string[] = [];

  @Injectable()
  class Handlers {
    constructor(private readonly events: EventBus) {}

    private say(what: string): void {
      const host = app.get<TransactionHost>(getTransactionHostToken(connectionName), { strict: false });
      log.push(`${(host.tx as { name: string }).name} ${what}`);
    }

    @CommandHandler(Save)
    async save({ id, script }: Save) {
      this.say('saves');
      await script();
      await this.events.publish(new Saved(id));
      this.say('has saved');
      return name;
    }

    @EventsHandler(Saved)
    @InTransaction()
    check() {
      this.say('checks');
    }

    @EventsHandler(Saved)
    after() {
      this.say('after');
    }
  }

  const unitOfWork = transactional(connectionName === undefined ? {} : { connectionName });

  @Module({
    imports: [
      ClsModule.forRoot({ global: true, plugins: [adapterOf(name, connectionName)] }),
      CqrsModule.forRoot({ unitOfWork }),
    ],
    providers: [Handlers],
  })
  class AppModule {}
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
  return { commands: app.get(CommandBus), log };
}

const [a, b, named] = [await application('a'), await application('b'), await application('n', 'other')];
const many = ({ commands }: typeof a) => Array.from({ length: 20 }, (_, id) => commands.execute(new Save(id)));
const results = await Promise.all([...many(a), ...many(b), ...many(named)]);
const side = { a: [...a.log], b: [...b.log], n: [...named.log] };
const within = (other: typeof a) =>
  a.commands
    .execute(new Save(1, () => other.commands.execute(new Save(2))))
    .then(String, (error: unknown) => String(error));
const counts = () => [a.log.length, b.log.length, named.log.length];
const before = counts();
const nested = { same: await within(b), named: await within(named) };
const after = counts().map((count, i) => count - before[i]!);
process.stdout.write(JSON.stringify({ results, side, nested, after }), () => process.exit());
