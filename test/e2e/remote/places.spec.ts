import { Injectable, Scope } from '@nestjs/common';
import {
  at,
  Command,
  CommandHandler,
  CqrsModule,
  Event,
  EventsHandler,
  expose,
  Middleware,
  MessageContext,
  MessageValidationException,
  route,
  UseMiddleware,
  Validate,
  validation,
  Wiring,
  type CqrsMiddleware,
  type MiddlewareFunction,
  type Next,
  type Place,
} from '../../../lib/index.js';
import { MemoryRemote, scenario } from '../../../lib/testing/index.js';
import { start } from '../../support/application.js';

const ran: string[] = [];

function noting(name: string): MiddlewareFunction {
  const note: MiddlewareFunction = (message, next) => {
    ran.push(name);
    return next(message);
  };
  Object.defineProperty(note, 'name', { value: name });
  return note;
}

/** A transport, and the payloads that it has sent. */
function watched(remote: MemoryRemote) {
  const frames: unknown[] = [];
  const transport = remote.transport();
  const request: typeof transport.request = (pattern, frame) => {
    frames.push(frame.envelope.payload);
    return transport.request(pattern, frame);
  };
  return { frames, transport: { ...transport, request } };
}

class Plain extends Command {}

@UseMiddleware(at(noting('of the class, at handle'), 'handle'), at(noting('of the class, at send'), 'send'))
class Used extends Command {}

class Happened extends Event {}

class Handlers {
  @CommandHandler(Plain)
  plain(): void {
    ran.push('handler');
  }

  @CommandHandler(Used)
  used(): void {
    ran.push('handler');
  }

  @EventsHandler(Happened)
  happened(): void {
    ran.push('handler');
  }
}

@Middleware({ at: ['handle'] })
@Injectable()
class AtHandle implements CqrsMiddleware {
  intercept(message: object, next: Next) {
    ran.push('class at handle');
    return next(message);
  }
}

@Middleware({ at: ['send'] })
@Injectable({ scope: Scope.REQUEST })
class AtSendPerRequest implements CqrsMiddleware {
  intercept(message: object, next: Next) {
    ran.push('request-scoped class at send');
    return next(message);
  }
}

@Middleware({ at: ['store'] })
class AtStore implements CqrsMiddleware {
  intercept(message: object, next: Next) {
    ran.push('class at store');
    return next(message);
  }
}

@Injectable()
class Wherever implements CqrsMiddleware {
  runs = 0;

  intercept(message: object, next: Next, context: MessageContext) {
    this.runs += 1;
    ran.push(`instance for a ${context.kind}`);
    return next(message);
  }
}

/** A sender and a receiver with the same middleware. */
async function both(...middleware: NonNullable<Parameters<typeof CqrsModule.forRoot>[0]>['middleware'] & object[]) {
  ran.length = 0;
  const remote = new MemoryRemote('other');
  const providers = [AtHandle, AtSendPerRequest, AtStore, Wherever];
  const receiver = await start({
    imports: [CqrsModule.forRoot({ middleware, expose: [expose(Plain, Used, Happened).on(remote.server())] })],
    providers: [Handlers, ...providers],
  });
  const routes = [route(Plain, Used, Happened).to(remote.transport())];
  const sender = await start({ imports: [CqrsModule.forRoot({ middleware, routes })], providers });
  return { sender, receiver };
}

describe('Where a middleware runs', () => {
  const places: [string, Place[], string[]][] = [
    ['at handle', ['handle'], ['handler process']],
    ['at send', ['send'], ['sender process']],
    ['at store', ['store'], []],
    ['at handle and send', ['handle', 'send'], ['sender process', 'handler process']],
  ];

  it.each(places)('%s', async (_, at_, expected) => {
    const seen: string[] = [];
    const remote = new MemoryRemote('other');
    const noteIn = (process: string): MiddlewareFunction =>
      at<MiddlewareFunction>(
        (message, next) => {
          seen.push(process);
          return next(message);
        },
        ...at_,
      );
    await start({
      imports: [
        CqrsModule.forRoot({ middleware: [noteIn('handler process')], expose: [expose(Plain).on(remote.server())] }),
      ],
      providers: [Handlers],
    });
    const { commands } = await start({
      imports: [
        CqrsModule.forRoot({ middleware: [noteIn('sender process')], routes: [route(Plain).to(remote.transport())] }),
      ],
    });
    await commands.dispatch(new Plain());
    expect(seen).toEqual(expected);
  });

  it('a message that stays in the process passes both, once, and nothing that is stored', async () => {
    ran.length = 0;
    const middleware = [
      at(noting('handle'), 'handle'),
      at(noting('send'), 'send'),
      at(noting('store'), 'store'),
      noting('plain'),
    ];
    const { commands, events } = await start({ imports: [CqrsModule.forRoot({ middleware })], providers: [Handlers] });
    await commands.dispatch(new Plain());
    await events.publish(new Happened());
    const once = ['handle', 'send', 'plain', 'handler'];
    expect(ran).toEqual([...once, ...once]);
  });

  it('an arrival passes nothing that runs at send, also with options of its dispatch', async () => {
    const { sender } = await both(at(noting('send'), 'send'), at(noting('handle'), 'handle'));
    await sender.commands.dispatch(new Plain(), { timeout: 1000 });
    expect(ran).toEqual(['send', 'request-scoped class at send', 'handle', 'class at handle', 'handler']);
  });

  it('a local dispatch in a process that also receives passes what runs at send', async () => {
    const { receiver } = await both(at(noting('send'), 'send'));
    await receiver.commands.dispatch(new Plain());
    expect(ran).toEqual(['send', 'class at handle', 'request-scoped class at send', 'handler']);
  });

  it('of @UseMiddleware on a message class', async () => {
    const { sender } = await both();
    await sender.commands.dispatch(new Used());
    expect(ran.filter(name => name.startsWith('of'))).toEqual(['of the class, at send', 'of the class, at handle']);
  });

  it('of a message that a middleware replaces: an arrival passes nothing of the other class that runs at send', async () => {
    const replacing: MiddlewareFunction = (message, next) => next(message instanceof Plain ? new Used() : message);
    const { sender, receiver } = await both(at(replacing, 'handle'));
    await sender.commands.dispatch(new Plain());
    expect(ran.filter(name => name.startsWith('of'))).toEqual(['of the class, at handle']);
    ran.length = 0;
    await receiver.commands.dispatch(new Plain());
    expect(ran.filter(name => name.startsWith('of'))).toEqual(['of the class, at handle', 'of the class, at send']);
  });

  it('of events', async () => {
    const { sender } = await both(at(noting('send'), 'send'), at(noting('handle'), 'handle'));
    await sender.events.publish(new Happened());
    expect(ran).toEqual(['send', 'request-scoped class at send', 'handle', 'class at handle', 'handler']);
  });

  it('a class is limited in one list, and is the provided instance', async () => {
    const { sender, receiver } = await both(at(Wherever, 'handle'));
    await sender.commands.dispatch(new Plain());
    expect(sender.app.get(Wherever).runs).toBe(0);
    expect(receiver.app.get(Wherever).runs).toBe(1);
    expect(ran).toContain('instance for a command');
  });

  it('an instance keeps its method wraps()', async () => {
    const only = { ...noting, wraps: (type: object) => type === Used, intercept: noting('selective') };
    const { receiver } = await both(at(only, 'handle'));
    await receiver.commands.dispatch(new Plain());
    expect(ran).not.toContain('selective');
    await receiver.commands.dispatch(new Used());
    expect(ran).toContain('selective');
  });

  it('the wiring shows what wraps a message that leaves, and a message that is handled', async () => {
    const { sender, receiver } = await both(at(noting('send'), 'send'), at(noting('handle'), 'handle'));
    expect(sender.app.get(Wiring).toText()).toContain('Plain → send → AtSendPerRequest → other (memory)');
    expect(receiver.app.get(Wiring).toText()).toContain(
      'Plain → send → handle → AtHandle → AtSendPerRequest → Handlers.plain (RootTestModule), exposed on other (memory)',
    );
  });
});

describe('Validation of a message that leaves', () => {
  const counted = { validations: 0 };

  /** Trims, and counts. */
  @Validate({
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: value => {
        counted.validations += 1;
        const { name } = value as Named;
        return name.trim() === ''
          ? { issues: [{ message: 'empty', path: ['name'] }] }
          : { value: { name: name.trim() } };
      },
    },
  })
  class Named extends Command<string> {
    constructor(readonly name: string) {
      super();
    }
  }

  class Names {
    @CommandHandler(Named)
    handle({ name }: Named): string {
      return name;
    }
  }

  it('checks it before it leaves, and applies the schema where it is handled', async () => {
    const remote = new MemoryRemote('names');
    await start({
      imports: [CqrsModule.forRoot({ expose: [expose(Named).on(remote.server())] })],
      providers: [Names],
    });
    const { transport, frames } = watched(remote);
    const routes = [route(Named).to(transport)];
    const { app } = await start({ imports: [CqrsModule.forRoot({ routes })] });
    counted.validations = 0;
    await scenario(app).when(new Named(' Ada ')).answers('Ada');
    expect(frames).toEqual([{ name: ' Ada ' }]);
    expect(counted.validations).toBe(2);
    await scenario(app).when(new Named(' ')).fails(MessageValidationException, 'name: empty');
    expect(frames).toHaveLength(1);
  });

  class Unnamed extends Command<string> {}

  it('also where @UseMiddleware names it, and a middleware puts the message in the place of another', async () => {
    UseMiddleware(validation())(Named);
    const remote = new MemoryRemote('names');
    await start({
      imports: [CqrsModule.forRoot({ expose: [expose(Named).on(remote.server())] })],
      providers: [Names],
    });
    const { transport, frames } = watched(remote);
    const routes = [route(Named, Unnamed).to(transport)];
    const naming: MiddlewareFunction = (message, next) =>
      next(message instanceof Unnamed ? new Named(' Ada ') : message);
    const { app } = await start({ imports: [CqrsModule.forRoot({ routes, middleware: [naming] })] });
    await scenario(app).when(new Unnamed()).answers('Ada');
    expect(frames).toEqual([{ name: ' Ada ' }]);
  });
});
