import { Inject, Injectable, Scope, type Type } from '@nestjs/common';
import type { ICommandHandler, IEventHandler, IQueryHandler } from 'nestjs-cqrs';
import { quiet, sameAsIncumbent } from './differential.js';

describe('Handlers that the code of the application makes or calls, as with @nestjs/cqrs:', () => {
  class Work {
    constructor(readonly id: number) {}
  }
  class Rest {
    constructor(readonly id: number) {}
  }
  class Ask {
    constructor(readonly id: number) {}
  }
  class Worked {
    constructor(readonly id: number) {}
  }
  class Rested {
    constructor(readonly id: number) {}
  }

  sameAsIncumbent('decorators take classes that only run time knows', async ({ cqrs, start, note }) => {
    const handlersFor = (command: Type<any>, query: Type<any>, event: Type<any>) => {
      @cqrs.CommandHandler(command)
      class OnCommand {
        async execute(given: any) {
          return `${command.name} ${given.id}`;
        }
      }
      @cqrs.QueryHandler(query, { scope: Scope.REQUEST })
      class OnQuery {
        async execute(given: any) {
          return `${query.name} ${given.id}`;
        }
      }
      @cqrs.EventsHandler(event)
      class OnEvent {
        handle(given: any) {
          note(event.name, given.id);
        }
      }
      return [OnCommand, OnQuery, OnEvent];
    };
    const { commands, queries, events } = await start([
      ...handlersFor(Work, Ask, Worked),
      ...handlersFor(Rest, Rest, Rested),
    ]);
    note(await commands.execute(new Work(1)), await commands.execute(new Rest(2)));
    note(await queries.execute(new Ask(3)), await queries.execute(new Rest(4)));
    await events.publishAll([new Worked(5), new Rested(6)]);
    await quiet();
  });

  sameAsIncumbent('a handler may be for a list of classes', async ({ cqrs, start, note }) => {
    const types: Type<any>[] = [Worked, Rested];
    @cqrs.EventsHandler(...types)
    class Audit implements IEventHandler<any> {
      handle(event: any) {
        note(event.constructor.name, event.id);
      }
    }
    const { events } = await start([Audit]);
    await events.publishAll([new Worked(1), new Rested(2), new Work(3)]);
  });

  sameAsIncumbent('decorators may be called as functions, on classes made in a loop', async ({ cqrs, start, note }) => {
    const handlers = [Work, Rest].map(type => {
      const handler = class {
        execute = async ({ id }: Work) => `${type.name} ${id}`;
      };
      (cqrs.CommandHandler(type as Type<any>) as ClassDecorator)(handler);
      return handler;
    });
    const { commands } = await start(handlers);
    note(await commands.execute(new Work(1)), await commands.execute(new Rest(2)));
  });

  sameAsIncumbent('message classes may be made at run time', async ({ cqrs, start, note }) => {
    const messageOf = (name: string): Type<any> => ({ [name]: class { constructor(readonly id: number) {} } })[name]!; // prettier-ignore
    const Created = messageOf('Created');
    const Removed = messageOf('Removed');
    @cqrs.EventsHandler(Created)
    class OnCreated {
      handle = (event: any) => note('created', event.id);
    }
    @cqrs.EventsHandler(Removed)
    class OnRemoved {
      handle = (event: any) => note('removed', event.id);
    }
    const { events } = await start([OnCreated, OnRemoved]);
    await events.publishAll([new Created(1), new Removed(2)]);
  });

  sameAsIncumbent('a base class may hold a handler for what its subclass names', async ({ cqrs, start, note }) => {
    class Store {
      readonly saved: number[] = [];
    }
    abstract class Save<T extends { id: number }> {
      constructor(@Inject(Store) protected readonly store: Store) {}
      async execute(command: T) {
        this.store.saved.push(command.id);
        return this.store.saved.length;
      }
    }
    @cqrs.CommandHandler(Work as Type<any>)
    class SaveWork extends Save<Work> {}
    @cqrs.CommandHandler(Rest as Type<any>, { scope: Scope.REQUEST })
    class SaveRest extends Save<Rest> {
      override async execute(command: Rest) {
        return (await super.execute(command)) * 10;
      }
    }
    const { commands, module } = await start([Store, SaveWork, SaveRest]);
    note(await commands.execute(new Work(1)), await commands.execute(new Rest(2)), module.get(Store).saved);
  });

  sameAsIncumbent(
    'what a handler returns is used as a promise by its callers',
    async ({ cqrs, start, note, outcome }) => {
      @cqrs.CommandHandler(Work)
      class Works implements ICommandHandler<Work, string> {
        async execute({ id }: Work) {
          if (id < 0) throw new RangeError('no work');
          return `worked ${id}`;
        }
      }
      @cqrs.QueryHandler(Ask)
      class Answers implements IQueryHandler<Ask, number> {
        constructor(@Inject(Works) private readonly works: ICommandHandler<Work, string>) {}
        execute({ id }: Ask): Promise<number> {
          return this.works
            .execute(new Work(id))
            .then(text => text.length)
            .catch((error: Error) => error.message.length);
        }
      }
      @cqrs.EventsHandler(Worked)
      class Listens implements IEventHandler<Worked> {
        async handle({ id }: Worked) {
          return `heard ${id}`;
        }
      }
      const { module, queries } = await start([Works, Answers, Listens]);
      const handler: ICommandHandler<Work, string> = module.get(Works);
      const listener: IEventHandler<Worked> = module.get(Listens);
      const pending = handler.execute(new Work(1));
      note(pending instanceof Promise, await pending.finally(() => note('settled')));
      note(await Promise.all([handler.execute(new Work(2)), module.get(Answers).execute(new Ask(3))]));
      note(await outcome(() => handler.execute(new Work(-1))), await queries.execute(new Ask(-1)));
      note(await listener.handle(new Worked(4)));
    },
  );

  sameAsIncumbent('an own bus may call the handlers that Nest made', async ({ cqrs, start, note, outcome }) => {
    @cqrs.CommandHandler(Work)
    class Works {
      async execute({ id }: Work) {
        return `worked ${id}`;
      }
    }
    @cqrs.CommandHandler(Rest)
    class Rests {
      async execute({ id }: Rest) {
        return Promise.reject(new TypeError(`no rest for ${id}`));
      }
    }
    @Injectable()
    class Mediator {
      readonly handlers: Map<unknown, ICommandHandler<any, any>>;
      constructor(@Inject(Works) works: Works, @Inject(Rests) rests: Rests) {
        this.handlers = new Map<unknown, ICommandHandler<any, any>>([
          [Work, works],
          [Rest, rests],
        ]);
      }
      send(command: object): Promise<unknown> {
        return this.handlers.get(command.constructor)!.execute(command);
      }
    }
    const { module } = await start([Works, Rests, Mediator]);
    note(await module.get(Mediator).send(new Work(1)));
    note(await outcome(() => module.get(Mediator).send(new Rest(2))));
  });

  sameAsIncumbent('handlers may be made without Nest, and called', async ({ cqrs, note }) => {
    @cqrs.CommandHandler(Work)
    class Works implements ICommandHandler<Work, number> {
      constructor(private readonly factor: number) {}
      async execute({ id }: Work) {
        return id * this.factor;
      }
    }
    const handler: ICommandHandler<Work, number> = new Works(3);
    note(await handler.execute(new Work(2)), Object.keys(handler), handler.constructor === Works);
  });

  sameAsIncumbent('a method of a handler may be replaced after the start', async ({ cqrs, start, note }) => {
    @cqrs.CommandHandler(Work)
    class Works {
      async execute({ id }: Work) {
        return `worked ${id}`;
      }
    }
    @cqrs.EventsHandler(Worked)
    class Listens {
      handle({ id }: Worked): void {
        note('heard', id);
      }
    }
    const { commands, events, module } = await start([Works, Listens]);
    note(await commands.execute(new Work(1)));
    const works = module.get(Works);
    const original = works.execute.bind(works);
    works.execute = async command => `${await original(command)}, measured`;
    note(await commands.execute(new Work(2)));
    Listens.prototype.handle = ({ id }) => note('replaced', id);
    await events.publish(new Worked(3));
  });

  sameAsIncumbent('a handler may hand on what another bus call promises', async ({ cqrs, start, note, outcome }) => {
    @cqrs.CommandHandler(Work)
    class Works {
      async execute({ id }: Work) {
        if (id < 0) throw new RangeError('no work');
        return `worked ${id}`;
      }
    }
    @cqrs.QueryHandler(Ask)
    class Answers {
      constructor(@Inject(cqrs.CommandBus) private readonly commands: { execute(command: object): Promise<string> }) {}
      execute({ id }: Ask): Promise<string> {
        return this.commands.execute(new Work(id));
      }
    }
    const { queries } = await start([Works, Answers]);
    note(await queries.execute(new Ask(1)), await outcome(() => queries.execute(new Ask(-1))));
  });
});
