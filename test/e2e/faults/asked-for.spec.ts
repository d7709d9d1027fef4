import { Inject } from '@nestjs/common';
import {
  CommandBus,
  CommandHandler,
  EventBus,
  EventsHandler,
  QueryBus,
  QueryHandler,
  type CqrsMiddleware,
  type MessageContext,
  type Next,
} from 'nestjs-cqrs';
import { track } from 'nestjs-cqrs/testing';
import { closeAll, start } from './application.js';
import { quiet } from '../../support/waiting.js';

/** The section “Asked for again and again, never given”, as far as the buses themselves give it. */
describe('Asked for again and again:', () => {
  class Work {
    constructor(readonly id: number) {}
  }
  class Worked {
    constructor(readonly id: number) {}
  }
  class Ask {}

  afterEach(closeAll);

  @CommandHandler(Work)
  class Works {
    constructor(@Inject(EventBus) private readonly events: EventBus) {}
    async execute({ id }: Work, context: MessageContext) {
      if (id < 0) throw new RangeError('negative');
      await this.events.publish(new Worked(id), { context });
      return id * 2;
    }
  }
  @QueryHandler(Ask)
  class Answers {
    execute() {
      return 'answer';
    }
  }
  @EventsHandler(Worked)
  class Listens {
    async handle() {
      await quiet();
    }
  }

  it('middleware around all three sees message, result, error and duration, and can wrap (291, 1032, 1865)', async () => {
    const seen: unknown[] = [];
    class Watch implements CqrsMiddleware {
      async intercept(message: object, next: Next, { kind, type, time }: MessageContext) {
        const began = performance.now();
        const note = (outcome: unknown) =>
          seen.push([kind, type.name, outcome, performance.now() >= began && time > 0]);
        try {
          const result: unknown = await next(message);
          note(result);
          return kind === 'query' ? 'wrapped' : result;
        } catch (error) {
          note(error);
          throw error;
        }
      }
    }
    const { commands, queries } = await start({ providers: [Works, Answers, Listens] }, { middleware: [Watch] });
    expect(await commands.execute(new Work(3))).toBe(6);
    expect(await queries.execute(new Ask())).toBe('wrapped');
    await expect(commands.execute(new Work(-1))).rejects.toThrow(RangeError);
    expect(seen).toEqual([
      ['event', 'Worked', undefined, true],
      ['command', 'Work', 6, true],
      ['query', 'Ask', 'answer', true],
      ['command', 'Work', new RangeError('negative'), true],
    ]);
  });

  it('publish resolves when all handlers are done, and names those that failed (134, 156)', async () => {
    const done: string[] = [];
    @EventsHandler(Worked)
    class Slow {
      async handle() {
        await quiet();
        done.push('slow');
      }
    }
    @EventsHandler(Worked)
    class Fails {
      async handle() {
        await Promise.resolve();
        throw new Error('broken');
      }
    }
    const { events } = await start({ providers: [Slow, Fails] });
    const outcome = await events.publish(new Worked(1), { onError: 'collect' });
    expect(done).toEqual(['slow']);
    expect(outcome.failures).toEqual([{ handler: 'Fails', module: 'RootTestModule', error: new Error('broken') }]);
    await expect(events.publish(new Worked(2), { onError: 'throw' })).rejects.toThrow('broken');
  });

  it('correlation and causation pass from a command to its events (164)', async () => {
    const { app } = await start({ providers: [Works, Listens] });
    const { executed, published } = await track(app).execute(new Work(1), { correlationId: 'order-7' });
    const [command, event] = [executed[0]!.context!, published[0]!.context!];
    expect(event.correlationId).toBe('order-7');
    expect(event.causationId).toBe(command.messageId);
  });

  it('commands and queries need no module and no container', async () => {
    const [commands, queries, events] = [new CommandBus(), new QueryBus(), new EventBus()];
    commands.register(Work, ({ id }) => events.publish(new Worked(id)));
    queries.register(Ask, () => 'answer');
    const seen: number[] = [];
    events.register(Worked, ({ id }) => void seen.push(id));
    await commands.dispatch(new Work(4));
    expect([await queries.ask(new Ask()), seen]).toEqual(['answer', [4]]);
  });
});
