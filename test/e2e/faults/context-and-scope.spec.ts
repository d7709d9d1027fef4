import { Inject, Injectable, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { map, type Observable } from 'rxjs';
import {
  AsyncContext,
  CommandHandler,
  EventsHandler,
  ofType,
  QueryHandler,
  Saga,
  type MessageContext,
} from 'nestjs-cqrs';
import { track } from 'nestjs-cqrs/testing';
import { closeAll, start } from './application.js';
import { quiet } from '../../support/waiting.js';

/** The section “Context and scope”. */
describe('Context and scope:', () => {
  class Work {
    constructor(readonly id: number) {}
  }
  class Worked {
    constructor(readonly id: number) {}
  }
  class Ask {}

  afterEach(closeAll);

  it('a message can be sent in several contexts, one after another and at once', async () => {
    @CommandHandler(Work, { scope: Scope.REQUEST })
    class Works {
      constructor(@Inject(REQUEST) private readonly request: object) {}
      async execute() {
        await quiet();
        return this.request;
      }
    }
    const { commands } = await start({ providers: [Works] });
    const [command, one, other] = [new Work(1), new AsyncContext(), new AsyncContext()];
    expect(await commands.execute(command, one)).toBe(one);
    expect(await commands.execute(command, other)).toBe(other);
    expect(await Promise.all([commands.execute(command, one), commands.execute(command, other)])).toEqual([one, other]);
    one.attachTo(command);
    other.attachTo(command);
    expect(AsyncContext.of(command)).toBe(other);
  });

  it('a frozen message can be sent in a context, and given one', async () => {
    @EventsHandler(Worked, { scope: Scope.REQUEST })
    class Listens {
      constructor(@Inject(REQUEST) private readonly request: object) {}
      handle() {
        seen.push(this.request);
      }
    }
    const seen: object[] = [];
    const { events } = await start({ providers: [Listens] });
    const [event, context] = [Object.freeze(new Worked(1)), new AsyncContext()];
    await events.publish(event, context);
    const other = Object.freeze(new Worked(2));
    context.attachTo(other);
    await events.publish(other);
    expect(seen).toEqual([context, context]);
    expect(AsyncContext.of(other)).toBe(context);
  });

  it('singleton handlers of all kinds see the context that the caller passed', async () => {
    const seen: unknown[] = [];
    @CommandHandler(Work)
    class Works {
      execute(command: Work, context: MessageContext) {
        seen.push(context.scope, AsyncContext.of(command));
      }
    }
    @QueryHandler(Ask)
    class Answers {
      execute(query: Ask, context: MessageContext) {
        seen.push(context.scope, AsyncContext.of(query));
      }
    }
    @EventsHandler(Worked)
    class Listens {
      handle(event: Worked, context: MessageContext) {
        seen.push(context.scope, AsyncContext.of(event));
      }
    }
    const { commands, queries, events } = await start({ providers: [Works, Answers, Listens] });
    const context = new AsyncContext();
    await commands.execute(new Work(1), context);
    await queries.execute(new Ask(), context);
    await events.publish(new Worked(1), context);
    expect(seen).toEqual(Array.from({ length: 6 }, () => context));
  });

  it('REQUEST is injected in request-scoped event handlers, whatever ran before', async () => {
    const seen: unknown[] = [];
    @Injectable({ scope: Scope.REQUEST })
    class Tenant {
      constructor(@Inject(REQUEST) readonly request: object) {}
    }
    @EventsHandler(Worked)
    class Listens {
      constructor(
        @Inject(REQUEST) private readonly request: object,
        private readonly tenant: Tenant,
      ) {}
      handle() {
        seen.push(this.request, this.tenant.request);
      }
    }
    const { events } = await start({ providers: [Listens, Tenant] });
    const context = new AsyncContext();
    await events.publish(new Worked(1), context);
    expect(seen).toEqual([context, context]);
    await events.publish(new Worked(2));
    expect(seen[2]).toBeInstanceOf(AsyncContext);
    expect(seen[3]).toBe(seen[2]);
  });

  it('AsyncContext.merge takes a context as well as a message with one, as in the documented saga', async () => {
    const seen: unknown[] = [];
    class Sagas {
      @Saga()
      worked = (events$: Observable<any>) =>
        events$.pipe(
          ofType(Worked),
          map(event => {
            const command = new Work(event.id);
            AsyncContext.merge(AsyncContext.of(event), command);
            return command;
          }),
        );
    }
    @CommandHandler(Work, { scope: Scope.REQUEST })
    class Works {
      constructor(@Inject(REQUEST) private readonly request: object) {}
      execute() {
        seen.push(this.request);
      }
    }
    const { app } = await start({ providers: [Sagas, Works] });
    const context = new AsyncContext();
    await track(app).publish(new Worked(1), context);
    expect(seen).toEqual([context]);
  });

  it('a context that was made for one dispatch is not kept for the next of the same message', async () => {
    let made = 0;
    @CommandHandler(Work, { scope: Scope.REQUEST })
    class Works {
      private readonly number = ++made;
      execute() {
        return this.number;
      }
    }
    const { commands } = await start({ providers: [Works] });
    const command = new Work(1);
    expect([await commands.execute(command), await commands.execute(command)]).toEqual([1, 2]);
  });

  it('nothing is written onto a message that is sent in a context', async () => {
    const { events } = await start();
    const event = new Worked(1);
    await events.publish(event, new AsyncContext());
    expect(Reflect.ownKeys(event)).toEqual(['id']);
  });
});
