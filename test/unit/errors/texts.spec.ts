import * as cqrs from '../../../lib/index.js';
import { describeValue } from '../../../lib/errors/describe-value.js';
import { InvalidMessageException } from '../../../lib/errors/invalid-message.exception.js';
import { NoContextException } from '../../../lib/errors/no-context.exception.js';
import { NoEventBusException } from '../../../lib/errors/no-event-bus.exception.js';
import { SagaBacklogException } from '../../../lib/errors/saga-backlog.exception.js';
import { StreamQueryAskedException } from '../../../lib/errors/stream-query-asked.exception.js';
import { TransportException } from '../../../lib/errors/transport.exception.js';
import { explain } from '../../../lib/errors/cqrs.exception.js';

class Ping {}

const list = [
  { path: '', message: 'is empty' },
  { path: 'lines.0', message: 'must be a number' },
];

const TEXTS: [InstanceType<typeof cqrs.CqrsException>, string][] = [
  [
    new cqrs.BusClosedException('Ping'),
    '"Ping" was sent after the bus had been closed. Stop what sends messages before the application closes, or await it in a shutdown hook. [CQRS_BUS_CLOSED]',
  ],
  [
    new cqrs.HandlerNotFoundException('Ping'),
    'No handler found for the message: "Ping". Register one, or list the class that handles Ping among the providers of a module. [CQRS_HANDLER_NOT_FOUND]',
  ],
  [
    new cqrs.CommandHandlerNotFoundException('Ping'),
    'No handler found for the command: "Ping". Register one, or list the class that handles Ping among the providers of a module. [CQRS_HANDLER_NOT_FOUND]',
  ],
  [
    new cqrs.QueryHandlerNotFoundException('Ping', 'A hint.'),
    'No handler found for the query: "Ping". A hint. [CQRS_HANDLER_NOT_FOUND]',
  ],
  [
    new cqrs.HandlerAlreadyRegisteredException('Ping', 'First', 'Second'),
    '"Ping" has a handler already: First; Second was refused. Keep one of the two, or dispose of the first before registering the second. [CQRS_HANDLER_ALREADY_REGISTERED]',
  ],
  [
    new cqrs.InvalidHandlerException('It is none.', 'Ping'),
    'It is none. Where: Ping. Register a function for a message class: bus.register(MessageClass, message => …). [CQRS_INVALID_HANDLER]',
  ],
  [new cqrs.InvalidHandlerException('It is none.', undefined, 'Do.'), 'It is none. Do. [CQRS_INVALID_HANDLER]'],
  [
    new InvalidMessageException(5, 'command bus'),
    'A message must be an instance of a class, not a number. Where: command bus. Send an instance of a message class, and check that nothing on the way lost it. [CQRS_INVALID_MESSAGE]',
  ],
  [
    new InvalidMessageException([]),
    'A message must be an instance of a class, not an instance of Array. Publish several events with publishAll(); send commands and queries one by one. [CQRS_INVALID_MESSAGE]',
  ],
  [
    new InvalidMessageException(Ping),
    'A message must be an instance of a class, not the class Ping. Send an instance: new Ping(…). [CQRS_INVALID_MESSAGE]',
  ],
  [
    new cqrs.NotAStreamException('Ping', 42),
    'The handler of "Ping" returned a number, which has no rows. Return an async iterable, an iterable or an Observable, or ask the query with ask(). [CQRS_NOT_A_STREAM]',
  ],
  [
    new cqrs.NotWiredException('Ping'),
    '"Ping" was sent before the handlers were there. Where: a constructor or a provider factory. Send it in onModuleInit or later; events may be published at any time. [CQRS_NOT_WIRED]',
  ],
  [
    new cqrs.NotWiredException('Ping', 'Users'),
    '"Ping" was sent before the handlers were there. Where: the constructor of Users. Send it in onModuleInit or later; events may be published at any time. [CQRS_NOT_WIRED]',
  ],
  [
    new cqrs.QuerySideEffectException('Get', 'GetHandler', 'command', 'Save'),
    'The query "Get" sent the command "Save"; a query changes no state. Where: GetHandler. Send it where the query is asked, or make the query a command. [CQRS_QUERY_SIDE_EFFECT]',
  ],
  [
    new cqrs.ShutdownTimeoutException('Ping', 'PingHandler', 50),
    '"Ping" was still being handled 50 ms after the application began to close. Where: PingHandler. Let the handler end sooner (a dispatch can be given a signal or a timeout), or raise shutdown.timeout. [CQRS_SHUTDOWN_TIMEOUT]',
  ],
  [
    new cqrs.ShutdownTimeoutException(undefined, 'Sagas.onPaid', 50),
    'A saga still held back what it had been given, 50 ms after the application began to close. Where: Sagas.onPaid. What it holds is lost, such as a command behind delay(): store the command with later() instead, let the saga end sooner, or raise shutdown.timeout. [CQRS_SHUTDOWN_TIMEOUT]',
  ],
  [
    new cqrs.EventHandlersFailedException(
      'Ping',
      [new Error('disk full'), 'oops', Symbol('s'), null, new Ping()],
      ['A', 'B', 'C', 'D', 'E'],
    ),
    '5 handlers of "Ping" failed: A (disk full), B (oops), C (Symbol(s)), D (null), E (an instance of Ping). See the errors property for what each of them threw. [CQRS_EVENT_HANDLERS_FAILED]',
  ],
  [
    new cqrs.DuplicateMessageNameException('a.b', 'First', 'Second'),
    'Two message classes have the name "a.b": First and Second. Give one of them a name of its own with @Message({ name }), or take away the alias. [CQRS_DUPLICATE_MESSAGE_NAME]',
  ],
  [
    new cqrs.MessageValidationException('Ping', list),
    '"Ping" is not valid: is empty; lines.0: must be a number. Send it with fields that its schema or its decorators allow. [CQRS_VALIDATION]',
  ],
  [
    cqrs.MessageVersionException.fromTheFuture('a.b', 3, 2),
    '"a.b" arrived in version 3, but this process knows it up to version 2. Deploy the receivers of a new version before its senders. [CQRS_MESSAGE_FROM_THE_FUTURE]',
  ],
  [
    cqrs.MessageVersionException.withoutUpcaster('a.b', 1, 3, 2),
    '"a.b" arrived in version 1, and nothing brings version 2 any nearer to version 3. Add a static method with @Upcast(2) to its class. [CQRS_UPCASTER_MISSING]',
  ],
  [
    new cqrs.UnknownMessageException('a.b', []),
    'No message is known by the name "a.b". Register its class with the MessageCatalog, or add the name to the aliases of @Message on its class. [CQRS_UNKNOWN_MESSAGE]',
  ],
  [
    new cqrs.UnknownMessageException('a.b', ['a.c', 'a.d'], 'MessageCatalog'),
    'No message is known by the name "a.b"; near names: a.c, a.d. Where: MessageCatalog. Register its class with the MessageCatalog, or add the name to the aliases of @Message on its class. [CQRS_UNKNOWN_MESSAGE]',
  ],
  [
    new NoEventBusException('Hero'),
    'The events of "Hero" have nowhere to go: no application with a CqrsModule is running. Start the application first; in a test without one, read getUncommittedEvents() or merge the aggregate with an EventPublisher. [CQRS_NO_EVENT_BUS]',
  ],
  [
    new NoContextException(),
    'No context is known here: this code runs outside of any dispatch, or contexts are not propagated. Where: MessageContext.current(). Set propagateContext: true in CqrsModule.forRoot(), take the context as second argument of the handler, or ask MessageContext.find() where there may be none. [CQRS_NO_CONTEXT]',
  ],
  [
    new SagaBacklogException('Ping', 'Sagas.ping'),
    '"Ping" did not reach the saga Sagas.ping, which could not be started again in time. See the failures of the saga reported before. [CQRS_SAGA_BACKLOG]',
  ],
  [
    new StreamQueryAskedException('Rows'),
    '"Rows" is a StreamQuery: ask() cannot answer it. Read its rows with stream(): for await (const row of queries.stream(query)) …. [CQRS_STREAM_QUERY_ASKED]',
  ],
  [
    new TransportException('unknown', 'refused the connection'),
    'The other process refused the connection. Start it, or look at its log. [CQRS_TRANSPORT]',
  ],
  [
    new cqrs.DispatchTimeoutException('Ping', 'PingHandler', 50, 'the caller'),
    '"Ping" did not finish in time: the 50 ms of the caller ran out. Where: PingHandler. Raise that limit, or end the work sooner: context.signal is aborted when the time is up, so that the handler can stop. [CQRS_TIMEOUT]',
  ],
  [
    new cqrs.InvalidCommandHandlerException(),
    'An invalid command handler has been provided. Provide a class annotated with @CommandHandler that has an execute method. [CQRS_HANDLER_WITHOUT_METHOD]',
  ],
  [
    new cqrs.InvalidQueryHandlerException(),
    'An invalid query handler has been provided. Provide a class annotated with @QueryHandler that has an execute method. [CQRS_HANDLER_WITHOUT_METHOD]',
  ],
  [
    new cqrs.InvalidEventsHandlerException(),
    'An invalid events handler has been provided. Provide a class annotated with @EventsHandler that has a handle method. [CQRS_HANDLER_WITHOUT_METHOD]',
  ],
  [
    new cqrs.InvalidSagaException(),
    'Invalid saga. Each saga should return an Observable stream or an async generator, or name its events: @Saga(UserCreated). [CQRS_INVALID_SAGA]',
  ],
  [
    new cqrs.UnsupportedSagaScopeException(),
    'Request-scoped saga hosts are not supported. Make the provider a singleton and resolve what is request-scoped inside the saga, with ModuleRef. [CQRS_SAGA_SCOPE]',
  ],
];

describe('The text of an exception', () => {
  it.each(TEXTS.map(([exception, text]) => [exception.name, exception, text] as const))(
    'says what is wrong, where, and what to do: %s',
    (_, exception, text) => {
      expect(exception.message).toBe(text);
    },
  );

  it('of the wiring numbers several problems, and has none of them as its place', () => {
    const problem = (n: number) => ({
      code: `CQRS_${n}`,
      what: `Fault ${n}.`,
      where: `Module${n}`,
      remedy: `Do ${n}.`,
    });
    const several = new cqrs.CqrsWiringException([problem(1), problem(2)]);
    expect(several.message).toBe(
      'The wiring has 2 problems:\n  1. Fault 1. Where: Module1. Do 1. [CQRS_1]\n  2. Fault 2. Where: Module2. Do 2. [CQRS_2]\nCorrect what is listed and start again. [CQRS_WIRING]',
    );
    expect([several.where, several.remedy]).toEqual([undefined, 'Correct what is listed and start again.']);
    const one = new cqrs.CqrsWiringException([problem(1)]);
    expect(one).toMatchObject({
      message: 'Fault 1. Where: Module1. Do 1. [CQRS_1]',
      where: 'Module1',
      code: 'CQRS_WIRING',
    });
    expect(new cqrs.CqrsWiringException([]).what).toBe('The wiring has 0 problems:\n');
  });

  it.each([
    ['The handler A is odd.', 'A', 'The handler A is odd. Do. [X]'],
    ['The handler A is odd.', 'B', 'The handler A is odd. Where: B. Do. [X]'],
    ['The handlers A and B are odd.', 'A; B', 'The handlers A and B are odd. Do. [X]'],
    ['The handler A is odd.', 'A; B', 'The handler A is odd. Where: A; B. Do. [X]'],
    ['It is odd.', '', 'It is odd. Do. [X]'],
    ['It is odd.', undefined, 'It is odd. Do. [X]'],
  ])('tells the place unless it is told already: %j, %j', (what, where, text) => {
    expect(explain({ code: 'X', what, remedy: 'Do.', ...(where !== undefined && { where }) })).toBe(text);
  });
});

describe('What cannot be inspected', () => {
  it('is described without touching it', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    const throwing = Object.defineProperty(class {}, 'name', {
      get() {
        throw new Error('no');
      },
    });
    revoke();
    expect(describeValue(proxy)).toBe('an object that cannot be inspected');
    expect(describeValue(throwing)).toBe('the class (anonymous)');
    expect(new InvalidMessageException(proxy).remedy).toBe(
      'Send an instance of a message class, and check that nothing on the way lost it.',
    );
    expect(new InvalidMessageException(throwing).remedy).toBe('Send an instance: new Message(…).');
    expect(new InvalidMessageException(5, 'here', undefined, 'Do.').remedy).toBe('Do.');
  });
});

describe('An exception', () => {
  it('can be renamed, and has no cause unless it is given one', () => {
    const exception = new cqrs.BusClosedException('Ping');
    expect(Object.getOwnPropertyDescriptor(exception, 'name')).toEqual({
      value: 'BusClosedException',
      enumerable: true,
      configurable: true,
      writable: true,
    });
    expect('cause' in exception).toBe(false);
    expect(new TransportException('unknown', 'x', 0).cause).toBe(0);
  });
});
