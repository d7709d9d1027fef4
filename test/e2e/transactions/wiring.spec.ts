import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { jest } from '@jest/globals';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  Durable,
  Event,
  EventBus,
  EventsHandler,
  HandlerRegistry,
  Message,
  Query,
  QueryHandler,
} from 'nestjs-cqrs';
import { InTransaction, Transactional } from 'nestjs-cqrs/extension';
import { MemoryTransport } from 'nestjs-cqrs/testing';
import { refusalOf, start } from '../../support/application.js';
import { answerOf } from '../../support/program.js';
import { StatementLog } from './statement-log.js';

jest.setTimeout(60_000);

const transactions = new StatementLog();

@Transactional()
class Save extends Command<string> {}

class Plain extends Command {}

@Message({ name: 'wiring.saved' })
class Saved extends Event {}

@Injectable()
class SaveHandler {
  @CommandHandler(Save)
  save() {
    return 'saved';
  }
}

@Injectable()
class Checks {
  @EventsHandler(Saved)
  @InTransaction()
  check() {}
}

@Injectable()
class Misplaced {
  @CommandHandler(Plain)
  @InTransaction()
  plain() {}
}

@Injectable()
class Stored {
  @EventsHandler(Saved)
  @InTransaction()
  @Durable('wiring.stored')
  store() {}
}

@Injectable()
class Service {
  @Transactional()
  rename() {}
}

@Injectable()
@Transactional()
class WholeService {}

@Injectable()
class WithHelper extends SaveHandler {
  @Transactional()
  helper() {}
}

class StrictQuery extends Query<string> {}

@Injectable()
class StrictHandlers {
  constructor(
    private readonly commands: CommandBus,
    private readonly events: EventBus,
  ) {}

  @CommandHandler(Save)
  async save() {
    await this.commands.dispatch(new Plain());
    await this.events.publish(new Saved());
    return 'saved';
  }

  @CommandHandler(Plain)
  plain() {}

  @QueryHandler(StrictQuery)
  async query() {
    return this.commands.execute(new Save());
  }

  @EventsHandler(Saved)
  @InTransaction()
  check() {}

  @EventsHandler(Saved)
  after() {}
}

describe('An application whose units of work are wired wrongly', () => {
  it.each([
    [SaveHandler, /^@Transactional is used, and the application has no unit of work/, /^@Transactional on Save$/],
    [Checks, /^@InTransaction is used, and the application has no unit of work/, /^Checks.check/],
  ])('does not start without one (%p)', async (handler, text, where) => {
    const { problems } = await refusalOf({ imports: [CqrsModule.forRoot()], providers: [handler] });
    expect(problems).toEqual([
      expect.objectContaining({
        code: 'CQRS_NO_UNIT_OF_WORK',
        what: expect.stringMatching(text),
        where: expect.stringMatching(where),
        remedy: expect.stringContaining('transactional() of nestjs-cqrs/transactional'),
      }),
    ]);
  });

  it.each([
    [Misplaced, /^@InTransaction is for handlers of events, and this is one of a command/],
    [Stored, /^@InTransaction and @Durable exclude each other/],
  ])('does not start with a misplaced @InTransaction (%p)', async (handler, text) => {
    const imports = [CqrsModule.forRoot({ unitOfWork: transactions, durable: { transport: new MemoryTransport() } })];
    const { problems } = await refusalOf({ imports, providers: [handler] });
    expect(problems).toEqual([
      expect.objectContaining({ code: 'CQRS_INVALID_HANDLER', what: expect.stringMatching(text) }),
    ]);
  });

  it.each([
    [Service, 'Service.rename'],
    [WholeService, 'WholeService'],
    [WithHelper, 'WithHelper.helper'],
  ])('does not start with @Transactional where nothing runs it (%p)', async (provider, where) => {
    const imports = [CqrsModule.forRoot({ unitOfWork: transactions })];
    const { problems } = await refusalOf({ imports, providers: [provider] });
    expect(problems).toEqual([
      expect.objectContaining({
        code: 'CQRS_INVALID_HANDLER',
        where,
        what: expect.stringMatching(/^@Transactional is on/),
      }),
    ]);
  });

  it('a bus without Nest refuses a message with @Transactional', async () => {
    const bus = new CommandBus({ registry: new HandlerRegistry() });
    bus.register(Save, () => 'saved');
    await expect(bus.execute(new Save())).rejects.toMatchObject({ code: 'CQRS_INVALID_MIDDLEWARE' });
  });

  it('in strict mode: a query cannot open one, a command and its events can', async () => {
    const { commands, queries } = await start({
      imports: [CqrsModule.forRoot({ unitOfWork: transactions, strict: true })],
      providers: [StrictHandlers],
    });
    expect(await commands.execute(new Save())).toBe('saved');
    await expect(queries.execute(new StrictQuery())).rejects.toMatchObject({ code: 'CQRS_QUERY_SIDE_EFFECT' });
  });

  it.each<[unknown, string]>([
    [{ propagation: 'Mandatory' }, `must be 'Required', 'RequiresNew' or 'Nested', not 'Mandatory'`],
    [{ isolationLevel: 'serializable' }, 'no option "isolationLevel"'],
    ['REQUIRES_NEW', `The options of @Transactional must be an object with options, not 'REQUIRES_NEW'`],
    [null, 'The options of @Transactional must be an object with options, not null'],
  ])('refuses the options %j of @Transactional', (options, text) => {
    expect(() => Transactional(options as never)).toThrow(
      expect.objectContaining({ code: 'CQRS_INVALID_OPTIONS', message: expect.stringContaining(text) }),
    );
  });

  it.each([
    ['@Transactional', Transactional],
    ['@InTransaction', InTransaction],
  ])('refuses %s without parentheses, as JavaScript allows', (name, decorator) => {
    const bare = decorator as unknown as (...given: unknown[]) => unknown;
    for (const given of [[class {}], [SaveHandler.prototype, 'save', {}]])
      expect(() => bare(...given)).toThrow(
        expect.objectContaining({ code: 'CQRS_INVALID_OPTIONS', remedy: `Write ${name}().` }),
      );
  });

  it('refuses @InTransaction on a static method', () => {
    expect(() => InTransaction()(class {}, 'create', {})).toThrow('@InTransaction is on a static method');
  });

  it('shows the middleware in the wiring, and runs', async () => {
    const { commands } = await start({
      imports: [CqrsModule.forRoot({ unitOfWork: transactions })],
      providers: [SaveHandler],
    });
    expect(await commands.execute(new Save())).toBe('saved');
  });

  it('tells the wrong import, a transaction by hand, and a module that is missing', async () => {
    const { wrongImport, withCls, byHand, withoutCls, wrongName, calls } = await answerOf<
      Record<string, string> & { calls: number }
    >(join(import.meta.dirname, 'wiring-program.ts'));
    expect(wrongImport).toContain('CQRS_FOREIGN_TRANSACTION');
    expect(wrongImport).toContain('WrongImport.save');
    expect([withCls, calls]).toEqual(['saved', 1]);
    expect(byHand).toMatch(/Where: publish\(\) of Saved\..*CQRS_FOREIGN_TRANSACTION/);
    expect(withoutCls).toContain('CQRS_NO_UNIT_OF_WORK');
    expect(withoutCls).toContain('Import ClsModule.forRoot({ plugins: [new ClsPluginTransactional(');
    expect(wrongName).toContain('no ClsPluginTransactional with the connectionName "archive"');
  });
});
