import { Module } from '@nestjs/common';
import {
  Command,
  CommandHandler,
  CqrsModule,
  Event,
  type CqrsModuleOptions,
  type DispatchOptions,
  type MessageContext,
} from '../../../lib/index.js';
import { start } from '../application.js';
import { refusalText, textOf } from './texts.js';

class CreateUser extends Command {}
class CreateAccount extends Command {}
class UserCreated extends Event {}

/** Options as untyped code gives them. */
const untyped = <T>(options: unknown) => options as T;

const refusalOfOptions = (options: unknown) =>
  refusalText({ imports: [CqrsModule.forRoot(untyped<CqrsModuleOptions>(options))] });

describe('Mistakes in the options of the module', () => {
  it('forRoot() in two modules, with different options', async () => {
    @Module({ imports: [CqrsModule.forRoot({ timeout: 1000, events: { mode: 'sequential' } })] })
    class UsersModule {}
    @Module({ imports: [CqrsModule.forRoot({ strict: true })] })
    class OrdersModule {}
    expect(await refusalText({ imports: [UsersModule, OrdersModule] })).toBe('');
  });

  it('a misspelled option', async () => {
    expect(await refusalOfOptions({ middlewares: [] })).toBe('');
  });

  it('a misspelled option within an option', async () => {
    expect(await refusalOfOptions({ events: { onErrors: 'throw' } })).toBe('');
  });

  it('an option that resembles no other', async () => {
    expect(await refusalOfOptions({ retries: 3 })).toBe('');
  });

  it('a wrong value', async () => {
    expect(await refusalOfOptions({ events: { mode: 'serial' } })).toBe('');
  });

  it('a wrong type', async () => {
    expect(await refusalOfOptions({ strict: 'yes' })).toBe('');
  });

  it('a time limit of 0', async () => {
    expect(await refusalOfOptions({ timeout: 0 })).toBe('');
  });

  it('several at once', async () => {
    expect(await refusalOfOptions({ strict: 1, shutdown: { timeout: -1 } })).toBe('');
  });

  it('options that are none', async () => {
    expect(await refusalOfOptions('strict')).toBe('');
  });
});

describe('Mistakes in the options of a call', () => {
  @CommandHandler(CreateUser)
  class CreateUserHandler {
    execute(_command: CreateUser) {}
  }
  const app = () => start({ imports: [CqrsModule.forRoot()], providers: [CreateUserHandler] });

  it('a misspelled option of dispatch()', async () => {
    const { commands } = await app();
    const options = untyped<DispatchOptions>({ timeOut: 100 });
    expect(await textOf(() => commands.dispatch(new CreateUser(), options))).toBe('');
  });

  it('a wrong type of an option of dispatch()', async () => {
    const { commands } = await app();
    const options = untyped<DispatchOptions>({ signal: new AbortController() });
    expect(await textOf(() => commands.dispatch(new CreateUser(), options))).toBe('');
  });

  it('something else than options', async () => {
    const { commands } = await app();
    const options = untyped<DispatchOptions>('req-1');
    expect(await textOf(() => commands.dispatch(new CreateUser(), options))).toBe('');
  });

  it('a wrong value of an option of publish()', async () => {
    const { events } = await app();
    const options = untyped<DispatchOptions>({ onError: 'ignore' });
    expect(await textOf(() => events.publish(new UserCreated(), options))).toBe('');
  });

  it('a misspelled option of publish(), which may be a dispatcher context of @nestjs/cqrs', async () => {
    const { events, log } = await app();
    await events.publish(new UserCreated(), { onErrors: 'throw' });
    expect(log.warnings).toEqual(['']);
  });

  it('a bare context in place of options means { context }', async () => {
    const seen: MessageContext[] = [];
    class Accounts {
      @CommandHandler(CreateAccount)
      create(_command: CreateAccount, context: MessageContext) {
        seen.push(context);
      }
    }
    const { commands } = await start({ imports: [CqrsModule.forRoot()], providers: [Accounts] });
    await commands.dispatch(new CreateAccount(), { correlationId: 'order-7' });
    await commands.dispatch(new CreateAccount(), seen[0]);
    const [parent, child] = seen;
    expect(child!.messageId).not.toBe(parent!.messageId);
    expect(child).toMatchObject({ correlationId: 'order-7', causationId: parent!.messageId });
  });
});
