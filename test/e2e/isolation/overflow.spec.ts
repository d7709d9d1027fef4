import { Inject, Injectable, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { jest } from '@jest/globals';
import {
  AggregateRoot,
  CommandBus,
  CommandHandler,
  CqrsModule,
  EventBus,
  EventPublisher,
  EventsHandler,
  Saga,
  type CqrsModuleOptions,
  type MessageContext,
  type MiddlewareFunction,
} from 'nestjs-cqrs';
import { observe } from 'nestjs-cqrs/extension';
import { start } from '../../support/application.js';
import { ApplicationBuses } from '../../../lib/module/application-buses.js';
import { soon } from '../../support/waiting.js';

jest.setTimeout(60_000);

class Visited {}
class Seen {}
class Work {}
let handled = 0;

@Injectable()
class One {
  @EventsHandler(Visited)
  handle() {
    handled++;
  }
}
@Injectable()
class Several {
  @EventsHandler(Visited)
  async later(_event: Visited, context: MessageContext) {
    await Promise.resolve();
    handled += context.messageId ? 1 : 0;
  }
  @EventsHandler(Visited)
  now() {
    handled++;
  }
}
@EventsHandler(Visited, { scope: Scope.REQUEST })
class Scoped {
  constructor(@Inject(REQUEST) readonly request: object) {}
  handle() {
    handled += this.request ? 1 : 0;
  }
}
@Injectable()
class Nesting {
  constructor(private readonly events: EventBus) {}
  @EventsHandler(Visited)
  handle() {
    void this.events.publish(new Seen());
  }
  @EventsHandler(Seen)
  seen() {
    handled++;
  }
}
@Injectable()
class Reacting {
  @Saga(Visited)
  react() {
    return new Work();
  }
  @CommandHandler(Work)
  async work() {
    await Promise.resolve();
    handled++;
  }
}

const passing: MiddlewareFunction = (message, next) => next(message);
const waiting: MiddlewareFunction = async (message, next, context) => (context.attempt, await next(message));

/** Calls something at the end of the stack: first where there is no room at all, then with one frame more each time. */
function overflow(walk: () => Promise<unknown>): void {
  let left = 1_500;
  const promises: Promise<unknown>[] = [];
  const descend = (): void => {
    try {
      descend();
    } catch {
      // The stack has ended further down.
    }
    if (left-- <= 0) return;
    try {
      promises.push(walk());
    } catch {
      // Only the caller gets the error.
    }
  };
  descend();
  for (const promise of promises) promise.catch(() => undefined);
}

type Case = [name: string, providers: NonNullable<unknown>[], options: CqrsModuleOptions, handledOnce: number];

/** After an overflow the next message is handled as ever, and the application closes at once: nothing is counted. */
describe('A stack that ends in the middle of a publish leaves nothing half changed, with', () => {
  it.each<Case>([
    ['one handler', [One], {}, 1],
    ['several handlers', [Several], {}, 2],
    ['middleware', [Several], { middleware: [passing, waiting] }, 2],
    ['a request-scoped handler', [Scoped], {}, 1],
    ['handlers in turn', [Several], { events: { mode: 'sequential' } }, 2],
    ['failures that are collected or thrown', [Several], { events: { onError: 'throw' } }, 2],
    ['events that are published by handlers', [Nesting], {}, 1],
    ['a saga', [Reacting], {}, 1],
    ['a saga whose commands wait', [Reacting], { sagas: { concurrency: 1 }, propagateContext: true }, 1],
  ])('%s', async (_, providers, options, once) => {
    const { app, events } = await start({ imports: [CqrsModule.forRoot(options)], providers: providers as never });
    await events.publish(new Visited());
    for (let i = 0; i < 3; i++) overflow(() => events.publish(new Visited()));
    await settled(app);
    handled = 0;
    await events.publish(new Visited());
    await settled(app);
    expect(handled).toBe(once);
    expect(await app.get(ApplicationBuses, { strict: false }).runningWork.drain(50)).toEqual([]);
  });

  it('commands and commits', async () => {
    const { app, commands, events } = await start({ imports: [CqrsModule.forRoot()], providers: [One, Reacting] });
    class Account extends AggregateRoot {}
    const account = app.get(EventPublisher).mergeObjectContext(new Account());
    overflow(() => commands.dispatch(new Work()));
    overflow(() => commands.execute(new Work()));
    overflow(() => {
      account.apply(new Visited());
      return account.commit() as Promise<void>;
    });
    await settled(app);
    handled = 0;
    await commands.dispatch(new Work());
    expect(handled).toBe(1);
    await events.publish(new Visited());
    account.uncommit();
    account.apply(new Visited());
    handled = 0;
    await account.commit();
    await settled(app);
    expect(handled).toBe(2);
    expect(await app.get(ApplicationBuses, { strict: false }).runningWork.drain(50)).toEqual([]);
  });
});

describe('A probe is told the end of each publish that it has seen begin, also where the stack ends, with', () => {
  it.each<Case>([
    ['handlers at once', [Several], {}, 2],
    ['handlers in turn', [Several], { events: { mode: 'sequential' } }, 2],
    ['handlers until one fails', [Several], { events: { mode: 'untilFailure' } }, 2],
  ])('%s', async (_, providers, options, once) => {
    const { app, events } = await start({ imports: [CqrsModule.forRoot(options)], providers: providers as never });
    let [open, ends] = [0, 0];
    observe(app, {
      publish: () => {
        open++;
        return { end: () => (open--, ends++) };
      },
    });
    await events.publish(new Visited());
    for (let i = 0; i < 3; i++) overflow(() => events.publish(new Visited()));
    await settled(app);
    expect(open).toBe(0);
    const before = ends;
    handled = 0;
    await events.publish(new Visited());
    expect([open, ends - before, handled]).toEqual([0, 1, once]);
  });
});

/** Lets what was begun come to its end. */
async function settled(app: { get: (type: typeof CommandBus) => CommandBus }): Promise<void> {
  for (let i = 0; i < 50; i++) await soon();
  expect(app.get(CommandBus)).toBeInstanceOf(CommandBus);
}
