import { Module } from '@nestjs/common';
import { from, map, of, type Observable } from 'rxjs';
import { Command, CommandHandler, CqrsModule, Event, EventsHandler, ofType, Saga } from '../../../lib/index.js';
import { start } from '../application.js';
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
  const { events, log } = await start({ imports: [CqrsModule.forRoot(), UsersModule] });
  await events.publish(new UserCreated());
  await new Promise(setImmediate);
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
    expect(await refusalText({ imports: [CqrsModule.forRoot(), UsersModule] })).toBe('');
  });

  it('@Saga() on a function that returns nothing', async () => {
    class WelcomeSagas {
      onCreated(_events: Observable<object>) {}
    }
    declare(WelcomeSagas.prototype, 'onCreated', Saga());
    expect(await refusalText({ imports: [CqrsModule.forRoot()], providers: [WelcomeSagas] })).toBe('');
  });

  it('a saga that returns a text', async () => {
    expect(await errorsOfReturning(['welcome'])).toEqual(['']);
  });

  it('a saga that returns a class', async () => {
    expect(await errorsOfReturning(SendWelcome)).toEqual(['']);
  });

  it('a saga that returns a text itself', async () => {
    expect(await errorsOfReturning('welcome')).toEqual(['']);
  });

  it('a saga that returns a plain object', async () => {
    expect(await errorsOfReturning({ send: 'welcome' })).toEqual(['']);
  });

  it('a saga that returns an event without a handler', async () => {
    expect(await errorsOfReturning(new UserWelcomed())).toEqual(['']);
  });

  it('a saga that returns an event that has a handler', async () => {
    @EventsHandler(UserWelcomed)
    class CountWelcomes {
      handle(_event: UserWelcomed) {}
    }
    expect(await errorsOfReturning(new UserWelcomed(), CountWelcomes)).toEqual(['']);
  });

  it('a saga that returns an event that another saga names', async () => {
    class PlainSagas {
      @Saga(PlainEvent)
      onPlain(_event: PlainEvent) {}
    }
    expect(await errorsOfReturning(new PlainEvent(), PlainSagas)).toEqual(['']);
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
    const { events, log } = await start({ imports: [CqrsModule.forRoot()], providers: [WelcomeSagas] });
    await events.publish(new UserCreated());
    await new Promise(setImmediate);
    expect(log.errors).toEqual(['']);
  });

  it('a saga that emits a command without a handler', async () => {
    expect(await errorsOfReturning(of(new SendWelcome()))).toEqual(['']);
    expect(await errorsOfReturning(from([new SendWelcome()]))).toEqual(['']);
    void CommandHandler;
  });
});
