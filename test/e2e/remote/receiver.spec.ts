import { BadRequestException, Controller, InternalServerErrorException, Module } from '@nestjs/common';
import { LazyModuleLoader, NestFactory } from '@nestjs/core';
import { ClientTCP, MessagePattern, ServerTCP } from '@nestjs/microservices';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import {
  Command,
  CommandHandler,
  CommandBus,
  CqrsModule,
  expose,
  header,
  Message,
  MessageContext,
  Query,
  QueryHandler,
  RemoteException,
  route,
  type CqrsModuleOptions,
  type ExposeOptions,
} from '../../../lib/index.js';
import { microservice, microserviceServer } from '../../../lib/integrations/microservices/index.js';
import { MemoryRemote, scenario } from '../../../lib/testing/index.js';
import { start } from '../../support/application.js';
import { freePort } from '../../support/broker-process.js';

@Message({ name: 'users.create', aliases: ['users.add'] })
class CreateUser extends Command<Record<string, unknown>> {}

@Message({ name: 'users.fail' })
class Fail extends Query<void> {
  constructor(readonly how: keyof typeof FAILURES) {
    super();
  }
}

class Hidden extends Command {}

@Message({ name: 'users.odd' })
class Odd extends Command<unknown> {}

@Message({ name: 'users.taken' })
class NameTaken extends Error {
  constructor(readonly name_: string) {
    super('taken');
  }
}

const FAILURES = {
  listed: () => new NameTaken('ada'),
  unlisted: () => new RangeError('password of the database'),
  refused: () => new BadRequestException('no name'),
  broken: () => new InternalServerErrorException('password of the database'),
  text: () => 'a text' as unknown as Error,
};

const tenant = header<string>('tenant');
const role = header<string>('role');

class Users {
  @CommandHandler(CreateUser)
  create(_: CreateUser, context: MessageContext) {
    return { tenant: context.header(tenant), role: context.header(role), fromOutside: context.fromOutside };
  }

  @CommandHandler(Hidden)
  hidden(): void {}

  @CommandHandler(Odd)
  odd(): unknown {
    return { deep: () => undefined };
  }

  @QueryHandler(Fail)
  fail({ how }: Fail): void {
    throw FAILURES[how]();
  }
}

const module = (options: CqrsModuleOptions, ...providers: (new () => object)[]) =>
  start({ imports: [CqrsModule.forRoot(options)], providers });

async function exposed(options?: ExposeOptions) {
  const remote = new MemoryRemote('users');
  const messages = [NameTaken];
  await module({ expose: [expose(CreateUser, Fail, Odd).on(remote.server(), options)], messages }, Users);
  return module({ routes: [route('*').to(remote.transport())], messages });
}

describe('What a process believes and tells', () => {
  it('all headers by default, and only those that are listed', async () => {
    const headers = { ...tenant.of('acme'), ...role.of('admin') };
    const all = await exposed();
    expect(await all.commands.execute(new CreateUser(), { headers })).toEqual({
      tenant: 'acme',
      role: 'admin',
      fromOutside: true,
    });
    const byKey = await exposed({ headers: [tenant] });
    expect(await byKey.commands.execute(new CreateUser(), { headers })).toMatchObject({
      tenant: 'acme',
      role: undefined,
    });
    const some = await exposed({ headers: ['tenant'] });
    expect(await some.commands.execute(new CreateUser(), { headers })).toEqual({
      tenant: 'acme',
      role: undefined,
      fromOutside: true,
    });
  });

  it('nothing that is not listed can be reached', async () => {
    const { commands } = await exposed();
    await expect(commands.dispatch(new Hidden())).rejects.toMatchObject({
      outcome: 'not-handled',
      message: expect.stringContaining('users does not expose it') as string,
    });
  });

  it.each([
    ['listed', NameTaken, 'taken'],
    ['refused', BadRequestException, 'no name'],
    ['broken', InternalServerErrorException, 'password of the database'],
    ['unlisted', RemoteException, 'The other process failed: RangeError: password of the database'],
    ['text', RemoteException, 'The other process failed: Error: a text'],
  ] as const)('tells by default all failures: %s', async (how, type, text) => {
    const { app } = await exposed();
    const { error } = await scenario(app).when(new Fail(how)).fails(type, text);
    expect((error as Error).stack).not.toContain('Users.fail');
  });

  it.each([
    ['listed', NameTaken, 'taken'],
    ['refused', BadRequestException, 'no name'],
    ['broken', RemoteException, 'Internal error'],
    ['unlisted', RemoteException, 'Internal error'],
    ['text', RemoteException, 'Internal error'],
  ] as const)('tells where only listed failures are told: %s', async (how, type, text) => {
    const { app } = await exposed({ failures: 'listed' });
    const { error } = await scenario(app).when(new Fail(how)).fails(type, text);
    expect(JSON.stringify(error)).not.toContain('password');
  });

  it('that a handler has run whose result cannot leave the process', async () => {
    const { commands } = await exposed();
    await expect(commands.execute(new Odd())).rejects.toMatchObject({
      code: 'CQRS_UNSERIALIZABLE',
      message: expect.stringMatching(
        /^The handler of users\.odd has run, and its result cannot be sent back\. .* Send the message again only if handling it twice does no harm\./,
      ) as string,
    });
  });

  it('a message by an earlier name', async () => {
    const remote = new MemoryRemote('users');
    await module({ expose: [expose(CreateUser).on(remote.server())] }, Users);
    @Message({ name: 'users.add' })
    class AddUser extends Command<Record<string, unknown>> {}
    const { commands } = await module({ routes: [route(AddUser).to(remote.transport())] });
    expect(await commands.execute(new AddUser())).toMatchObject({ fromOutside: true });
  });
});

describe('A lazily loaded module that handles an exposed message', () => {
  @Module({ providers: [Users] })
  class UsersModule {}

  it('is refused until it is loaded, and handled then', async () => {
    const remote = new MemoryRemote('users');
    const { app } = await module({ expose: [expose(CreateUser).on(remote.server(), { lazy: true })] });
    const { commands } = await module({ routes: [route(CreateUser).to(remote.transport())] });
    await expect(commands.execute(new CreateUser())).rejects.toMatchObject({ outcome: 'not-handled' });
    await app.get(LazyModuleLoader).load(() => UsersModule);
    expect(await commands.execute(new CreateUser())).toMatchObject({ fromOutside: true });
  });
});

describe('Beside controllers', () => {
  @Controller()
  class Greeter {
    @MessagePattern('greet')
    greet(name: string): string {
      return `Hello ${name}`;
    }
  }

  const address = async () => ({ host: '127.0.0.1', port: await freePort() });

  const application = (server: ServerTCP) => {
    @Module({
      imports: [
        CqrsModule.forRoot({
          expose: [expose(CreateUser).on(microserviceServer('users', server, { listen: false }))],
        }),
      ],
      controllers: [Greeter],
      providers: [Users],
    })
    class AppModule {}
    return AppModule;
  };

  async function answers(at: { host: string; port: number }) {
    const client = new ClientTCP(at);
    const greeting = await firstValueFrom(client.send<string>('greet', 'Ada'));
    client.close();
    const { commands, app } = await module({ routes: [route('*').to(microservice('users', new ClientTCP(at)))] });
    const result = await commands.execute(new CreateUser());
    await app.close();
    return { greeting, result };
  }

  const both = { greeting: 'Hello Ada', result: { fromOutside: true } };

  it('in a microservice', async () => {
    const at = await address();
    const strategy = new ServerTCP(at);
    const app = await NestFactory.createMicroservice(application(strategy), { strategy, logger: false });
    await app.listen();
    expect(await answers(at)).toMatchObject(both);
    await app.close();
  });

  it('in a hybrid application, once it is initialized', async () => {
    const at = await address();
    const strategy = new ServerTCP(at);
    const app = await NestFactory.create(application(strategy), { logger: false });
    app.connectMicroservice({ strategy });
    await expect(app.startAllMicroservices()).rejects.toMatchObject({ code: 'CQRS_LISTENS_TOO_EARLY' });
    await app.init();
    await app.startAllMicroservices();
    expect(await answers(at)).toMatchObject(both);
    await app.close();
  });

  it('a microservice that closes answers what runs, and refuses the rest', async () => {
    const at = await address();
    const strategy = new ServerTCP(at);
    let begin: () => void;
    const begun = new Promise<void>(resolve => (begin = resolve));
    class SlowUsers {
      @CommandHandler(CreateUser)
      async create() {
        begin();
        await new Promise(resolve => setTimeout(resolve, 100));
        return { slow: true };
      }
    }
    @Module({
      imports: [
        CqrsModule.forRoot({
          expose: [expose(CreateUser).on(microserviceServer('users', strategy, { listen: false }))],
        }),
      ],
      providers: [SlowUsers],
    })
    class AppModule {}
    const app = await NestFactory.createMicroservice(AppModule, { strategy, logger: false });
    await app.listen();
    const { commands } = await module({ routes: [route('*').to(microservice('users', new ClientTCP(at)))] });
    const running = commands.execute(new CreateUser());
    await begun;
    const closing = app.close();
    await expect(commands.execute(new CreateUser())).rejects.toMatchObject({ outcome: 'not-handled' });
    expect(await running).toEqual({ slow: true });
    await closing;
  });

  it('a server whose port is taken is an error of startup that says so', async () => {
    const at = await address();
    const taken = new ServerTCP(at);
    await new Promise<unknown>(resolve => taken.listen(resolve));
    const failure = await module(
      { expose: [expose(CreateUser).on(microserviceServer('users', new ServerTCP(at)))] },
      Users,
    ).catch((error: unknown) => error);
    taken.close();
    expect(failure).toMatchObject({ code: 'CQRS_CANNOT_LISTEN' });
    expect((failure as Error).message).toMatch(/^The server users \(tcp\) does not listen: .*EADDRINUSE/);
  });
});

describe('A client of another engine', () => {
  class OddClient extends ClientTCP {}

  it('is known by the class that it extends', () => {
    expect(microservice('odd', new OddClient({})).engine).toBe('tcp');
  });

  it('is given only options that there are', () => {
    const odd = { listens: false } as object;
    expect(() => microserviceServer('odd', new ServerTCP({}), odd)).toThrow(
      `There is no option "listens". Where: microserviceServer('odd', …). Use one of these, or leave it out: engine, features, listen. [CQRS_INVALID_OPTIONS]`,
    );
    expect(() => microservice('odd', new OddClient({}), odd)).toThrow(/^There is no option "listens"/);
  });

  it('must say what it can do', () => {
    const client = { send: () => undefined } as unknown as ClientTCP;
    expect(() => microservice('odd', client)).toThrow(/what can do|not known what/);
    const features = { sharesLoad: true, manyReplies: false, addressable: false, tellsNobodyListens: false };
    expect(microservice('odd', client, { features, engine: 'mqtt' })).toMatchObject({ engine: 'mqtt', features });
  });
});

it('the buses of an application take part without an HTTP platform', async () => {
  const at = { host: '127.0.0.1', port: await freePort() };
  @Module({
    imports: [CqrsModule.forRoot({ expose: [expose(CreateUser).on(microserviceServer('users', new ServerTCP(at)))] })],
    providers: [Users],
  })
  class AppModule {}
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  const { commands } = await module({ routes: [route(CreateUser).to(microservice('users', new ClientTCP(at)))] });
  expect(await commands.execute(new CreateUser())).toMatchObject({ fromOutside: true });
  expect(await app.get(CommandBus).execute(new CreateUser())).toMatchObject({ fromOutside: false });
  await app.close();
  await expect(lastValueFrom(new ClientTCP(at).send('x', 1))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
