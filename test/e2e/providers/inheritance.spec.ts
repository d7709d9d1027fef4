import {
  Catch,
  Injectable,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  type CallHandler,
  type ExecutionContext,
} from '@nestjs/common';
import { catchError, of, retry } from 'rxjs';
import {
  Command,
  CommandHandler,
  CqrsModule,
  DispatchTimeoutException,
  EventsHandler,
  Middleware,
  Timeout,
  UseMiddleware,
  Wiring,
  type MessageContext,
  type MiddlewareFunction,
  type Next,
} from '../../../lib/index.js';
import { scenario } from '../../../lib/testing/index.js';
import { start } from '../../support/application.js';

let seen: string[];
beforeEach(() => (seen = []));

const named = (name: string): MiddlewareFunction =>
  Object.defineProperty((message: object, next: Next) => (seen.push(name), next(message)), 'name', { value: name });

const guard = (name: string) => {
  @Injectable()
  class Guard {
    canActivate() {
      seen.push(name);
      return true;
    }
  }
  return Object.defineProperty(Guard, 'name', { value: name });
};

class Pay extends Command {}
class Paid {}

describe('A decorator on a base class or on an overridden method', () => {
  const [OnBase, OnMethod, OnOverride] = [
    guard('guard of the base'),
    guard('guard of the method'),
    guard('guard of the override'),
  ];

  @UseMiddleware(named('base'))
  @UseGuards(OnBase)
  abstract class Payments {
    @UseMiddleware(named('method'))
    @UseGuards(OnMethod)
    async execute(_command: Pay): Promise<void> {
      seen.push('handler of the base');
    }
  }

  @CommandHandler(Pay)
  class Inheriting extends Payments {}

  @CommandHandler(Pay)
  class Overriding extends Payments {
    @UseMiddleware(named('override'))
    @UseGuards(OnOverride, OnMethod)
    override async execute(command: Pay): Promise<void> {
      await super.execute(command);
    }
  }

  it('holds for a class that inherits the method', async () => {
    const { commands } = await start({ imports: [CqrsModule], providers: [Inheriting] });
    await commands.dispatch(new Pay());
    expect(seen).toEqual(['base', 'method', 'guard of the base', 'guard of the method', 'handler of the base']);
  });

  it('holds for a class that overrides the method, outside of its own decorators, each once', async () => {
    const { app, commands } = await start({ imports: [CqrsModule], providers: [Overriding] });
    await commands.dispatch(new Pay());
    expect(seen).toEqual([
      'base',
      'method',
      'override',
      'guard of the base',
      'guard of the method',
      'guard of the override',
      'handler of the base',
    ]);
    expect(app.get(Wiring).toText()).toContain(
      'Pay → base → method → override → guard guard of the base → guard guard of the method → guard guard of the override → Overriding',
    );
  });

  it('holds for a decorated method that overrides a decorated one', async () => {
    class Base {
      @UseMiddleware(named('base method'))
      @EventsHandler(Paid)
      async react(_event: Paid): Promise<void> {
        seen.push('base');
      }
    }
    class Derived extends Base {
      @EventsHandler(Paid)
      override async react(_event: Paid): Promise<void> {
        seen.push('derived');
      }
    }
    const { events } = await start({ imports: [CqrsModule], providers: [Derived] });
    await events.publish(new Paid());
    expect(seen).toEqual(['base method', 'derived']);
  });

  it('limits time', async () => {
    abstract class Slow {
      @Timeout(5)
      async execute(_command: Pay): Promise<void> {
        await new Promise(resolve => setTimeout(resolve, 1_000).unref());
      }
    }
    @CommandHandler(Pay)
    class SlowHandler extends Slow {}
    const { app } = await start({ imports: [CqrsModule], providers: [SlowHandler] });
    await scenario(app).when(new Pay()).fails(DispatchTimeoutException, 'the 5 ms of @Timeout');
  });

  it('holds for interceptors, pipes and filters, too', async () => {
    const interceptor = {
      intercept: (_: ExecutionContext, next: CallHandler) => (seen.push('interceptor'), next.handle()),
    };
    const pipe = { transform: (message: object) => (seen.push('pipe'), message) };
    @Catch()
    class Filter {
      catch(error: Error) {
        return `caught: ${error.message}`;
      }
    }
    class Base {
      @UseInterceptors(interceptor)
      @UsePipes(pipe)
      @UseFilters(Filter)
      async execute(_command: object): Promise<unknown> {
        throw new Error('failed');
      }
    }
    class Ask extends Command<unknown> {}
    @CommandHandler(Ask)
    class AskHandler extends Base {
      override async execute(command: object) {
        return super.execute(command);
      }
    }
    const { app } = await start({ imports: [CqrsModule], providers: [AskHandler] });
    await scenario(app).when(new Ask()).answers('caught: failed');
    expect(seen).toEqual(['interceptor', 'pipe']);
  });
});

describe('@Middleware() of a base class', () => {
  @Middleware({ on: ['command'] })
  class Audit {
    intercept(message: object, next: Next) {
      seen.push(this.constructor.name);
      return next(message);
    }
  }
  class OwnAudit extends Audit {}

  @CommandHandler(Pay)
  class PayHandler {
    async execute() {}
  }

  it('holds for the class that is provided', async () => {
    const { commands } = await start({ imports: [CqrsModule], providers: [OwnAudit, PayHandler] });
    await commands.dispatch(new Pay());
    expect(seen).toEqual(['OwnAudit']);
  });

  it('holds for a class that is provided in its place', async () => {
    const { commands } = await start({
      imports: [CqrsModule],
      providers: [{ provide: Audit, useClass: OwnAudit }, PayHandler],
    });
    await commands.dispatch(new Pay());
    expect(seen).toEqual(['OwnAudit']);
  });

  it('is not made two where both are provided', async () => {
    const { commands } = await start({ imports: [CqrsModule], providers: [Audit, OwnAudit, PayHandler] });
    await commands.dispatch(new Pay());
    expect(seen).toEqual(['Audit']);
  });
});

describe('context.attempt', () => {
  it('counts the runs of an interceptor that retries, too', async () => {
    const attempts: number[] = [];
    const retrying = { intercept: (_: ExecutionContext, next: CallHandler) => next.handle().pipe(retry(2)) };
    const again: MiddlewareFunction = async (message, next) => {
      await next(message).catch(() => undefined);
      return next(message).catch(() => 'given up');
    };
    class Try extends Command<unknown> {}
    @CommandHandler(Try)
    @UseMiddleware(again)
    @UseInterceptors(retrying)
    class TryHandler {
      async execute(_: Try, context: MessageContext): Promise<unknown> {
        attempts.push(context.attempt);
        throw new Error('again');
      }
    }
    const { commands } = await start({ imports: [CqrsModule], providers: [TryHandler] });
    expect(await commands.execute(new Try())).toBe('given up');
    expect(attempts).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('counts in one dispatch alone', async () => {
    const attempts: number[] = [];
    const caught = {
      intercept: (_: ExecutionContext, next: CallHandler) => next.handle().pipe(catchError(() => of('caught'))),
    };
    class Try extends Command<unknown> {}
    @CommandHandler(Try)
    @UseInterceptors(caught)
    class TryHandler {
      async execute(_: Try, context: MessageContext): Promise<unknown> {
        attempts.push(context.attempt);
        throw new Error('once');
      }
    }
    const { commands } = await start({ imports: [CqrsModule], providers: [TryHandler] });
    for (let i = 0; i < 3; i++) expect(await commands.execute(new Try())).toBe('caught');
    expect(attempts).toEqual([1, 1, 1]);
  });
});
