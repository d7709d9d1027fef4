import type { AddressInfo } from 'node:net';
import { Inject, type INestApplication } from '@nestjs/common';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import {
  Args,
  Field,
  Float,
  GraphQLModule,
  Mutation,
  ObjectType,
  Query,
  ResolveField,
  Resolver,
  Subscription,
} from '@nestjs/graphql';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { GraphQLFormattedError } from 'graphql';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { MessageValidationException } from '../../../lib/index.js';
import { edge, People, TRACE, TRACE_PARENT, UUID, violations } from './people.js';

@ObjectType()
class Person {
  @Field(() => String)
  correlation!: string;
}

@Resolver(() => Person)
class PeopleResolver {
  constructor(@Inject(People) private readonly people: People) {}

  @Query(() => Person)
  async person(): Promise<Person> {
    return { correlation: await this.people.correlation() };
  }

  @Query(() => [Person])
  async everybody(): Promise<Person[]> {
    return Promise.all([this.person(), this.person()]);
  }

  @ResolveField(() => String)
  friend(): Promise<string> {
    return this.people.correlation();
  }

  @ResolveField(() => String, { nullable: true })
  enemy(): Promise<string> {
    return this.people.register({ name: '', age: 1.5 });
  }

  @Mutation(() => String, { nullable: true })
  register(@Args('name') name: string, @Args('age', { type: () => Float }) age: number): Promise<string> {
    return this.people.register({ name, age });
  }

  @Mutation(() => String, { nullable: true })
  fail(): string {
    throw new Error('out of order');
  }

  @Subscription(() => [String], { resolve: (row: string[]) => row })
  async *correlations(): AsyncGenerator<string[]> {
    const atStart = await this.people.correlation();
    yield [atStart, await this.people.correlation()];
    yield [atStart, await this.people.correlation()];
  }

  @Subscription(() => String)
  async registrations(): Promise<AsyncGenerator<never>> {
    await this.people.register({ name: '', age: 1.5 });
    throw new Error('never reached');
  }
}

interface Answer {
  readonly data: Record<string, unknown> | null;
  readonly errors?: readonly GraphQLFormattedError[];
  readonly headers: Headers;
}

let app: INestApplication;
let port: number;
const formatted: unknown[] = [];

async function start(options: Partial<ApolloDriverConfig> = {}, fastify?: FastifyAdapter): Promise<void> {
  const graphql = GraphQLModule.forRoot<ApolloDriverConfig>({
    driver: ApolloDriver,
    autoSchemaFile: true,
    graphiql: false,
    fieldResolverEnhancers: ['interceptors', 'filters'],
    subscriptions: { 'graphql-ws': true },
    allowBatchedHttpRequests: true,
    formatError: (error, thrown) => {
      formatted.push((thrown as { originalError?: unknown }).originalError);
      return error;
    },
    ...options,
  });
  const moduleRef = await Test.createTestingModule({
    imports: [graphql, ...edge.imports],
    providers: [...edge.providers, PeopleResolver],
  }).compile();
  const logger = false;
  app = fastify ? moduleRef.createNestApplication(fastify, { logger }) : moduleRef.createNestApplication({ logger });
  await app.listen(0, '127.0.0.1');
  port = (app.getHttpServer().address() as AddressInfo).port;
}

async function post<T>(body: object, headers: Record<string, string>): Promise<T & { headers: Headers }> {
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return Object.assign((await response.json()) as T & object, { headers: response.headers });
}

const ask = (query: string, headers: Record<string, string> = {}) => post<Answer>({ query }, headers);

/** What a subscription answers with until it is complete. */
async function subscribe(
  query: string,
  connectionParams: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Promise<readonly unknown[]> {
  class Socket extends WebSocket {
    constructor(url: string, protocols: string) {
      super(url, protocols, { headers });
    }
  }
  const client = createClient({
    url: `ws://127.0.0.1:${port}/graphql`,
    webSocketImpl: Socket,
    connectionParams,
    retryAttempts: 0,
  });
  try {
    const rows: unknown[] = [];
    for await (const row of client.iterate({ query })) rows.push(row);
    return rows;
  } finally {
    await client.dispose();
  }
}

beforeEach(() => void (formatted.length = 0));
afterEach(() => app.close());

const FIELDS = '{ correlation friend }';

describe.each([
  ['Express', () => undefined],
  ['Fastify', () => new FastifyAdapter()],
])('GraphQL over %s', (_name, adapter) => {
  beforeEach(() => start({}, adapter()));

  it('reports an invalid message in errors, with its violations', async () => {
    const { data, errors } = await ask('mutation { register(name: "", age: 1.5) }');
    expect(data).toEqual({ register: null });
    expect(errors).toHaveLength(1);
    expect(errors![0]).toMatchObject({
      message: expect.stringContaining('"Register" is not valid: name: '),
      path: ['register'],
      extensions: { code: 'BAD_USER_INPUT', violations },
    });
    expect(formatted).toEqual([expect.any(MessageValidationException)]);
  });

  it('reports the invalid message of a field beside the data of the others', async () => {
    const { data, errors } = await ask('{ person { correlation enemy } }');
    expect(data).toEqual({ person: { correlation: expect.stringMatching(UUID), enemy: null } });
    expect(errors).toMatchObject([{ path: ['person', 'enemy'], extensions: { code: 'BAD_USER_INPUT', violations } }]);
  });

  it('leaves other failures to Apollo', async () => {
    const { errors } = await ask('mutation { fail }');
    expect(errors).toMatchObject([{ message: 'out of order', extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
  });

  it('begins one context with the headers of the request for all resolvers, those of fields too', async () => {
    const query = `{ a: person ${FIELDS} b: person ${FIELDS} everybody ${FIELDS} }`;
    const { data } = await ask(query, { 'x-correlation-id': 'c1' });
    const person = { correlation: 'c1', friend: 'c1' };
    expect(data).toEqual({ a: person, b: person, everybody: [person, person] });
    expect(await ask('mutation { register(name: "Ada", age: 36) }', { traceparent: TRACE_PARENT })).toMatchObject({
      data: { register: TRACE },
    });
  });

  it('begins one new context per request where the headers say nothing', async () => {
    const query = `{ a: person ${FIELDS} b: person ${FIELDS} }`;
    const answers = await Promise.all([ask(query), ask(query), ask(query)]);
    const correlations = answers.map(({ data }) => [...new Set(JSON.stringify(data).match(/[0-9a-f-]{36}/g))]);
    expect(correlations).toEqual([[expect.any(String)], [expect.any(String)], [expect.any(String)]]);
    expect(new Set(correlations.flat()).size).toBe(3);
  });

  it('is one request, though it has many operations', async () => {
    const answers = await post<Answer[]>([{ query: `{ person ${FIELDS} }` }, { query: `{ person ${FIELDS} }` }], {});
    expect(new Set(JSON.stringify(answers).match(/[0-9a-f-]{36}/g)).size).toBe(1);
  });

  it('runs a subscription in the context of its connection', async () => {
    const rows = [{ data: { correlations: ['c1', 'c1'] } }, { data: { correlations: ['c1', 'c1'] } }];
    expect(await subscribe('subscription { correlations }', { 'X-Correlation-Id': 'c1' })).toEqual(rows);
    expect(await subscribe('subscription { correlations }', {}, { 'x-correlation-id': 'c1' })).toEqual(rows);
  });

  it('runs each subscription without a correlation in a new context', async () => {
    const [one, other] = await Promise.all([
      subscribe('subscription { a: correlations }'),
      subscribe('subscription { a: correlations }'),
    ]);
    const correlationsIn = (rows: readonly unknown[]) => new Set(JSON.stringify(rows).match(/[0-9a-f-]{36}/g));
    expect([correlationsIn(one!).size, correlationsIn(other!).size]).toEqual([1, 1]);
    expect(correlationsIn(one!)).not.toEqual(correlationsIn(other!));
  });

  it('reports an invalid message of a subscription, which then ends', async () => {
    await expect(subscribe('subscription { registrations }')).resolves.toMatchObject([
      { errors: [{ extensions: { code: 'BAD_USER_INPUT', violations } }] },
    ]);
  });
});

describe('The context of GraphQL', () => {
  it.each<[string, FastifyAdapter | undefined, ApolloDriverConfig['context']]>([
    ['Express', undefined, undefined],
    ['Fastify, if it has the reply', new FastifyAdapter(), (_request: object, reply: object) => ({ reply })],
  ])('the correlation is answered as a header over %s', async (_name, adapter, context) => {
    await start(context ? { context } : {}, adapter);
    const { data, headers } = await ask(`{ person ${FIELDS} }`);
    expect(data).toEqual({
      person: { correlation: headers.get('x-correlation-id'), friend: headers.get('x-correlation-id') },
    });
  });

  it.each<[string, ApolloDriverConfig['context']]>([
    ['has another name in it', ({ req }: { req: object }) => ({ request: req, req: undefined })],
    ['is what Apollo gives', (given: object) => given],
    ['has methods', () => new (class Loaders {})()],
  ])('the request is found if the context %s', async (_name, context) => {
    await start({ context: context! });
    const { data } = await ask(`{ a: person ${FIELDS} b: person ${FIELDS} }`, { 'x-correlation-id': 'c1' });
    expect(data).toEqual({ a: { correlation: 'c1', friend: 'c1' }, b: { correlation: 'c1', friend: 'c1' } });
  });

  it('an operation has a context of its own if the request cannot be found', async () => {
    await start({ context: () => ({ req: { user: 'ada' } }) });
    const { data } = await ask(`{ a: person ${FIELDS} b: person ${FIELDS} }`, { 'x-correlation-id': 'c1' });
    expect(new Set(JSON.stringify(data).match(/[0-9a-f-]{36}/g)).size).toBe(1);
  });
});
