import { UsePipes } from '@nestjs/common';
import { z } from 'zod';
import {
  AsyncContext,
  Command,
  CommandHandler,
  CqrsModule,
  EventsHandler,
  Saga,
  UseMiddleware,
  Validate,
  type MiddlewareFunction,
} from '../../../lib/index.js';
import { track } from '../../../lib/testing/index.js';
import { start } from '../../support/application.js';

const copying: MiddlewareFunction = (message, next) =>
  next(Object.assign(Object.create(Object.getPrototypeOf(message) as object) as object, message));
const pipe = {
  transform: (message: object) =>
    Object.assign(Object.create(Object.getPrototypeOf(message) as object) as object, message),
};

@Validate(z.object({ name: z.string().trim() }))
class Rename extends Command<AsyncContext | undefined> {
  constructor(readonly name: string) {
    super();
  }
}
class Move extends Command<AsyncContext | undefined> {}
class Pipe extends Command<AsyncContext | undefined> {}
class Moved {}

let contextOfEvent: AsyncContext | undefined;

@CommandHandler(Rename)
class RenameHandler {
  async execute(command: Rename) {
    return AsyncContext.of(command);
  }
}
@CommandHandler(Move)
@UseMiddleware(copying)
class MoveHandler {
  async execute(command: Move) {
    return AsyncContext.of(command);
  }
}
@CommandHandler(Pipe)
@UsePipes(pipe)
class PipeHandler {
  async execute(command: Pipe) {
    return AsyncContext.of(command);
  }
}
@EventsHandler(Moved)
@UseMiddleware(copying)
class OnMoved {
  handle(event: Moved) {
    contextOfEvent = AsyncContext.of(event);
  }
}

const providers = [RenameHandler, MoveHandler, PipeHandler, OnMoved];

describe('AsyncContext.of() of a message that was replaced', () => {
  it.each([
    ['by validation', () => new Rename(' Ada ')],
    ['by nothing', () => new Rename('Ada')],
    ['by a middleware', () => new Move()],
    ['by a pipe', () => new Pipe()],
  ])('%s finds the context that was given', async (_, message) => {
    const { commands } = await start({ imports: [CqrsModule], providers });
    const asyncContext = new AsyncContext({ user: 'u1' });
    for (let i = 0; i < 10; i++) {
      expect(await commands.execute<AsyncContext | undefined>(message(), asyncContext)).toBe(asyncContext);
      expect(await commands.execute<AsyncContext | undefined>(message(), { asyncContext, timeout: 1_000 })).toBe(
        asyncContext,
      );
      const attached = message();
      asyncContext.attachTo(attached);
      expect(await commands.execute<AsyncContext | undefined>(attached)).toBe(asyncContext);
      expect(await commands.execute<AsyncContext | undefined>(message())).toBeUndefined();
    }
  });

  it('finds it for an event', async () => {
    const { events } = await start({ imports: [CqrsModule], providers });
    const asyncContext = new AsyncContext();
    await events.publish(new Moved(), asyncContext);
    expect(contextOfEvent).toBe(asyncContext);
    const attached = new Moved();
    asyncContext.attachTo(attached);
    await events.publish(attached);
    expect(contextOfEvent).toBe(asyncContext);
    await events.publish(new Moved());
    expect(contextOfEvent).toBeUndefined();
  });
});

describe('The command of a saga', () => {
  class Step extends Command {}
  class OtherStep extends Command {}
  class Begun {}

  it('keeps its cause where a middleware without context puts another command in its place', async () => {
    const substitute: MiddlewareFunction = (message, next) => next(message instanceof Step ? new OtherStep() : message);
    @CommandHandler(Step)
    class StepHandler {
      async execute() {}
    }
    @CommandHandler(OtherStep)
    class OtherHandler {
      async execute() {}
    }
    class Sagas {
      @Saga(Begun)
      begin() {
        return new Step();
      }
    }
    const { app } = await start({
      imports: [CqrsModule.forRoot({ commands: { middleware: [substitute] } })],
      providers: [StepHandler, OtherHandler, Sagas],
    });
    for (let i = 0; i < 3; i++) {
      const { executed } = await track(app).publish(new Begun());
      expect(executed.handledBy).toEqual(['OtherHandler']);
      expect(executed[0]!.context!.sentBy).toEqual({ name: 'Sagas.begin', module: 'RootTestModule' });
    }
  });
});
