import { Agent, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  Body,
  Controller,
  Inject,
  Injectable,
  Module,
  Param,
  Post,
  Scope,
  type INestApplication,
} from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, REQUEST } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { of } from 'rxjs';
import supertest from 'supertest';
import { z } from 'zod';
import {
  AsyncContext,
  CommandBus,
  CommandHandler,
  CqrsModule,
  EventBus,
  EventsHandler,
  HttpContextInterceptor,
  MessageContext,
  MessageValidationException,
  MessageValidationFilter,
  QueryBus,
  QueryHandler,
  Saga,
  Validate,
} from '../../../lib/index.js';
import { testApp } from '../../../lib/testing/index.js';
import { soon } from '../../support/waiting.js';

class Place {
  constructor(readonly id: string) {}
}
class Placed {
  constructor(readonly id: string) {}
}
class Confirm {
  constructor(readonly id: string) {}
}
class Look {
  constructor(readonly id: string) {}
}
@Validate(z.object({ name: z.string().trim().min(1), age: z.coerce.number().int() }))
class Register {
  constructor(
    readonly name: string,
    readonly age: number,
  ) {}
}

/** What was seen under each id: correlations of command, event handler, saga and its command, request-scoped handler. */
const seen = new Map<string, string[]>();
const note = (id: string, context = MessageContext.current()): void =>
  void seen.set(id, [...(seen.get(id) ?? []), context.correlationId]);

@Injectable()
class Orders {
  constructor(
    @Inject(EventBus) private readonly events: EventBus,
    @Inject(QueryBus) private readonly queries: QueryBus,
  ) {}
  @CommandHandler(Place)
  async place({ id }: Place) {
    await delay(Math.random() * 3);
    note(id);
    await this.events.publish(new Placed(id));
    note(id, await this.queries.execute<never>(new Look(id) as never));
    return MessageContext.current().correlationId;
  }
  @EventsHandler(Placed)
  async placed({ id }: Placed) {
    await soon();
    note(id);
  }
  @Saga(Placed)
  confirm({ id }: Placed) {
    note(id);
    return new Confirm(id);
  }
  @CommandHandler(Confirm)
  async confirmed({ id }: Confirm) {
    await delay(Math.random() * 3);
    note(id);
  }
}

@Injectable({ scope: Scope.REQUEST })
class Looks {
  @QueryHandler(Look)
  async look({ id }: Look) {
    await Promise.resolve();
    note(id);
    return MessageContext.current();
  }
}

@Injectable()
class Registrations {
  last: Register | undefined;
  @CommandHandler(Register)
  register(command: Register) {
    this.last = command;
  }
}

@Controller()
class OrdersController {
  constructor(@Inject(CommandBus) private readonly commands: CommandBus) {}
  @Post('orders/:id')
  async place(@Param('id') id: string) {
    return { correlationId: await this.commands.execute<Place, string>(new Place(id)) };
  }
  @Post('register')
  async register(@Body() { name, age }: Register) {
    await this.commands.dispatch(new Register(name, age), { fromOutside: true });
  }
}

@Module({
  imports: [CqrsModule.forRoot({ propagateContext: true })],
  controllers: [OrdersController],
  providers: [
    Orders,
    Looks,
    Registrations,
    { provide: APP_INTERCEPTOR, useClass: HttpContextInterceptor },
    { provide: APP_FILTER, useClass: MessageValidationFilter },
  ],
})
class OrdersModule {}

async function listen(): Promise<{ app: INestApplication; port: number }> {
  const moduleRef = await Test.createTestingModule({ imports: [OrdersModule] }).compile();
  const app = moduleRef.createNestApplication();
  await app.listen(0, '127.0.0.1');
  return { app, port: (app.getHttpServer().address() as AddressInfo).port };
}

function post(port: number, path: string, headers: Record<string, string>, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method: 'POST', headers, agent }, response => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve(text));
    });
    sent.on('error', reject);
    sent.end();
  });
}

describe('The context of HTTP requests', () => {
  beforeEach(() => seen.clear());

  it('never leaks from one into another: 10,000 interleaved requests, each with its own correlation', async () => {
    const { app, port } = await listen();
    const agent = new Agent({ keepAlive: true, maxSockets: 100 });
    const count = 10_000;
    let next = 0;
    const answers = new Map<string, string>();
    const client = async () => {
      while (next < count) {
        const id = `o${next++}`;
        const text = await post(port, `/orders/${id}`, { 'x-correlation-id': `c-${id}` }, agent);
        answers.set(id, (JSON.parse(text) as { correlationId: string }).correlationId);
      }
    };
    await Promise.all(Array.from({ length: 100 }, client));
    agent.destroy();
    await app.close();
    const wrong = [...answers].filter(([id, correlation]) => correlation !== `c-${id}`);
    expect(wrong).toEqual([]);
    expect(answers.size).toBe(count);
    const leaks = [...seen].filter(
      ([id, all]) => all.length !== 6 || all.some(correlation => correlation !== `c-${id}`),
    );
    expect(leaks).toEqual([]);
    expect(seen.size).toBe(count);
  }, 180_000);

  it('begins with a new correlation that is answered, and with the trace where there is one', async () => {
    const { app } = await listen();
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    const fresh = await supertest(app.getHttpServer()).post('/orders/a');
    const traced = await supertest(app.getHttpServer())
      .post('/orders/b')
      .set('traceparent', `00-${trace}-00f067aa0ba902b7-01`);
    await app.close();
    expect(fresh.body.correlationId).toMatch(/^[0-9a-f-]{36}$/);
    expect(fresh.headers['x-correlation-id']).toBe(fresh.body.correlationId);
    expect(traced.body.correlationId).toBe(trace);
  });

  it('begins under Fastify too', async () => {
    const moduleRef = await Test.createTestingModule({ imports: [OrdersModule] }).compile();
    const app = moduleRef.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    const answer = await fetch(`${url}/orders/a`, { method: 'POST', headers: { 'x-correlation-id': 'c1' } });
    const body: unknown = await answer.json();
    const invalid = await fetch(`${url}/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: ' ', age: 'x' }),
    });
    await app.close();
    expect(body).toEqual({ correlationId: 'c1' });
    expect(answer.headers.get('x-correlation-id')).toBe('c1');
    expect(invalid.status).toBe(400);
    expect(await invalid.json()).toMatchObject({ violations: [{ path: 'name' }, { path: 'age' }] });
  });

  it('answers an invalid message with 400 and every violation, and hands on what the schema makes of a valid one', async () => {
    const { app } = await listen();
    const invalid = await supertest(app.getHttpServer()).post('/register').send({ name: '  ', age: 'x' });
    expect(invalid.status).toBe(400);
    expect(invalid.body).toMatchObject({ statusCode: 400, error: 'Bad Request' });
    expect(invalid.body.violations.map(({ path }: { path: string }) => path)).toEqual(['name', 'age']);
    expect(app.get(Registrations).last).toBeUndefined();
    const valid = await supertest(app.getHttpServer()).post('/register').send({ name: ' Ada ', age: '36' });
    expect(valid.status).toBe(201);
    expect(app.get(Registrations).last).toBeInstanceOf(Register);
    expect(app.get(Registrations).last).toEqual({ name: 'Ada', age: 36 });
    await app.close();
  });
});

describe('Without a request', () => {
  const hostOf = (type: string, ...args: unknown[]) => {
    const host = new ExecutionContextHost(args);
    host.setType(type);
    return host;
  };
  // Libraries that call handlers by Nest's ExternalContextCreator have a type of their own, or none: then it is `http`.
  const hosts = [hostOf('job', { id: 1 }), hostOf('http', { id: 1 }), hostOf('http', { id: 1 }, {}), hostOf('http')];

  it.each(hosts)('the interceptor changes nothing', host => {
    const stream = of(1);
    expect(new HttpContextInterceptor().intercept(host, { handle: () => stream })).toBe(stream);
  });

  it.each(hosts)('the filter lets the exception go on', host => {
    const exception = new MessageValidationException('Place', [{ path: 'id', message: 'is missing' }]);
    expect(() => new MessageValidationFilter().catch(exception, host)).toThrow(exception);
  });

  it.each([
    ['no client', []],
    ['a client that can be told nothing', [{}, { id: 1 }, 'place']],
    ['a client of ws that has left', [{ readyState: 3, send: () => expect('sent').toBe('never') }, {}, 'place']],
  ])('the filter tells nobody over a websocket with %s', (_name, args) => {
    const exception = new MessageValidationException('Place', [{ path: 'id', message: 'is missing' }]);
    expect(new MessageValidationFilter().catch(exception, hostOf('ws', ...args))).toBeUndefined();
  });
});

describe('Next to request scope', () => {
  class Tenant {}

  @Injectable({ scope: Scope.REQUEST })
  class TenantQueries {
    constructor(@Inject(REQUEST) private readonly request: { tenant: string }) {}
    @QueryHandler(Tenant)
    async tenant() {
      await delay(1);
      return [this.request.tenant, MessageContext.current().headers['tenant']];
    }
  }

  it('a request-scoped handler has the request of its AsyncContext and the context of its dispatch', async () => {
    await using app = await testApp({
      imports: [CqrsModule.forRoot({ propagateContext: true })],
      providers: [TenantQueries],
    });
    const queries = app.get(QueryBus);
    const ask = (tenant: string) =>
      queries.execute<never>(new Tenant() as never, {
        headers: { tenant },
        asyncContext: new AsyncContext({ tenant }),
      });
    expect(await Promise.all([ask('a'), ask('b')])).toEqual([
      ['a', 'a'],
      ['b', 'b'],
    ]);
  });
});
