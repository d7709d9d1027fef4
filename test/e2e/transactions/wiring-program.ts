import { Injectable, Module, type Provider } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClsPluginTransactional, Transactional as ClsTransactional, TransactionHost } from '@nestjs-cls/transactional';
import { ClsModule, UseCls } from 'nestjs-cls';
import { Command, CommandBus, CommandHandler, CqrsModule, Event, EventBus, EventsHandler } from 'nestjs-cqrs';
import { Transactional, transactional, type UnitOfWorkOptions } from 'nestjs-cqrs/transactional';

// Starts applications whose transactions are wrong, and prints what they say.

class Save extends Command<string> {}
class Saved extends Event {}

let calls = 0;

@Injectable()
class WrongImport {
  @CommandHandler(Save)
  @ClsTransactional()
  async save() {
    calls += 1;
    return 'saved';
  }
}

@Injectable()
class WithCls {
  @CommandHandler(Save)
  @Transactional()
  @(UseCls() as MethodDecorator)
  async save() {
    calls += 1;
    return 'saved';
  }
}

/** By hand, where no check at startup can see it. */
@Injectable()
class ByHand {
  constructor(
    private readonly host: TransactionHost,
    private readonly events: EventBus,
  ) {}

  @CommandHandler(Save)
  save() {
    return this.host.withTransaction(async () => {
      await this.events.publish(new Saved());
      return 'saved';
    });
  }

  @EventsHandler(Saved)
  saved() {
    calls += 1;
  }
}

/** Transactions of nothing. */
const adapter = {
  connection: {},
  optionsFactory: () => ({
    wrapWithTransaction: (_options: object, work: () => Promise<unknown>, set: (transaction: object) => void) => {
      set({});
      return work();
    },
    getFallbackInstance: () => ({}),
  }),
};

const cls = () => ClsModule.forRoot({ global: true, plugins: [new ClsPluginTransactional({ adapter })] });

async function outcome(handler: Provider, imports = [cls()], options?: UnitOfWorkOptions): Promise<unknown> {
  @Module({ imports: [...imports, CqrsModule.forRoot({ unitOfWork: transactional(options) })], providers: [handler] })
  class AppModule {}
  try {
    const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
    return await app.get(CommandBus).execute(new Save());
  } catch (error) {
    return String(error);
  }
}

const outcomes = {
  wrongImport: await outcome(WrongImport),
  withCls: await outcome(WithCls),
  byHand: await outcome(ByHand),
  withoutCls: await outcome(WithCls, []),
  wrongName: await outcome(WithCls, [cls()], { connectionName: 'archive' }),
};
process.stdout.write(JSON.stringify({ ...outcomes, calls }), () => process.exit());
