import { once } from 'node:events';
import { get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import {
  Controller,
  createParamDecorator,
  type ExecutionContext,
  Get,
  HttpException,
  Injectable,
  type MessageEvent,
  Query as QueryParameter,
  Sse,
  StreamableFile,
  type INestApplication,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import {
  CqrsModule,
  HttpContextInterceptor,
  type MessageContext,
  QueryBus,
  QueryHandler,
  StreamQuery,
} from 'nestjs-cqrs';
import { track } from 'nestjs-cqrs/testing';
import { from, map, type Observable } from 'rxjs';
import { RecordedLog } from '../../support/application.js';
import { quiet, until } from '../../support/waiting.js';
import { NOTE, OrderStore, type OrderRow } from './rows-over-http/order-store.js';

// #region query
class ExportOrders extends StreamQuery<OrderRow> {
  constructor(readonly shop: string) {
    super();
  }
}
// #endregion

// #region handler
@Injectable()
class Orders {
  constructor(private readonly orders: OrderStore) {}

  @QueryHandler(ExportOrders)
  async *export({ shop }: ExportOrders, { signal }: MessageContext) {
    for await (const order of this.orders.of(shop, signal)) yield order;
  }
}
// #endregion

// #region signal
/** Aborted when the response closes: all rows are sent, or the client has left. For Express and Fastify. */
const ClientSignal = createParamDecorator((_: unknown, execution: ExecutionContext) => {
  const reply = execution.switchToHttp().getResponse<ServerResponse & { raw?: ServerResponse }>();
  const left = new AbortController();
  (reply.raw ?? reply).once('close', () => left.abort(new HttpException('The client has left.', 499)));
  return left.signal;
});
// #endregion

// #region ndjson
async function* linesOf(rows: AsyncIterable<unknown>) {
  for await (const row of rows) yield `${JSON.stringify(row)}\n`;
}

/** Waits for the first row, so that a query that is refused is answered by the exception filters. */
async function ndjson(rows: AsyncIterable<unknown>): Promise<StreamableFile> {
  const lines = Readable.from(linesOf(rows));
  await once(lines, 'readable');
  return new StreamableFile(lines, { type: 'application/x-ndjson' });
}
// #endregion

// #region controller
@Controller('orders')
class OrdersController {
  constructor(private readonly queries: QueryBus) {}

  @Get()
  export(@QueryParameter('shop') shop: string, @ClientSignal() signal: AbortSignal) {
    return ndjson(this.queries.stream(new ExportOrders(shop), { signal }));
  }

  @Sse('live')
  live(@QueryParameter('shop') shop: string, @ClientSignal() signal: AbortSignal): Observable<MessageEvent> {
    const rows = this.queries.stream(new ExportOrders(shop), { signal });
    return from(rows).pipe(map(order => ({ type: 'order', id: String(order.orderId), data: order })));
  }
}
// #endregion

describe.each([
  ['Express', () => undefined],
  ['Fastify', () => new FastifyAdapter()],
])('docs/recipes/rows-over-http.md with %s', (_name, adapter) => {
  let app: INestApplication;
  let log: RecordedLog;
  let store: OrderStore;
  const url = (path: string) => `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}/orders${path}`;

  const open = async (path: string): Promise<IncomingMessage> => {
    const [answer] = (await once(get(url(path)), 'response')) as [IncomingMessage];
    return answer.on('error', () => undefined);
  };

  beforeEach(async () => {
    log = new RecordedLog();
    const moduleRef = await Test.createTestingModule({
      imports: [CqrsModule.forRoot()],
      controllers: [OrdersController],
      providers: [Orders, OrderStore, { provide: APP_INTERCEPTOR, useClass: HttpContextInterceptor }],
    }).compile();
    const fastify = adapter();
    app = fastify
      ? moduleRef.createNestApplication(fastify, { logger: log })
      : moduleRef.createNestApplication({ logger: log });
    await app.listen(0, '127.0.0.1');
    store = app.get(OrderStore);
  });
  afterEach(() => app.close());

  it('sends one line of JSON per row', async () => {
    const answer = await fetch(url('?shop=small'));
    expect(answer.headers.get('content-type')).toContain('application/x-ndjson');
    const lines = (await answer.text()).trimEnd().split('\n');
    expect(lines.map(line => (JSON.parse(line) as OrderRow).orderId)).toEqual([1, 2, 3]);
    expect(store.ended).toBe(1);
  });

  it('sends an empty body where there are no rows', async () => {
    const answer = await fetch(url('?shop=secret'));
    expect([answer.status, await answer.text()]).toEqual([200, '']);
  });

  it('answers what fails before the first row with the status of its exception', async () => {
    const answer = await fetch(url('?shop=none'));
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ message: 'There is no such shop.' });
    expect(log.errors).toEqual([]);
  });

  it('breaks the connection where a later row fails', async () => {
    const answer = await fetch(url('?shop=broken'));
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow('terminated');
    expect(store.ended).toBe(1);
  });

  it('reads no more rows than the client takes, and ends when it leaves', async () => {
    const answer = await open('?shop=all');
    answer.pause();
    let read = -1;
    while (read !== store.read) {
      read = store.read;
      await quiet();
    }
    expect(read).toBeGreaterThan(0);
    answer.resume();
    await until(() => store.read > read);
    answer.destroy();
    await until(() => store.ended === 1);
    expect(log.errors).toEqual([]);
  });

  it.each(['', '/live'])('ends a source that waits for its next row when the client leaves (%s)', async path => {
    const answer = await open(`${path}?shop=slow`);
    answer.resume();
    await until(() => store.waiting === 1);
    answer.destroy();
    await until(() => store.ended === 1);
    expect(log.errors).toEqual([]);
  });

  it.each(['', '/live'])('reads the rows with the correlation of the request (%s)', async path => {
    const headers = { 'x-correlation-id': 'c1' };
    const { asked } = await track(app).run(async () => (await fetch(url(`${path}?shop=small`), { headers })).text());
    expect(asked.map(({ context }) => context!.correlationId)).toEqual(['c1']);
  });

  it('logs nothing when the client leaves before the first row', async () => {
    const request = get(url('?shop=late')).on('error', () => undefined);
    await until(() => store.waiting === 1);
    request.destroy();
    await until(() => store.ended === 1);
    await quiet();
    expect(log.errors).toEqual([]);
  });

  it('sends a failure as the last server-sent event', async () => {
    const events = (await (await fetch(url('/live?shop=broken'))).text()).match(/^event: .*/gm);
    expect(events).toEqual(['event: order', 'event: order', 'event: error']);
  });

  it('reads on for a client of server-sent events that takes none, until Nest drops it', async () => {
    const answer = await open('/live?shop=all');
    answer.pause();
    await until(() => store.ended === 1);
    expect(store.read).toBeGreaterThan((4 * 1024 * 1024) / NOTE);
    expect(log.warnings).toEqual([expect.stringContaining('The client is not reading its events')]);
    answer.destroy();
  });

  it('sends rows as server-sent events', async () => {
    const answer = await fetch(url('/live?shop=small'));
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    const events = (await answer.text()).match(/^(event|id): .*/gm);
    expect(events).toEqual(['event: order', 'id: 1', 'event: order', 'id: 2', 'event: order', 'id: 3']);
  });
});
