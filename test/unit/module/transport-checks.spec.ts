import {
  Command,
  CommandHandler,
  Event,
  EventsHandler,
  expose,
  Query,
  route,
  StreamQuery,
} from '../../../lib/index.js';
import type { ExposeOptions, MessageType } from '../../../lib/index.js';
import { checkHandler } from '../../../lib/module/handler-checks.js';
import { exposedTypes, routeProblems, targetProblems } from '../../../lib/module/transport-checks.js';
import type { WiringProblem } from '../../../lib/errors/wiring.exception.js';
import { MemoryRemote } from '../../../lib/testing/index.js';
import type { RemoteFeatures, RemoteServer } from '../../../lib/transport/remote-transport.js';
import type { MessageRoute } from '../../../lib/transport/route.js';
import { FEATURES, Peer } from '../transport/peer.js';
import { handlersOf } from './explored.js';

class Charge extends Command {}
class ChargeTwice extends Charge {}
class Find extends Query<string> {}
class Rows extends StreamQuery<number> {}
class Paid extends Event {}
class Neutral {}

class Handlers {
  @CommandHandler(Charge)
  charge(): void {}

  @EventsHandler(Paid)
  paid(): void {}
}

const handlers = async () => (await handlersOf(Handlers)).flatMap(handler => checkHandler(handler, []) ?? []);

const [billing, audit] = [new Peer('billing'), new Peer('audit')];

const weak = (features: Partial<RemoteFeatures>) => new Peer('weak', { ...FEATURES, ...features });

const waysOf = (...routes: MessageRoute[]) =>
  routes.flatMap(({ messages, transport }) =>
    messages.map(message => ({ message, transport, timeout: 1, isDurable: false })),
  );

const told = (problems: readonly WiringProblem[]) => problems.map(({ code, what }) => [code, what]);

const codes = (problems: readonly WiringProblem[]) => problems.map(({ code }) => code);

describe('What a route or an exposure is given', () => {
  const server = new MemoryRemote('billing').server();

  it('is right', () => {
    const on: ExposeOptions = { headers: [], failures: 'listed', lazy: true };
    expect(
      targetProblems(
        [route(Charge).to(billing, { timeout: 1 })],
        [expose(Charge).on(server, on), expose(Find).on(server)],
      ),
    ).toEqual([]);
  });

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a string', 'billing'],
    ['an instance of Object', {}],
    ['an instance of Object', { request: true, serve: true }],
  ])('is no transport: %s', (shown, given) => {
    const remedy =
      "Give it what microservice() or microserviceServer() of 'nestjs-cqrs/microservices' returns, or one of your own.";
    const problem = { code: 'CQRS_INVALID_OPTIONS', where: 'CqrsModule.forRoot()', remedy };
    expect(targetProblems([route(Charge).to(given as never)], [])).toEqual([
      { ...problem, what: `route(…).to() was given ${shown} in place of a transport.` },
    ]);
    expect(targetProblems([], [expose(Charge).on(given as never)])).toEqual([
      { ...problem, what: `expose(…).on() was given ${shown} in place of a transport.` },
    ]);
  });

  it('is no message', () => {
    expect(targetProblems([route().to(billing)], [])).toEqual([
      {
        code: 'CQRS_INVALID_MESSAGE_TYPE',
        what: 'route() was given nothing in place of a message class or a name.',
        where: 'the routes of CqrsModule.forRoot()',
        remedy: "Name classes, or names of @Message as in route('billing.*').",
      },
    ]);
  });

  it.each<[object, string, string]>([
    [
      { timeout: 0 },
      'CQRS_INVALID_TIMEOUT',
      'The option "timeout" must be a number of milliseconds greater than 0, not 0.',
    ],
    [{ retries: 1 }, 'CQRS_INVALID_OPTIONS', 'There is no option "retries".'],
  ])('is no option of a route: %j', (options, code, what) => {
    const [problem, ...others] = targetProblems([route(Charge).to(billing, options)], []);
    expect(problem).toMatchObject({ code, what, where: 'route(…).to(billing)' });
    expect(others).toEqual([]);
    const [unnamed] = targetProblems([route(Charge).to({ request: () => undefined } as never, options)], []);
    expect(unnamed!.where).toBe('route(…).to(undefined)');
  });

  it.each<[object, string]>([
    [{ headers: 'tenant' }, `The option "headers" must be a list, not 'tenant'.`],
    [{ failures: 'none' }, `The option "failures" must be 'all' or 'listed', not 'none'.`],
    [{ lazy: 1 }, 'The option "lazy" must be true or false, not 1.'],
    [{ timeout: 1 }, 'There is no option "timeout".'],
  ])('is no option of an exposure: %j', (options, what) => {
    const problems = targetProblems([], [expose(Charge).on(server, options)]);
    expect(problems).toEqual([
      expect.objectContaining({ code: 'CQRS_INVALID_OPTIONS', what, where: 'expose(…).on(billing)' }),
    ]);
  });
});

describe('The routes', () => {
  it('of names may be of anything but nothing', async () => {
    expect(
      routeProblems(waysOf(route('billing.*', 'Charge').to(weak({ sharesLoad: false }))), await handlers()),
    ).toEqual([]);
    expect(told(routeProblems(waysOf(route('').to(billing)), []))).toEqual([
      ['CQRS_INVALID_MESSAGE_TYPE', 'route() was given an empty name in place of a message class or a name.'],
    ]);
  });

  it.each([
    [undefined, 'route() was given undefined in place of a message class (circular import?).'],
    [null, 'route() was given null in place of a message class or a name.'],
    [5, 'route() was given a number in place of a message class or a name.'],
    [() => 1, 'route() was given the function (anonymous) in place of a message class or a name.'],
  ])('are not of %p', (given, what) => {
    const [problem, ...others] = routeProblems(waysOf(route(given as never).to(billing)), []);
    expect(problem).toMatchObject({
      code: 'CQRS_INVALID_MESSAGE_TYPE',
      what,
      where: 'the routes of CqrsModule.forRoot()',
    });
    expect(others).toEqual([]);
  });

  it('are not of what this process handles, except for events', async () => {
    const problems = routeProblems(waysOf(route(Charge, Paid, Find, ChargeTwice).to(billing)), await handlers());
    expect(problems).toEqual([
      {
        code: 'CQRS_ROUTE_OF_HANDLED',
        what: '"Charge" is routed to billing, and Handlers.charge in RootTestModule handles it in this process.',
        where: 'the routes of CqrsModule.forRoot()',
        remedy:
          "Take the route or the handler away; or route it by its name, which yields to a handler of the process: route('…').to(billing).",
      },
    ]);
  });

  it.each<[MessageType, string[]]>([
    [Charge, ['CQRS_ROUTE_TWICE']],
    [Find, ['CQRS_ROUTE_TWICE']],
    [Rows, ['CQRS_ROUTE_TWICE']],
    [Paid, []],
    [Neutral, []],
  ])('lead to one process: %p', (type, expected) => {
    expect(codes(routeProblems(waysOf(route(type).to(billing), route(type).to(audit)), []))).toEqual(expected);
    expect(routeProblems(waysOf(route(type).to(billing), route(type).to(billing)), [])).toEqual([]);
    expect(routeProblems(waysOf(route(type).to(billing), route(Object).to(audit)), [])).toEqual([]);
  });

  it('tell of two processes which came first', () => {
    const ways = waysOf(route(Charge).to(billing), route(Charge).to(audit));
    expect(told(routeProblems(ways, []))).toEqual([
      ['CQRS_ROUTE_TWICE', 'Two routes lead "Charge" away: to billing, and to audit.'],
    ]);
  });

  it.each<[Partial<RemoteFeatures>, MessageType, string[]]>([
    [{ sharesLoad: false }, Charge, ['CQRS_TRANSPORT_RUNS_EVERYWHERE']],
    [{ sharesLoad: false }, Find, []],
    [{ sharesLoad: false }, Paid, []],
    [{ sharesLoad: false }, Neutral, []],
    [{ manyReplies: false }, Rows, ['CQRS_TRANSPORT_WITHOUT_ROWS']],
    [{ addressable: false }, Rows, ['CQRS_TRANSPORT_WITHOUT_ROWS']],
    [{ manyReplies: false, addressable: false }, Charge, []],
    [{ manyReplies: false, addressable: false }, Find, []],
    [{ tellsNobodyListens: false }, Rows, []],
  ])('over a transport with %j: %p', (features, type, expected) => {
    expect(codes(routeProblems(waysOf(route(type).to(weak(features))), []))).toEqual(expected);
  });
});

describe('What is exposed', () => {
  const remote = (features: Partial<RemoteFeatures> = {}): RemoteServer => ({
    name: 'billing',
    engine: 'test',
    features: { ...FEATURES, ...features },
    serve: () => undefined,
  });

  async function opened(
    messages: readonly MessageType[],
    {
      options = {},
      sagas = [],
      server = remote(),
    }: { options?: ExposeOptions; sagas?: MessageType[]; server?: RemoteServer } = {},
  ) {
    const problems: WiringProblem[] = [];
    const surroundings = { sagaEvents: () => sagas };
    const types = exposedTypes(expose(...messages).on(server, options), await handlers(), surroundings, problems);
    return { types: types.map(({ type, kind }) => [type, kind]), problems };
  }

  it('has the kind of its handler, also of a handler of its base class', async () => {
    expect(await opened([Charge, ChargeTwice, Paid])).toEqual({
      types: [
        [Charge, 'command'],
        [ChargeTwice, 'command'],
        [Paid, 'event'],
      ],
      problems: [],
    });
  });

  it('may be an event of sagas alone, also of a base class', async () => {
    class Special extends Neutral {}
    expect(await opened([Neutral, Special], { sagas: [Neutral] })).toEqual({
      types: [
        [Neutral, 'event'],
        [Special, 'event'],
      ],
      problems: [],
    });
  });

  it('has no handler', async () => {
    const { types, problems } = await opened([Find, Neutral, Charge]);
    expect(types).toEqual([[Charge, 'command']]);
    expect(problems).toEqual(
      ['Find', 'Neutral'].map(name => ({
        code: 'CQRS_EXPOSED_WITHOUT_HANDLER',
        what: `"${name}" is exposed, and nothing in this process handles it.`,
        where: 'expose(…).on(billing)',
        remedy:
          'Provide its handler, or take it out of expose(). If a lazily loaded module brings it, set { lazy: true }.',
      })),
    );
  });

  it('may get its handler later: of the kind that is known, or of any', async () => {
    const { types, problems } = await opened([Find, Neutral, Charge, Rows], { options: { lazy: true } });
    expect(types).toEqual([
      [Find, 'query'],
      [Neutral, 'command'],
      [Neutral, 'query'],
      [Neutral, 'event'],
      [Charge, 'command'],
      [Rows, 'query'],
    ]);
    expect(problems).toEqual([]);
    expect(codes((await opened([Find], { options: { lazy: false } })).problems)).toEqual([
      'CQRS_EXPOSED_WITHOUT_HANDLER',
    ]);
  });

  it('is something', async () => {
    expect(await opened([])).toMatchObject({
      types: [],
      problems: [
        {
          code: 'CQRS_INVALID_MESSAGE_TYPE',
          what: 'expose() was given undefined in place of a message class (circular import?).',
          where: 'expose(…).on(billing)',
        },
      ],
    });
    const { types, problems } = await opened(['Charge' as never, Charge]);
    expect(types).toEqual([[Charge, 'command']]);
    expect(told(problems)).toEqual([
      ['CQRS_INVALID_MESSAGE_TYPE', 'expose() was given a string in place of a message class.'],
    ]);
  });

  it.each<[Partial<RemoteFeatures>, MessageType, string[]]>([
    [{ sharesLoad: false }, Charge, ['CQRS_TRANSPORT_RUNS_EVERYWHERE']],
    [{ sharesLoad: false }, Paid, []],
    [{ sharesLoad: false }, Find, []],
    [{ sharesLoad: false }, Neutral, ['CQRS_TRANSPORT_RUNS_EVERYWHERE']],
    [{ manyReplies: false }, Rows, ['CQRS_TRANSPORT_WITHOUT_ROWS']],
    [{ addressable: false }, Rows, ['CQRS_TRANSPORT_WITHOUT_ROWS']],
    [{ addressable: false }, Charge, []],
    [{}, Rows, []],
  ])('on a server with %j: %p', async (features, type, expected) => {
    const { problems } = await opened([type], { options: { lazy: true }, server: remote(features) });
    expect(codes(problems)).toEqual(expected);
  });
});
