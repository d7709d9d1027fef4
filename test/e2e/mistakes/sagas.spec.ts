import { Module } from '@nestjs/common';
import { map, of, type Observable } from 'rxjs';
import { Command, CqrsModule, Event, EventsHandler, ofType, Saga } from '../../../lib/index.js';
import { track } from '../../../lib/testing/index.js';
import { start } from '../../support/application.js';
import { refusalText } from './texts.js';

class UserCreated extends Event {}
class UserWelcomed extends Event {}
class PlainEvent {}
class SendWelcome extends Command {}

/** A saga as untyped code writes it. */
const declare = (target: object, method: string, decorator: unknown) =>
  (decorator as PropertyDecorator)(target, method);

/** The errors that are logged when a saga of one event returns something. */
async function errorsOfReturning(returned: unknown, ...providers: (new () => object)[]): Promise<string[]> {
  class WelcomeSagas {
    onCreated(_event: UserCreated) {
      return returned;
    }
  }
  declare(WelcomeSagas.prototype, 'onCreated', Saga(UserCreated));
  @Module({ providers: [WelcomeSagas, ...providers] })
  class UsersModule {}
  const { app, log } = await start({ imports: [CqrsModule.forRoot(), UsersModule] });
  await track(app, { failures: 'collect' }).publish(new UserCreated());
  return log.errors;
}

describe('Mistakes in a saga', () => {
  it('@Saga() on a function of one event', async () => {
    class WelcomeSagas {
      onCreated(_event: UserCreated) {
        return new SendWelcome();
      }
    }
    declare(WelcomeSagas.prototype, 'onCreated', Saga());
    @Module({ providers: [WelcomeSagas] })
    class UsersModule {}
    expect(await refusalText({ imports: [CqrsModule.forRoot(), UsersModule] })).toBe(
      'The saga WelcomeSagas.onCreated has returned an instance of SendWelcome. Where: WelcomeSagas.onCreated in UsersModule. Return an Observable or an async generator of commands, or name the events it is called with: @Saga(UserCreated). [CQRS_INVALID_SAGA]',
    );
  });

  it('@Saga() on a function that returns nothing', async () => {
    class WelcomeSagas {
      onCreated(_events: Observable<object>) {}
    }
    declare(WelcomeSagas.prototype, 'onCreated', Saga());
    expect(await refusalText({ imports: [CqrsModule.forRoot()], providers: [WelcomeSagas] })).toBe(
      'The saga WelcomeSagas.onCreated has returned undefined. Where: WelcomeSagas.onCreated in RootTestModule. Return an Observable or an async generator of commands, or name the events it is called with: @Saga(UserCreated). [CQRS_INVALID_SAGA]',
    );
  });

  it('a saga that returns a text', async () => {
    expect(await errorsOfReturning(['welcome'])).toEqual([
      '"WelcomeSagas.onCreated (UsersModule)" has thrown an unhandled exception: A message must be an instance of a class, not a string. Where: command bus. Send an instance of a message class, and check that nothing on the way lost it. [CQRS_INVALID_MESSAGE]',
    ]);
  });

  it('a saga that returns a class', async () => {
    expect(await errorsOfReturning(SendWelcome)).toEqual([
      '"WelcomeSagas.onCreated (UsersModule)" has thrown an unhandled exception: A message must be an instance of a class, not the class SendWelcome. Where: command bus. Send an instance: new SendWelcome(…). [CQRS_INVALID_MESSAGE]',
    ]);
  });

  it('a saga that returns a text itself', async () => {
    expect(await errorsOfReturning('welcome')).toEqual([
      '"WelcomeSagas.onCreated (UsersModule)" has thrown an unhandled exception: A message must be an instance of a class, not a string. Where: command bus. Send an instance of a message class, and check that nothing on the way lost it. [CQRS_INVALID_MESSAGE]',
    ]);
  });

  it('a saga that returns a plain object', async () => {
    expect(await errorsOfReturning({ send: 'welcome' })).toEqual([
      '"WelcomeSagas.onCreated (UsersModule)" has thrown an unhandled exception on Object: No handler found for the command: "Object". It is a plain object: send an instance of a message class. Of a @Body(), ValidationPipe({ transform: true }) makes one. [CQRS_HANDLER_NOT_FOUND]',
    ]);
  });

  it('a saga that returns an event without a handler', async () => {
    expect(await errorsOfReturning(new UserWelcomed())).toEqual([
      '"WelcomeSagas.onCreated (UsersModule)" has thrown an unhandled exception on UserWelcomed: No handler found for the command: "UserWelcomed". It is an event: publish it on the event bus. [CQRS_HANDLER_NOT_FOUND]',
    ]);
  });

  it('a saga that returns an event that has a handler', async () => {
    @EventsHandler(UserWelcomed)
    class CountWelcomes {
      handle(_event: UserWelcomed) {}
    }
    expect(await errorsOfReturning(new UserWelcomed(), CountWelcomes)).toEqual([
      '"WelcomeSagas.onCreated (UsersModule)" has thrown an unhandled exception on UserWelcomed: No handler found for the command: "UserWelcomed". CountWelcomes handles it as an event: publish it on the event bus. [CQRS_HANDLER_NOT_FOUND]',
    ]);
  });

  it('a saga that returns an event that another saga names', async () => {
    class PlainSagas {
      @Saga(PlainEvent)
      onPlain(_event: PlainEvent) {}
    }
    expect(await errorsOfReturning(new PlainEvent(), PlainSagas)).toEqual([
      '"WelcomeSagas.onCreated (UsersModule)" has thrown an unhandled exception on PlainEvent: No handler found for the command: "PlainEvent". It is an event: publish it on the event bus. [CQRS_HANDLER_NOT_FOUND]',
    ]);
  });

  it('a saga whose stream emits an event', async () => {
    class WelcomeSagas {
      @Saga()
      onCreated(events$: Observable<object>) {
        return events$.pipe(
          ofType(UserCreated),
          map(() => new UserWelcomed()),
        );
      }
    }
    const { app, log } = await start({ imports: [CqrsModule.forRoot()], providers: [WelcomeSagas] });
    await track(app, { failures: 'collect' }).publish(new UserCreated());
    expect(log.errors).toEqual([
      '"WelcomeSagas.onCreated (RootTestModule)" has thrown an unhandled exception on UserWelcomed: No handler found for the command: "UserWelcomed". It is an event: publish it on the event bus. [CQRS_HANDLER_NOT_FOUND]',
    ]);
  });

  it('a saga that emits a command without a handler', async () => {
    expect(await errorsOfReturning(of(new SendWelcome()))).toEqual([
      '"WelcomeSagas.onCreated (UsersModule)" has thrown an unhandled exception on SendWelcome: No handler found for the command: "SendWelcome". Register one, or list the class that handles SendWelcome among the providers of a module. [CQRS_HANDLER_NOT_FOUND]',
    ]);
  });
});
