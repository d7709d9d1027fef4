import { Inject, Injectable, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { map } from 'rxjs';
import type { Observable } from 'rxjs';
import { quiet, sameAsIncumbent } from './differential.js';

describe('Request scope and AsyncContext, as with @nestjs/cqrs:', () => {
  class Work {
    constructor(readonly step = 1) {}
  }
  class Worked {
    constructor(readonly step = 1) {}
  }

  sameAsIncumbent('every command has an instance of its own', async ({ cqrs, start, note }) => {
    let made = 0;
    @cqrs.CommandHandler(Work, { scope: Scope.REQUEST })
    class Handler {
      private readonly number = ++made;
      execute() {
        return Promise.resolve(this.number);
      }
    }
    const { commands } = await start([Handler]);
    note(await commands.execute(new Work()), await commands.execute(new Work()), made);
  });

  sameAsIncumbent('commands of one AsyncContext share instances', async ({ cqrs, start, note }) => {
    let made = 0;
    @Injectable({ scope: Scope.REQUEST })
    class UnitOfWork {
      readonly number = ++made;
    }
    @cqrs.CommandHandler(Work)
    class Handler {
      constructor(private readonly unit: UnitOfWork) {}
      execute() {
        return Promise.resolve(this.unit.number);
      }
    }
    const { commands } = await start([Handler, UnitOfWork]);
    const [one, other] = [new cqrs.AsyncContext(), new cqrs.AsyncContext()];
    const numbers = [];
    for (const context of [one, one, other, one]) numbers.push(await commands.execute(new Work(), context));
    note(numbers, made);
  });

  sameAsIncumbent('REQUEST is the AsyncContext that the caller passed', async ({ cqrs, start, note }) => {
    class MyRequest extends cqrs.AsyncContext {
      constructor(readonly user: string) {
        super();
      }
    }
    @cqrs.CommandHandler(Work, { scope: Scope.REQUEST })
    class Handler {
      constructor(@Inject(REQUEST) private readonly request: MyRequest) {}
      execute() {
        return Promise.resolve(this.request);
      }
    }
    @cqrs.QueryHandler(Worked, { scope: Scope.REQUEST })
    class Asked {
      constructor(@Inject(REQUEST) private readonly request: MyRequest) {}
      execute() {
        return Promise.resolve(this.request);
      }
    }
    const { commands, queries } = await start([Handler, Asked]);
    const request = new MyRequest('ada');
    const [received, asked] = [
      await commands.execute(new Work(), request),
      await queries.execute(new Worked(), new MyRequest('bob')),
    ];
    note(received === request, received instanceof cqrs.AsyncContext, (received as MyRequest).user);
    note((asked as MyRequest).user, asked instanceof MyRequest);
  });

  sameAsIncumbent('REQUEST is an AsyncContext where none was passed', async ({ cqrs, start, note }) => {
    @cqrs.CommandHandler(Work, { scope: Scope.REQUEST })
    class Handler {
      constructor(@Inject(REQUEST) private readonly request: object) {}
      execute() {
        return Promise.resolve(this.request);
      }
    }
    const { commands } = await start([Handler]);
    const [one, other] = [await commands.execute(new Work()), await commands.execute(new Work())];
    note(one instanceof cqrs.AsyncContext, one !== other);
  });

  sameAsIncumbent('a request may have properties of any name', async ({ cqrs, start, note }) => {
    class MyRequest extends cqrs.AsyncContext {
      request = 'mine';
      headers = ['mine'];
      sharesRequest = 'mine';
      scope = 'mine';
      payload = { tenant: 1 };
    }
    @cqrs.CommandHandler(Work, { scope: Scope.REQUEST })
    class Handler {
      constructor(@Inject(REQUEST) private readonly request: MyRequest) {}
      execute() {
        return Promise.resolve(this.request);
      }
    }
    const { commands } = await start([Handler]);
    const context = new MyRequest();
    note((await commands.execute(new Work(), context as never)) === context);
    note(Object.keys(new cqrs.AsyncContext()), Object.keys(context).toSorted());
  });

  sameAsIncumbent('the context of a command is found by its request-scoped handler', async stage => {
    const { cqrs, start, note } = stage;
    @cqrs.CommandHandler(Work, { scope: Scope.REQUEST })
    class Handler {
      execute(command: Work) {
        return Promise.resolve(cqrs.AsyncContext.of(command));
      }
    }
    const { commands } = await start([Handler]);
    const context = new cqrs.AsyncContext();
    note((await commands.execute(new Work(), context)) === context);
    const own = await commands.execute(new Work());
    note((own as object) instanceof cqrs.AsyncContext);
  });

  sameAsIncumbent('an AsyncContext can be attached, read and merged', ({ cqrs, note }) => {
    const context = new cqrs.AsyncContext();
    const [one, other, third] = [new Work(), new Work(), new Work()];
    note(cqrs.AsyncContext.isAttached(one), cqrs.AsyncContext.of(one));
    context.attachTo(one);
    note(cqrs.AsyncContext.isAttached(one), cqrs.AsyncContext.of(one) === context);
    note((one as never)[cqrs.ASYNC_CONTEXT_ATTRIBUTE] === context, Object.keys(one), { ...one });
    cqrs.AsyncContext.merge(one, other);
    note(cqrs.AsyncContext.of(other) === context);
    cqrs.AsyncContext.merge(third, other);
    note(cqrs.AsyncContext.of(other) === context, cqrs.AsyncContext.of(third));
    cqrs.AsyncContext.merge(undefined as never, other);
    cqrs.AsyncContext.merge(one, undefined as never);
    note(typeof context.id, typeof context.id.id, Object.keys(context));
    note(String(cqrs.ASYNC_CONTEXT_ATTRIBUTE));
    return Promise.resolve();
  });

  sameAsIncumbent('two contexts never have the same id', ({ cqrs, note }) => {
    const ids = Array.from({ length: 100 }, () => new cqrs.AsyncContext().id);
    note(new Set(ids).size);
    return Promise.resolve();
  });

  sameAsIncumbent('subscribers and singleton handlers find the context that an event was published in', async stage => {
    const { cqrs, start, note } = stage;
    const context = new cqrs.AsyncContext();
    @cqrs.EventsHandler(Worked)
    class Handler {
      handle(event: Worked) {
        note('handler', event.step, cqrs.AsyncContext.of(event) === context);
      }
    }
    const { events } = await start([Handler]);
    events.subscribe(event => note('subscriber', cqrs.AsyncContext.of(event) === context));
    await events.publish(new Worked(1), context);
    await events.publish(new Worked(2), { name: 'aggregate' }, context);
    await events.publishAll([new Worked(3), new Worked(4)], context);
  });

  sameAsIncumbent('request-scoped event handlers share the instances of a command before them', async stage => {
    const { cqrs, start, note } = stage;
    let made = 0;
    @Injectable({ scope: Scope.REQUEST })
    class UnitOfWork {
      readonly number = ++made;
    }
    @cqrs.CommandHandler(Work)
    class Handler {
      constructor(
        private readonly unit: UnitOfWork,
        @Inject(cqrs.EventBus) private readonly events: { publish(...args: unknown[]): unknown },
        @Inject(REQUEST) private readonly request: object,
      ) {}
      execute() {
        note('command', this.unit.number);
        void this.events.publish(new Worked(), this.request);
        return Promise.resolve();
      }
    }
    @cqrs.EventsHandler(Worked, { scope: Scope.REQUEST })
    class Listener {
      constructor(
        private readonly unit: UnitOfWork,
        @Inject(REQUEST) private readonly request: object,
      ) {}
      handle() {
        note('event', this.unit.number, this.request instanceof cqrs.AsyncContext);
      }
    }
    const { commands } = await start([Handler, Listener, UnitOfWork]);
    await commands.execute(new Work(), new cqrs.AsyncContext());
    await quiet();
  });

  sameAsIncumbent('a request-scoped event handler that throws is reported', async ({ cqrs, start, note }) => {
    const failure = new Error('broken');
    @cqrs.EventsHandler(Worked, { scope: Scope.REQUEST })
    class Listener {
      handle() {
        throw failure;
      }
    }
    const { events, failures } = await start([Listener]);
    failures.subscribe(info => note({ ...info }));
    await events.publish(new Worked(5));
    await quiet();
  });

  sameAsIncumbent('an aggregate publishes in the context it was merged with', async ({ cqrs, start, note }) => {
    const context = new cqrs.AsyncContext();
    @cqrs.EventsHandler(Worked)
    class Handler {
      handle(event: Worked) {
        note(event.step, cqrs.AsyncContext.of(event) === context);
      }
    }
    class Job extends cqrs.AggregateRoot {}
    const { publisher } = await start([Handler]);
    const job = publisher.mergeObjectContext(new Job(), context);
    job.apply(new Worked(1));
    void job.commit();
    const Merged = publisher.mergeClassContext(Job as new () => InstanceType<typeof Job>, context);
    const other = new Merged();
    other.apply(new Worked(2));
    void other.commit();
    await quiet();
  });

  sameAsIncumbent('a saga hands the context of an event to its command', async ({ cqrs, start, note }) => {
    const context = new cqrs.AsyncContext();
    class Sagas {
      @cqrs.Saga()
      work = (events$: Observable<object>) =>
        events$.pipe(
          cqrs.ofType(Worked),
          map(({ step }, i) => {
            const command = new Work(step + i);
            context.attachTo(command);
            return command;
          }),
        );
    }
    @cqrs.CommandHandler(Work, { scope: Scope.REQUEST })
    class Handler {
      execute(command: Work) {
        note(command.step, cqrs.AsyncContext.of(command) === context);
        return Promise.resolve();
      }
    }
    const { events } = await start([Sagas, Handler]);
    await events.publish(new Worked(1));
    await quiet();
  });

  sameAsIncumbent(
    'the id of a context resolves the instances that its handlers have',
    async ({ cqrs, start, note }) => {
      let made = 0;
      @Injectable({ scope: Scope.REQUEST })
      class UnitOfWork {
        readonly number = ++made;
      }
      @cqrs.CommandHandler(Work)
      class Handler {
        constructor(private readonly unit: UnitOfWork) {}
        execute() {
          return Promise.resolve(this.unit);
        }
      }
      const { commands, module } = await start([Handler, UnitOfWork]);
      const context = new cqrs.AsyncContext();
      module.registerRequestByContextId(context, context.id);
      const unit: UnitOfWork = await module.resolve(UnitOfWork, context.id, { strict: false });
      const received = await commands.execute(new Work(), context);
      note((received as unknown) === unit, made);
    },
  );

  sameAsIncumbent('a command that was executed keeps the context it had', async ({ cqrs, start, note }) => {
    @cqrs.CommandHandler(Work, { scope: Scope.REQUEST })
    class Handler {
      execute() {
        return Promise.resolve();
      }
    }
    const { commands } = await start([Handler]);
    const [command, other, context] = [new Work(), new Work(), new cqrs.AsyncContext()];
    await commands.execute(command);
    note(cqrs.AsyncContext.of(command) instanceof cqrs.AsyncContext, cqrs.AsyncContext.isAttached(command));
    await commands.execute(other, context);
    note(cqrs.AsyncContext.of(other) === context);
  });
});
