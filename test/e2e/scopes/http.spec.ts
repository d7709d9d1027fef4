import {
  Body,
  Controller,
  Get,
  Inject,
  Injectable,
  Post,
  Req,
  Scope,
  type INestApplication,
  type Type,
} from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { IncomingMessage } from 'node:http';
import request from 'supertest';
import {
  AsyncContext,
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  EventBus,
  EventsHandler,
} from '../../../lib/index.js';
import { RecordedLog } from '../../support/application.js';

let made = 0;

/** What one HTTP request works with. */
@Injectable({ scope: Scope.REQUEST })
class UnitOfWork {
  readonly number = ++made;
}

class Save extends Command<Saved> {}
class Stored {
  by = 0;
}
interface Saved {
  unit: number;
  url: string | undefined;
}

@CommandHandler(Save)
class SaveHandler {
  constructor(
    readonly work: UnitOfWork,
    @Inject(REQUEST) readonly request: { url?: string },
  ) {}
  execute(): Promise<Saved> {
    return Promise.resolve({ unit: this.work.number, url: this.request.url });
  }
}

@EventsHandler(Stored)
class StoredHandler {
  constructor(readonly work: UnitOfWork) {}
  handle(event: Stored) {
    event.by = this.work.number;
  }
}

@Controller({ path: 'scoped', scope: Scope.REQUEST })
class ScopedController {
  constructor(
    readonly work: UnitOfWork,
    readonly commands: CommandBus,
    readonly events: EventBus,
    @Inject(REQUEST) readonly request: object,
  ) {}

  @Get()
  async save() {
    const context = new AsyncContext(this.request);
    const event = new Stored();
    await this.events.publish(event, context);
    return { own: this.work.number, event: event.by, ...(await this.commands.execute(new Save(), context)) };
  }
}

@Controller('singleton')
class SingletonController {
  constructor(readonly commands: CommandBus) {}

  @Post()
  async save(@Req() incoming: IncomingMessage, @Body() _body: unknown) {
    const context = new AsyncContext(incoming);
    const [one, other] = [await this.commands.execute(new Save(), context), await this.commands.execute(new Save())];
    return { one, other };
  }
}

const applications: INestApplication[] = [];

async function serve(adapter?: FastifyAdapter): Promise<string> {
  const module = await Test.createTestingModule({
    imports: [CqrsModule.forRoot()],
    controllers: [ScopedController, SingletonController] as Type[],
    providers: [UnitOfWork, SaveHandler, StoredHandler],
  }).compile();
  const app = adapter
    ? module.createNestApplication(adapter, { logger: new RecordedLog() })
    : module.createNestApplication({ logger: new RecordedLog() });
  applications.push(app);
  await app.listen(0, '127.0.0.1');
  return app.getUrl();
}

afterEach(async () => {
  await Promise.all(applications.splice(0).map(app => app.close()));
});

describe.each<[string, () => FastifyAdapter | undefined]>([
  ['express', () => undefined],
  ['fastify', () => new FastifyAdapter()],
])('Over HTTP with %s', (_platform, adapter) => {
  it('a request-scoped controller shares its instances with the handlers it dispatches to', async () => {
    const url = await serve(adapter());
    const { body } = await request(url).get('/scoped?x=1').expect(200);
    expect(body).toEqual({ own: body.unit, event: body.unit, unit: expect.any(Number), url: '/scoped?x=1' });
  });

  it('requests that run at once share nothing', async () => {
    const url = await serve(adapter());
    const replies = await Promise.all(Array.from({ length: 10 }, (_, i) => request(url).get(`/scoped?${i}`)));
    expect(new Set(replies.map(({ body }) => body.unit)).size).toBe(10);
    expect(replies.map(({ body }) => body.url)).toEqual(replies.map((_, i) => `/scoped?${i}`));
  });

  it('a singleton controller can hand the request on, and dispatches without it know none', async () => {
    const url = await serve(adapter());
    const { body } = await request(url).post('/singleton').send({}).expect(201);
    expect(body.one.url).toBe('/singleton');
    expect(body.other.url).toBeUndefined();
    expect(body.other.unit).not.toBe(body.one.unit);
  });
});
