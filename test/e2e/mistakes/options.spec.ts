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
import { start } from '../../support/application.js';
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
    expect(await refusalText({ imports: [UsersModule, OrdersModule] })).toBe(
      'CqrsModule.forRoot() is called twice with different options: timeout, events.mode, strict. Where: UsersModule; OrdersModule. Call it once, in the root module, and import plain CqrsModule elsewhere. [CQRS_OPTIONS_CONFLICT]',
    );
  });

  it('a misspelled option', async () => {
    expect(await refusalOfOptions({ middlewares: [] })).toBe(
      'There is no option "middlewares". Where: CqrsModule.forRoot(). Did you mean "middleware"? [CQRS_INVALID_OPTIONS]',
    );
  });

  it('a misspelled option within an option', async () => {
    expect(await refusalOfOptions({ events: { onErrors: 'throw' } })).toBe(
      'There is no option "events.onErrors". Where: CqrsModule.forRoot(). Did you mean "events.onError"? [CQRS_INVALID_OPTIONS]',
    );
  });

  it('an option that resembles no other', async () => {
    expect(await refusalOfOptions({ retries: 3 })).toBe(
      'There is no option "retries". Where: CqrsModule.forRoot(). Use one of these, or leave it out: middleware, commands, queries, events, sagas, shutdown, duplicates, expectHandlersFor, routes, expose, durable, unitOfWork, policies, cache, propagateContext, timeout, validation, envelopes, messages, strict, instancePlans, commandPublisher, queryPublisher, eventPublisher, unhandledExceptionPublisher, eventIdProvider, rethrowUnhandled. [CQRS_INVALID_OPTIONS]',
    );
  });

  it('a wrong value', async () => {
    expect(await refusalOfOptions({ events: { mode: 'serial' } })).toBe(
      "The option \"events.mode\" must be 'parallel', 'sequential' or 'untilFailure', not 'serial'. Where: CqrsModule.forRoot(). Give it such a value, or leave it out. [CQRS_INVALID_OPTIONS]",
    );
  });

  it('a wrong type', async () => {
    expect(await refusalOfOptions({ strict: 'yes' })).toBe(
      'The option "strict" must be true or false, not \'yes\'. Where: CqrsModule.forRoot(). Give it such a value, or leave it out. [CQRS_INVALID_OPTIONS]',
    );
  });

  it('a name that is too long to be shown whole', async () => {
    const shown = async (name: string) => /"([^"]+)"/.exec(await refusalOfOptions({ [name]: 1 }))![1];
    expect(await shown('x'.repeat(40))).toBe('x'.repeat(40));
    expect(await shown('x'.repeat(41))).toBe(`${'x'.repeat(40)}…`);
  });

  it('a time limit of 0', async () => {
    expect(await refusalOfOptions({ timeout: 0 })).toBe(
      'The option "timeout" must be a number of milliseconds greater than 0, not 0. Where: CqrsModule.forRoot(). Give it such a value, or leave it out. [CQRS_INVALID_TIMEOUT]',
    );
  });

  it('several at once', async () => {
    expect(await refusalOfOptions({ strict: 1, shutdown: { timeout: -1 } })).toBe(
      [
        'The wiring has 2 problems:',
        '  1. The option "shutdown.timeout" must be a number of milliseconds, 0 or more, not -1. Where: CqrsModule.forRoot(). Give it such a value, or leave it out. [CQRS_INVALID_OPTIONS]',
        '  2. The option "strict" must be true or false, not 1. Where: CqrsModule.forRoot(). Give it such a value, or leave it out. [CQRS_INVALID_OPTIONS]',
        'Correct what is listed and start again. [CQRS_WIRING]',
      ].join('\n'),
    );
  });

  it('options that are none', async () => {
    expect(await refusalOfOptions('strict')).toBe(
      "The options of CqrsModule.forRoot() must be an object with options, not 'strict'. Give it such a value, or leave it out. [CQRS_INVALID_OPTIONS]",
    );
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
    expect(await textOf(() => commands.dispatch(new CreateUser(), options))).toBe(
      'There is no option "timeOut". Where: the options of a dispatch. Did you mean "timeout"? [CQRS_INVALID_OPTIONS]',
    );
  });

  it('a wrong type of an option of dispatch()', async () => {
    const { commands } = await app();
    const options = untyped<DispatchOptions>({ signal: new AbortController() });
    expect(await textOf(() => commands.dispatch(new CreateUser(), options))).toBe(
      'The option "signal" must be an AbortSignal, not an instance of AbortController. Where: the options of a dispatch. Give it such a value, or leave it out. [CQRS_INVALID_OPTIONS]',
    );
  });

  it('something else than options', async () => {
    const { commands } = await app();
    const options = untyped<DispatchOptions>('req-1');
    expect(await textOf(() => commands.dispatch(new CreateUser(), options))).toBe(
      'The options of a dispatch must be a plain object, a MessageContext, a ContextOrigin or an AsyncContext, not a string. Give such an object, as in { context, headers, timeout }, or nothing. [CQRS_INVALID_OPTIONS]',
    );
  });

  it('a wrong value of an option of publish()', async () => {
    const { events } = await app();
    const options = untyped<DispatchOptions>({ onError: 'ignore' });
    expect(await textOf(() => events.publish(new UserCreated(), options))).toBe(
      "The option \"onError\" must be 'report', 'throw' or 'collect', not 'ignore'. Where: publish(). Give it such a value, or leave it out. [CQRS_INVALID_OPTIONS]",
    );
  });

  it('a misspelled option of publish(), which may be a dispatcher context of @nestjs/cqrs', async () => {
    const { events, log } = await app();
    await events.publish(new UserCreated(), { onErrors: 'throw' });
    expect(log.warnings).toEqual([
      'publish() was given an object with "onErrors", which is not an option: the object is taken for a dispatcher context, and all options in it are ignored. Did you mean "onError"?',
    ]);
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
