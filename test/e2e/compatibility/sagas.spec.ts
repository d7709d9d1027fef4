import { Scope, Injectable } from '@nestjs/common';
import { delay, EMPTY, filter, map, mergeMap, of, type Observable } from 'rxjs';
import { jest } from '@jest/globals';
import { quiet, sameAsIncumbent, until } from './differential.js';

describe('Sagas, as with @nestjs/cqrs:', () => {
  class Killed {
    constructor(readonly hero: string) {}
  }
  class Found {
    constructor(readonly item: number) {}
  }
  class Drop {
    constructor(readonly what: unknown) {}
  }

  sameAsIncumbent('an event becomes a command', async ({ cqrs, start, note }) => {
    class Sagas {
      private readonly item = 7;
      @cqrs.Saga()
      killed = (events$: Observable<any>): Observable<Drop> =>
        events$.pipe(
          cqrs.ofType(Killed),
          map(({ hero }) => new Drop(`${hero} ${this.item}`)),
        );
    }
    @cqrs.CommandHandler(Drop)
    class DropHandler {
      execute({ what }: Drop) {
        note(what);
        return Promise.resolve();
      }
    }
    const { events } = await start([Sagas, DropHandler]);
    await events.publish(new Killed('ada'));
    await events.publish(new Found(1));
    await quiet();
  });

  sameAsIncumbent('a saga may be a method, and several may be on one class', async ({ cqrs, start, note }) => {
    class Sagas {
      private readonly item = 7;
      @cqrs.Saga()
      killed(events$: Observable<object>) {
        return events$.pipe(
          cqrs.ofType(Killed),
          map(({ hero }) => new Drop(`${hero} ${this.item}`)),
        );
      }
      @cqrs.Saga()
      found(events$: Observable<object>) {
        return events$.pipe(
          cqrs.ofType(Found, Killed),
          map(event => new Drop(event.constructor.name)),
        );
      }
    }
    @cqrs.CommandHandler(Drop)
    class DropHandler {
      execute({ what }: Drop) {
        note(what);
        return Promise.resolve();
      }
    }
    const { events } = await start([Sagas, DropHandler]);
    await events.publish(new Killed('ada'));
    await events.publish(new Found(1));
    await quiet();
  });

  sameAsIncumbent('handlers have the event before the saga makes a command of it', async stage => {
    const { cqrs, start, note } = stage;
    class Sagas {
      @cqrs.Saga()
      killed = (events$: Observable<object>) => events$.pipe(map(() => new Drop('saga')));
    }
    @cqrs.EventsHandler(Killed)
    class KilledHandler {
      handle() {
        note('handler');
      }
    }
    @cqrs.CommandHandler(Drop)
    class DropHandler {
      execute({ what }: Drop) {
        note(what);
        return Promise.resolve();
      }
    }
    const { events } = await start([Sagas, KilledHandler, DropHandler]);
    void events.publish(new Killed('ada'));
    await quiet();
  });

  sameAsIncumbent('delayed commands come, one event may become several, or none', async stage => {
    const { cqrs, start, note } = stage;
    class Sagas {
      @cqrs.Saga()
      later = (events$: Observable<object>) =>
        events$.pipe(
          cqrs.ofType(Killed),
          delay(5),
          mergeMap(({ hero }) => (hero === 'nobody' ? EMPTY : of(new Drop(`${hero} 1`), new Drop(`${hero} 2`)))),
        );
    }
    const dropped: unknown[] = [];
    @cqrs.CommandHandler(Drop)
    class DropHandler {
      execute({ what }: Drop) {
        dropped.push(what);
        return Promise.resolve();
      }
    }
    const { events } = await start([Sagas, DropHandler]);
    for (const hero of ['ada', 'nobody', 'bob']) void events.publish(new Killed(hero));
    await until(() => dropped.length === 4);
    note(dropped);
  });

  sameAsIncumbent('what is no command is ignored', async ({ cqrs, start, note }) => {
    class Sagas {
      @cqrs.Saga()
      maybe = (events$: Observable<object>) =>
        events$.pipe(
          cqrs.ofType(Found),
          map(({ item }) => (item === 0 ? undefined : item === 1 ? null : new Drop(item))),
        ) as Observable<Drop>;
    }
    @cqrs.CommandHandler(Drop)
    class DropHandler {
      execute({ what }: Drop) {
        note(what);
        return Promise.resolve();
      }
    }
    const { events, failures } = await start([Sagas, DropHandler]);
    failures.subscribe(info => note('failed', info));
    for (const item of [0, 1, 2, 3]) await events.publish(new Found(item));
    await quiet();
  });

  sameAsIncumbent('a saga sees events that are published in its own commands', async ({ cqrs, start, note }) => {
    const wiring: { publish?: (event: object) => unknown } = {};
    class Sagas {
      @cqrs.Saga()
      killed = (events$: Observable<object>) =>
        events$.pipe(
          cqrs.ofType(Killed),
          map(({ hero }) => new Drop(hero)),
        );
      @cqrs.Saga()
      found = (events$: Observable<object>) =>
        events$.pipe(
          cqrs.ofType(Found),
          filter(({ item }) => item < 3),
          map(({ item }) => new Drop(item)),
        );
    }
    let item = 0;
    @cqrs.CommandHandler(Drop)
    class DropHandler {
      async execute({ what }: Drop) {
        note('drop', what);
        await Promise.resolve();
        wiring.publish!(new Found(++item));
      }
    }
    const { events } = await start([Sagas, DropHandler]);
    wiring.publish = event => events.publish(event);
    void events.publish(new Killed('ada'));
    await quiet();
  });

  sameAsIncumbent('a command that fails is reported with the command, and the saga goes on', async stage => {
    const { cqrs, start, note } = stage;
    class Sagas {
      @cqrs.Saga()
      killed = (events$: Observable<object>) =>
        events$.pipe(
          cqrs.ofType(Killed),
          map(({ hero }) => new Drop(hero)),
        );
    }
    @cqrs.CommandHandler(Drop)
    class DropHandler {
      async execute({ what }: Drop) {
        await Promise.resolve();
        if (what === 'ada') throw new RangeError('too heavy');
        note('dropped', what);
      }
    }
    const { events, failures } = await start([Sagas, DropHandler]);
    failures.subscribe(info => note({ ...info }));
    await events.publish(new Killed('ada'));
    await quiet();
    await events.publish(new Killed('bob'));
    await quiet();
  });

  sameAsIncumbent('a command of a saga that has no handler is reported, and the saga goes on', async stage => {
    const { cqrs, start, note } = stage;
    class Sagas {
      @cqrs.Saga()
      killed = (events$: Observable<object>) => events$.pipe(map(() => new Drop(1)));
    }
    const { events, failures } = await start([Sagas]);
    failures.subscribe(info => note((info.exception as Error).constructor.name, info.cause));
    await events.publish(new Killed('ada'));
    await quiet();
    await events.publish(new Killed('bob'));
    await quiet();
  });

  sameAsIncumbent('a failure in the stream is reported under the name of the saga', async stage => {
    const { cqrs, start, note } = stage;
    class Sagas {
      @cqrs.Saga()
      killed = (events$: Observable<object>) =>
        events$.pipe(
          map((): Drop => {
            throw new RangeError('broken');
          }),
        );
    }
    const { events, failures } = await start([Sagas]);
    failures.subscribe(info => note((info.exception as Error).message, info.cause));
    await events.publish(new Killed('ada'));
    await quiet();
  });

  sameAsIncumbent('the bus is asked to execute the command alone', async ({ cqrs, start, note }) => {
    class Sagas {
      @cqrs.Saga()
      killed = (events$: Observable<object>) => events$.pipe(map(() => new Drop(1)));
    }
    const { events, commands } = await start([Sagas]);
    const execute = jest.spyOn(commands, 'execute').mockResolvedValue(undefined);
    await events.publish(new Killed('ada'));
    await quiet();
    note(execute.mock.calls, execute.mock.calls[0]!.length);
  });

  sameAsIncumbent('a saga that returns no stream stops the start', async ({ cqrs, start, note }) => {
    class Sagas {
      @cqrs.Saga()
      broken = (() => 5) as never;
    }
    const error: unknown = await start([Sagas]).catch((e: unknown) => e);
    note(error instanceof cqrs.InvalidSagaException, (error as Error).constructor.name);
  });

  sameAsIncumbent('a saga that is no function stops the start', async ({ cqrs, start, note }) => {
    class Sagas {
      @cqrs.Saga()
      broken = 5 as never;
    }
    const error: unknown = await start([Sagas]).catch((e: unknown) => e);
    note(error instanceof Error);
  });

  sameAsIncumbent('a request-scoped saga stops the start with its own exception', async ({ cqrs, start, note }) => {
    @Injectable({ scope: Scope.REQUEST })
    class Sagas {
      @cqrs.Saga()
      killed = (events$: Observable<object>) => events$.pipe(map(() => new Drop(1)));
    }
    const error: unknown = await start([Sagas]).catch((e: unknown) => e);
    note(error instanceof cqrs.UnsupportedSagaScopeException, (error as Error).constructor.name);
  });

  sameAsIncumbent('ofType lets subclasses through, and nothing for no class', ({ cqrs, note }) => {
    class Slain extends Killed {}
    of(new Killed('a'), new Slain('b'), new Found(1))
      .pipe(cqrs.ofType(Killed))
      .subscribe(({ hero }) => note(hero));
    of(new Killed('a'))
      .pipe(cqrs.ofType())
      .subscribe(() => note('nothing'));
    note('end');
    return Promise.resolve();
  });
});
