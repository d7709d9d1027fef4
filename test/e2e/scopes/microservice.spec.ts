import { Controller, Inject, Injectable, Module, Scope, type INestMicroservice } from '@nestjs/common';
import { NestFactory, REQUEST } from '@nestjs/core';
import {
  ClientProxyFactory,
  MessagePattern,
  Payload,
  Transport,
  type ClientProxy,
  type RequestContext,
} from '@nestjs/microservices';
import { createServer, type AddressInfo } from 'node:net';
import { firstValueFrom } from 'rxjs';
import { AsyncContext, Command, CommandBus, CommandHandler, CqrsModule } from '../../../lib/index.js';

let made = 0;

/** What one message works with. */
@Injectable({ scope: Scope.REQUEST })
class UnitOfWork {
  readonly number = ++made;
}

class Save extends Command<{ unit: number; data: unknown }> {}

@CommandHandler(Save)
class SaveHandler {
  constructor(
    @Inject(UnitOfWork) readonly work: UnitOfWork,
    @Inject(REQUEST) readonly request: RequestContext,
  ) {}
  execute() {
    return Promise.resolve({ unit: this.work.number, data: this.request.data as unknown });
  }
}

@Controller({ scope: Scope.REQUEST })
class SaveController {
  constructor(
    @Inject(UnitOfWork) readonly work: UnitOfWork,
    @Inject(CommandBus) readonly commands: CommandBus,
    @Inject(REQUEST) readonly request: RequestContext,
  ) {}

  @MessagePattern('save')
  async save(@Payload() _data: unknown) {
    return { own: this.work.number, ...(await this.commands.execute(new Save(), new AsyncContext(this.request))) };
  }
}

@Module({
  imports: [CqrsModule.forRoot()],
  controllers: [SaveController],
  providers: [UnitOfWork, SaveHandler],
})
class AppModule {}

describe('In a microservice', () => {
  let app: INestMicroservice;
  let client: ClientProxy;

  beforeEach(async () => {
    const server = createServer();
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise(resolve => server.close(resolve));
    const tcp = { transport: Transport.TCP as const, options: { host: '127.0.0.1', port } };
    app = await NestFactory.createMicroservice(AppModule, { logger: false, ...tcp });
    await app.listen();
    client = ClientProxyFactory.create(tcp);
  });

  afterEach(async () => {
    await client.close();
    await app.close();
  });

  const save = (data: unknown) =>
    firstValueFrom(client.send<{ own: number; unit: number; data: unknown }>('save', data));

  it('a request-scoped controller shares its instances with the handlers it dispatches to', async () => {
    const { own, unit, data } = await save({ user: 'ann' });
    expect(unit).toBe(own);
    expect(data).toEqual({ user: 'ann' });
  });

  it('messages that arrive at once share nothing', async () => {
    const replies = await Promise.all(Array.from({ length: 10 }, (_, user) => save({ user })));
    expect(new Set(replies.map(({ unit }) => unit)).size).toBe(10);
    expect(replies.map(({ data }) => data)).toEqual(Array.from({ length: 10 }, (_, user) => ({ user })));
  });
});
