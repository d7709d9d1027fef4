import type { AddressInfo } from 'node:net';
import {
  Body,
  Controller,
  Injectable,
  Module,
  Param,
  Put,
  Sse,
  type INestApplication,
  type MessageEvent,
} from '@nestjs/common';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Args, Field, GraphQLModule, ObjectType, Query as Ask, Resolver, Subscription } from '@nestjs/graphql';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { Test } from '@nestjs/testing';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { createClient } from 'graphql-ws';
import {
  Cached,
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  memoryCache,
  Message,
  Query,
  QueryBus,
  QueryHandler,
  Touches,
} from 'nestjs-cqrs';
import { map, type Observable } from 'rxjs';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import type { LiveQueries } from '../../../lib/caching/live-queries.js';
import { eventsIn } from '../../support/server-sent-events.js';
import { until } from '../../support/waiting.js';

// #region messages
@Message({ name: 'tasks.task' })
class Task {
  constructor(
    readonly id: string,
    readonly title: string,
  ) {}
}

@Cached({ ttl: 60_000, tags: ({ board }: GetTasks) => [`board:${board}`] })
class GetTasks extends Query<Task[]> {
  constructor(readonly board: string) {
    super();
  }
}

@Touches(({ board }: AddTask) => [`board:${board}`])
class AddTask extends Command {
  constructor(
    readonly board: string,
    readonly title: string,
  ) {
    super();
  }
}
// #endregion

@Injectable()
class Tasks {
  private readonly boards = new Map<string, Task[]>();
  readonly isLocked = new Set<string>();
  runs = 0;

  @QueryHandler(GetTasks)
  async all({ board }: GetTasks) {
    this.runs += 1;
    if (this.isLocked.has(board)) throw new Error('The board is locked.');
    return this.boards.get(board) ?? [];
  }

  @CommandHandler(AddTask)
  async add({ board, title }: AddTask) {
    const tasks = this.boards.get(board) ?? [];
    this.boards.set(board, [...tasks, new Task(String(tasks.length + 1), title)]);
  }
}

// #region sse
@Controller('boards')
class BoardController {
  constructor(
    private readonly queries: QueryBus,
    private readonly commands: CommandBus,
  ) {}

  @Sse(':board/live')
  live(@Param('board') board: string): Observable<MessageEvent> {
    return this.queries.live(new GetTasks(board)).pipe(map(tasks => ({ type: 'tasks', data: tasks })));
  }

  @Put(':board')
  add(@Param('board') board: string, @Body('title') title: string) {
    return this.commands.dispatch(new AddTask(board, title), { fromOutside: true });
  }
}
// #endregion

// #region failures
@Controller('boards')
class PatientController {
  constructor(private readonly queries: QueryBus) {}

  @Sse(':board/patient')
  live(@Param('board') board: string): Observable<MessageEvent> {
    const answers = this.queries.live(new GetTasks(board), { errors: 'values', debounce: 100 });
    return answers.pipe(
      map(answer =>
        answer.status === 'fulfilled'
          ? { type: 'tasks', data: answer.value }
          : { type: 'problem', data: { text: 'The tasks cannot be read just now.' } },
      ),
    );
  }
}
// #endregion

// #region gateway
@WebSocketGateway()
class BoardGateway {
  constructor(private readonly queries: QueryBus) {}

  @SubscribeMessage('watch')
  watch(@MessageBody() { board }: { board: string }) {
    return this.queries.live(new GetTasks(board)).pipe(map(data => ({ event: 'tasks', data })));
  }
}
// #endregion

// #region latest
/** Gives the latest value whenever one is asked for: a client that is slow skips those between. */
class Latest<T> implements AsyncIterableIterator<T> {
  private kept: IteratorResult<T> | undefined;
  private end: Promise<IteratorResult<T>> | undefined;
  private answer: ((next: IteratorResult<T> | Promise<IteratorResult<T>>) => void) | undefined;
  private readonly subscription;

  constructor(values: Observable<T>) {
    this.subscription = values.subscribe({
      next: value => {
        this.kept = { done: false, value };
        if (this.answer) this.answerWith(this.next());
      },
      error: error => this.endWith(Promise.reject(error as Error)),
      complete: () => this.endWith(Promise.resolve({ done: true, value: undefined })),
    });
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  next(): Promise<IteratorResult<T>> {
    const { kept } = this;
    this.kept = undefined;
    if (kept) return Promise.resolve(kept);
    return this.end ?? new Promise(resolve => (this.answer = resolve));
  }

  /** The client has left. */
  return(): Promise<IteratorResult<T>> {
    this.subscription.unsubscribe();
    this.endWith(Promise.resolve({ done: true, value: undefined }));
    return this.end!;
  }

  private endWith(end: Promise<IteratorResult<T>>) {
    // A failure is told to the client when it asks.
    end.catch(() => undefined);
    this.end ??= end;
    this.answerWith(end);
  }

  private answerWith(next: Promise<IteratorResult<T>>) {
    this.answer?.(next);
    this.answer = undefined;
  }
}
// #endregion

// #region resolver
@ObjectType()
class TaskType {
  @Field(() => String)
  readonly title!: string;
}

@Resolver()
class BoardResolver {
  constructor(private readonly queries: QueryBus) {}

  @Ask(() => [TaskType])
  tasks(@Args('board') board: string) {
    return this.queries.ask(new GetTasks(board));
  }

  @Subscription(() => [TaskType], { name: 'tasks', resolve: (tasks: Task[]) => tasks })
  liveTasks(@Args('board') board: string) {
    return new Latest(this.queries.live(new GetTasks(board)));
  }
}
// #endregion

@Module({
  imports: [
    CqrsModule.forRoot({ cache: memoryCache(), messages: [Task] }),
    GraphQLModule.forRoot<ApolloDriverConfig>({
      driver: ApolloDriver,
      autoSchemaFile: true,
      subscriptions: { 'graphql-ws': true },
    }),
  ],
  controllers: [BoardController, PatientController],
  providers: [Tasks, BoardResolver],
})
class AppModule {}

describe('docs/live-queries.md', () => {
  let app: INestApplication;
  let address: string;

  const add = (title: string, board = 'home') => app.get(CommandBus).dispatch(new AddTask(board, title));
  /** What the bus holds for watchers. */
  const held = () => (app.get(QueryBus) as unknown as { liveQueries: LiveQueries }).liveQueries.held;
  const titles = (tasks: unknown) => (tasks as Task[]).map(({ title }) => title);

  const start = async (adapter?: 'fastify' | 'ws' | 'socket.io') => {
    const moduleRef = await Test.createTestingModule({
      imports: [AppModule],
      providers: adapter === 'ws' || adapter === 'socket.io' ? [BoardGateway] : [],
    }).compile();
    app =
      adapter === 'fastify'
        ? moduleRef.createNestApplication(new FastifyAdapter(), { logger: false })
        : moduleRef.createNestApplication({ logger: false });
    if (adapter === 'ws') app.useWebSocketAdapter(new WsAdapter(app));
    if (adapter === 'socket.io') app.useWebSocketAdapter(new IoAdapter(app));
    await app.listen(0, '127.0.0.1');
    address = `127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
  };

  afterEach(() => app.close());

  describe.each([undefined, 'fastify'] as const)('server-sent events (%s)', adapter => {
    beforeEach(() => start(adapter));

    it('show all clients each change, by one run, until they leave', async () => {
      const leaving = new AbortController();
      const open = async () => eventsIn(await fetch(`http://${address}/boards/home/live`, { signal: leaving.signal }));
      const clients = [await open(), await open()];
      const next = () => Promise.all(clients.map(async client => (await client.next()).value as unknown));
      expect(await next()).toEqual([1, 2].map(() => ({ type: 'tasks', data: [] })));
      await fetch(`http://${address}/boards/home`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ title: 'sweep' }),
      });
      expect(await next()).toEqual([1, 2].map(() => ({ type: 'tasks', data: [{ id: '1', title: 'sweep' }] })));
      expect(app.get(Tasks).runs).toBe(2);
      leaving.abort();
      await until(() => held() === 0);
    });

    it('end with the application, which does not wait for the client', async () => {
      const client = eventsIn(await fetch(`http://${address}/boards/home/live`));
      await client.next();
      const closing = app.close();
      expect(await client.next()).toEqual({ done: true, value: undefined });
      await closing;
    });

    it('a failure is the last event, or one of many on request', async () => {
      const { isLocked } = app.get(Tasks);
      const open = (path: string) => fetch(`http://${address}/boards/home/${path}`);
      const text = open('live').then(answer => answer.text());
      const patient = eventsIn(await open('patient'));
      await patient.next();
      isLocked.add('home');
      await add('paint');
      expect(await patient.next()).toMatchObject({ value: { type: 'problem' } });
      expect(await text).toMatch(/event: error\n.*data: Internal server error\n\n$/s);
      isLocked.clear();
      await add('sweep');
      expect(await patient.next()).toMatchObject({
        value: { type: 'tasks', data: [{ title: 'paint' }, { title: 'sweep' }] },
      });
      await patient.return(undefined);
    });

    it('a failure of the first answer is answered by the exception filters', async () => {
      app.get(Tasks).isLocked.add('home');
      expect((await fetch(`http://${address}/boards/home/live`)).status).toBe(500);
      expect(held()).toBe(0);
    });
  });

  it('a gateway of ws tells its clients, until they leave', async () => {
    await start('ws');
    const client = new WebSocket(`ws://${address}`);
    const told: { event: string; data: unknown }[] = [];
    client.on('message', text => told.push(JSON.parse((text as Buffer).toString()) as (typeof told)[number]));
    await new Promise(resolve => client.once('open', resolve));
    client.send(JSON.stringify({ event: 'watch', data: { board: 'home' } }));
    await until(() => told.length === 1);
    await add('sweep');
    await until(() => told.length === 2);
    expect(told.map(({ event, data }) => [event, titles(data)])).toEqual([
      ['tasks', []],
      ['tasks', ['sweep']],
    ]);
    client.close();
    await until(() => held() === 0);
  });

  it('a gateway of socket.io tells its clients, until they leave', async () => {
    await start('socket.io');
    const client = io(`http://${address}`, { transports: ['websocket'], forceNew: true });
    const told: unknown[] = [];
    client.on('tasks', data => told.push(titles(data)));
    client.emit('watch', { board: 'home' });
    await until(() => told.length === 1);
    await add('sweep');
    await until(() => told.length === 2);
    expect(told).toEqual([[], ['sweep']]);
    client.disconnect();
    await until(() => held() === 0);
  });

  it('a GraphQL subscription tells its clients, until they leave', async () => {
    await start();
    const client = createClient({ url: `ws://${address}/graphql`, webSocketImpl: WebSocket, retryAttempts: 0 });
    const rows = client.iterate({ query: 'subscription { tasks(board: "home") { title } }' });
    expect(await rows.next()).toMatchObject({ value: { data: { tasks: [] } } });
    await add('sweep');
    expect(await rows.next()).toMatchObject({ value: { data: { tasks: [{ title: 'sweep' }] } } });
    await rows.return!();
    await until(() => held() === 0);
    await client.dispose();
  });

  it('a slow reader of the latest value skips those between', async () => {
    await start();
    const latest = new Latest(app.get(QueryBus).live(new GetTasks('home')));
    expect(await latest.next()).toEqual({ done: false, value: [] });
    for (const title of ['sweep', 'paint']) {
      const { runs } = app.get(Tasks);
      await add(title);
      await until(() => app.get(Tasks).runs > runs);
    }
    await until(() => latest['kept'] !== undefined);
    const { value } = await latest.next();
    expect(titles(value)).toContain('sweep');
    await latest.return();
    expect(await latest.next()).toEqual({ done: true, value: undefined });
    expect(held()).toBe(0);
  });
});
