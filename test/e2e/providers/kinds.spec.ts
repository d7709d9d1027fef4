import { Inject, Injectable, Module, type Provider } from '@nestjs/common';
import {
  Command,
  CommandHandler,
  CqrsModule,
  Event,
  EventsHandler,
  type ICommandHandler,
  Query,
  QueryHandler,
} from '../../../lib/index.js';
import { scenario, track } from '../../../lib/testing/index.js';
import { start } from '../../support/application.js';

class Greet extends Command<string> {}
class WhoGreets extends Query<string> {}
class Greeted extends Event {}

@Injectable()
@CommandHandler(Greet)
class GreetHandler {
  constructor(@Inject('GREETING') readonly greeting: string) {}
  execute() {
    return Promise.resolve(this.greeting);
  }
}

const greeting = (text: string): Provider => ({ provide: 'GREETING', useValue: text });

const greetWith = async (...providers: Provider[]) => {
  const { commands, log } = await start({ imports: [CqrsModule.forRoot()], providers });
  expect(log.warnings).toEqual([]);
  return commands.execute(new Greet());
};

describe('A handler class can be', () => {
  it('a plain provider', async () => {
    expect(await greetWith(greeting('hello'), GreetHandler)).toBe('hello');
  });

  it('a class under a string token', async () => {
    expect(await greetWith(greeting('hello'), { provide: 'handler', useClass: GreetHandler })).toBe('hello');
  });

  it('a class under a symbol', async () => {
    expect(await greetWith(greeting('hello'), { provide: Symbol('handler'), useClass: GreetHandler })).toBe('hello');
  });

  it('a class under an abstract base', async () => {
    abstract class Greeter {}
    expect(await greetWith(greeting('hello'), { provide: Greeter, useClass: GreetHandler })).toBe('hello');
  });

  it('a value under its own class', async () => {
    expect(await greetWith({ provide: GreetHandler, useValue: new GreetHandler('hi') })).toBe('hi');
  });

  it('a value under a string token', async () => {
    expect(await greetWith({ provide: 'handler', useValue: new GreetHandler('hi') })).toBe('hi');
  });

  it('a frozen value', async () => {
    expect(await greetWith({ provide: 'handler', useValue: Object.freeze(new GreetHandler('hi')) })).toBe('hi');
  });

  it('made by a factory', async () => {
    const useFactory = () => new GreetHandler('made');
    expect(await greetWith({ provide: GreetHandler, useFactory })).toBe('made');
  });

  it('made by an asynchronous factory with dependencies under a string token', async () => {
    const useFactory = (text: string) => Promise.resolve(new GreetHandler(`${text} later`));
    expect(await greetWith(greeting('hello'), { provide: 'handler', inject: ['GREETING'], useFactory })).toBe(
      'hello later',
    );
  });

  it('reachable by an alias too, which is not a duplicate', async () => {
    const alias = { provide: 'alias', useExisting: GreetHandler };
    expect(await greetWith(greeting('hello'), GreetHandler, alias)).toBe('hello');
    expect(await greetWith(greeting('hello'), alias, GreetHandler)).toBe('hello');
  });

  it('returned by a factory under another token, which is not a duplicate', async () => {
    const again = { provide: 'again', inject: [GreetHandler], useFactory: (handler: GreetHandler) => handler };
    expect(await greetWith(greeting('hello'), GreetHandler, again)).toBe('hello');
  });
});

describe('Provider values that are not handlers', () => {
  it.each([
    ['null', null],
    ['undefined', undefined],
    ['a number', 42],
    ['a function', () => undefined],
    ['an object without a prototype', Object.create(null) as object],
    ['an object whose constructor is no function', { constructor: 'none' }],
    ['a class', GreetHandler],
  ])('are left alone: %s', async (_name, value) => {
    expect(await greetWith(greeting('hello'), GreetHandler, { provide: 'odd', useValue: value })).toBe('hello');
  });
});

describe('Each handler is resolved in its own module', () => {
  it('when two modules have different dependencies under the same token', async () => {
    @Injectable()
    class Named {
      constructor(@Inject('NAME') readonly name: string) {}
    }
    @Injectable()
    class Left extends Named {
      @CommandHandler(Greet)
      greet() {
        return Promise.resolve(this.name);
      }
    }
    @Injectable()
    class Right extends Named {
      @QueryHandler(WhoGreets)
      who() {
        return this.name;
      }
    }
    const named = (name: string): Provider => ({ provide: 'NAME', useValue: name });
    @Module({ providers: [named('left'), { provide: 'service', useClass: Left }] })
    class LeftModule {}
    @Module({ providers: [named('right'), { provide: 'service', useClass: Right }] })
    class RightModule {}
    const { commands, queries } = await start({ imports: [CqrsModule.forRoot(), LeftModule, RightModule] });
    expect([await commands.execute(new Greet()), await queries.ask(new WhoGreets())]).toEqual(['left', 'right']);
  });
});

class Service {
  @CommandHandler(Greet)
  greet() {
    return Promise.resolve('by a method');
  }

  @QueryHandler(WhoGreets)
  who() {
    return 'the service';
  }

  @EventsHandler(Greeted)
  onGreeted() {}
}

describe('Handler methods', () => {
  it.each<[string, Provider]>([
    ['a class', Service],
    ['a class under a token', { provide: 'service', useClass: Service }],
    ['a value', { provide: 'service', useValue: new Service() }],
    ['what a factory made', { provide: Service, useFactory: () => new Service() }],
    ['what an asynchronous factory made', { provide: 'service', useFactory: () => Promise.resolve(new Service()) }],
  ])('serve all three buses on %s', async (_name, provider) => {
    const { app } = await start({ imports: [CqrsModule.forRoot()], providers: [provider] });
    await scenario(app).when(new Greet()).answers('by a method');
    await scenario(app).when(new WhoGreets()).answers('the service');
    const { published } = await track(app).publish(new Greeted());
    expect(published.handledBy).toEqual(['Service.onGreeted']);
  });

  it('can be named by symbols', async () => {
    const key = Symbol('greet');
    class Symbolic {
      @CommandHandler(Greet)
      [key]() {
        return Promise.resolve('by a symbol');
      }
    }
    expect(await greetWith(Symbolic)).toBe('by a symbol');
  });

  it('are inherited with their decorator', async () => {
    class Derived extends Service {}
    expect(await greetWith(Derived)).toBe('by a method');
  });

  it('are inherited and overridden without the decorator', async () => {
    class Derived extends Service {
      override greet() {
        return Promise.resolve('overridden');
      }
    }
    expect(await greetWith(Derived)).toBe('overridden');
  });

  it('are overridden and decorated anew without being duplicates', async () => {
    class Derived extends Service {
      @CommandHandler(Greet)
      override greet() {
        return Promise.resolve('decorated anew');
      }
    }
    expect(await greetWith(Derived)).toBe('decorated anew');
  });

  it('are called through the instance, so that a spy put there later is seen', async () => {
    const { app, commands } = await start({ imports: [CqrsModule.forRoot()], providers: [Service] });
    await commands.execute(new Greet());
    app.get(Service).greet = () => Promise.resolve('a stand-in');
    expect(await commands.execute(new Greet())).toBe('a stand-in');
  });
});

describe('Undecorated subclasses of a decorated handler', () => {
  @Injectable()
  class LoudGreetHandler extends GreetHandler {
    override execute() {
      return Promise.resolve(this.greeting.toUpperCase());
    }
  }

  it('do not take the command over where the base is provided too', async () => {
    expect(await greetWith(greeting('hello'), GreetHandler, LoudGreetHandler)).toBe('hello');
    expect(await greetWith(greeting('hello'), LoudGreetHandler, GreetHandler)).toBe('hello');
  });

  it('handle where the base is not provided', async () => {
    expect(await greetWith(greeting('hello'), LoudGreetHandler)).toBe('HELLO');
  });

  it('handle where they are provided under the token of the base', async () => {
    expect(await greetWith(greeting('hello'), { provide: GreetHandler, useClass: LoudGreetHandler })).toBe('HELLO');
  });

  it('handle beside the base of another application', async () => {
    const [base, derived] = await Promise.all([
      greetWith(greeting('hello'), GreetHandler),
      greetWith(greeting('hello'), LoudGreetHandler),
    ]);
    expect([base, derived]).toEqual(['hello', 'HELLO']);
  });
});

describe('One class for several messages', () => {
  it('may carry several handler decorators', async () => {
    @CommandHandler(Greet)
    @QueryHandler(WhoGreets)
    @EventsHandler(Greeted)
    class Everything implements ICommandHandler<Greet> {
      execute(message: Greet | WhoGreets) {
        return Promise.resolve(message.constructor.name);
      }
      handle() {}
    }
    const { app } = await start({ imports: [CqrsModule.forRoot()], providers: [Everything] });
    await scenario(app).when(new Greet()).answers('Greet');
    await scenario(app).when(new WhoGreets()).answers('WhoGreets');
    const { published } = await track(app).publish(new Greeted());
    expect(published.handledBy).toEqual(['Everything']);
  });
});
