import * as cqrs from '../../../lib/index.js';
import { NoEventBusException } from '../../../lib/errors/no-event-bus.exception.js';
import { SagaBacklogException } from '../../../lib/errors/saga-backlog.exception.js';
import { describeValue } from '../../../lib/errors/describe-value.js';

const {
  BusClosedException,
  CommandHandlerNotFoundException,
  CqrsException,
  CqrsWiringException,
  EventHandlersFailedException,
  HandlerAlreadyRegisteredException,
  HandlerNotFoundException,
  InvalidCommandHandlerException,
  InvalidEventsHandlerException,
  InvalidHandlerException,
  InvalidMessageException,
  InvalidMiddlewareException,
  InvalidQueryHandlerException,
  InvalidSagaException,
  NotAStreamException,
  NotWiredException,
  QueryHandlerNotFoundException,
  QuerySideEffectException,
  ShutdownTimeoutException,
  UnrecoverableException,
  UnsupportedSagaScopeException,
} = cqrs;

class Ping {}

const problem = (n: number) => ({ code: 'CQRS_X', what: `Fault ${n}.`, where: `Module${n}`, remedy: `Mend ${n}.` });

const samples: [string, InstanceType<typeof CqrsException>, string][] = [
  ['BusClosedException', new BusClosedException('Ping'), 'CQRS_BUS_CLOSED'],
  ['HandlerNotFoundException', new HandlerNotFoundException('Ping'), 'CQRS_HANDLER_NOT_FOUND'],
  ['CommandHandlerNotFoundException', new CommandHandlerNotFoundException('Ping'), 'CQRS_HANDLER_NOT_FOUND'],
  ['QueryHandlerNotFoundException', new QueryHandlerNotFoundException('Ping'), 'CQRS_HANDLER_NOT_FOUND'],
  [
    'HandlerAlreadyRegisteredException',
    new HandlerAlreadyRegisteredException('Ping', 'First', 'Second'),
    'CQRS_HANDLER_ALREADY_REGISTERED',
  ],
  ['InvalidHandlerException', new InvalidHandlerException('It is none.', 'Ping'), 'CQRS_INVALID_HANDLER'],
  ['InvalidMessageException', new InvalidMessageException(null, 'command bus'), 'CQRS_INVALID_MESSAGE'],
  ['InvalidMiddlewareException', new InvalidMiddlewareException('It is none.', 'Mend it.'), 'CQRS_INVALID_MIDDLEWARE'],
  ['NotAStreamException', new NotAStreamException('Ping', 42), 'CQRS_NOT_A_STREAM'],
  ['NotWiredException', new NotWiredException('Ping'), 'CQRS_NOT_WIRED'],
  ['QuerySideEffectException', new QuerySideEffectException('A', 'H', 'command', 'B'), 'CQRS_QUERY_SIDE_EFFECT'],
  ['ShutdownTimeoutException', new ShutdownTimeoutException('Ping', 'PingHandler', 50), 'CQRS_SHUTDOWN_TIMEOUT'],
  [
    'EventHandlersFailedException',
    new EventHandlersFailedException('Ping', [new Error('a'), 'b'], ['First', 'Second']),
    'CQRS_EVENT_HANDLERS_FAILED',
  ],
  [
    'DuplicateMessageNameException',
    new cqrs.DuplicateMessageNameException('a.b', 'A', 'B'),
    'CQRS_DUPLICATE_MESSAGE_NAME',
  ],
  ['MessageValidationException', new cqrs.MessageValidationException('Ping', []), 'CQRS_VALIDATION'],
  ['EnvelopeException', cqrs.EnvelopeException.malformed('No object.'), 'CQRS_ENVELOPE_MALFORMED'],
  ['EnvelopeException', cqrs.EnvelopeException.tooLarge('Too deep.', 'a.b'), 'CQRS_ENVELOPE_TOO_LARGE'],
  ['EnvelopeException', cqrs.EnvelopeException.unserializable('A function.', 'a.b'), 'CQRS_UNSERIALIZABLE'],
  ['MessageVersionException', cqrs.MessageVersionException.fromTheFuture('a.b', 3, 2), 'CQRS_MESSAGE_FROM_THE_FUTURE'],
  ['MessageVersionException', cqrs.MessageVersionException.withoutUpcaster('a.b', 1, 3, 2), 'CQRS_UPCASTER_MISSING'],
  ['UnknownMessageException', new cqrs.UnknownMessageException('a.b', []), 'CQRS_UNKNOWN_MESSAGE'],
  ['NoEventBusException', new NoEventBusException('Hero'), 'CQRS_NO_EVENT_BUS'],
  ['SagaBacklogException', new SagaBacklogException('Ping', 'Sagas.ping'), 'CQRS_SAGA_BACKLOG'],
  ['CqrsWiringException', new CqrsWiringException([problem(1)]), 'CQRS_WIRING'],
  ['InvalidCommandHandlerException', new InvalidCommandHandlerException(), 'CQRS_WIRING'],
  ['InvalidQueryHandlerException', new InvalidQueryHandlerException(), 'CQRS_WIRING'],
  ['InvalidEventsHandlerException', new InvalidEventsHandlerException(), 'CQRS_WIRING'],
  ['InvalidSagaException', new InvalidSagaException(), 'CQRS_WIRING'],
  ['UnsupportedSagaScopeException', new UnsupportedSagaScopeException(), 'CQRS_WIRING'],
];

describe('UnrecoverableException', () => {
  it('has the text that the handler gives it, and its cause', () => {
    const cause = new Error('550');
    const exception = new UnrecoverableException('no such mailbox', cause);
    expect(exception).toMatchObject({ name: 'UnrecoverableException', message: 'no such mailbox', cause });
    expect(exception).toMatchObject({ code: 'CQRS_UNRECOVERABLE', what: 'no such mailbox' });
    expect(exception.remedy).not.toBe('');
    expect('cause' in new UnrecoverableException('no such mailbox')).toBe(false);
  });
});

describe('every exception of the library', () => {
  it('that is exported is of the one base', () => {
    const exported = Object.entries(cqrs).filter(([name]) => name.endsWith('Exception'));
    const strangers = exported.filter(
      ([, value]) => value !== CqrsException && !((value as { prototype: unknown }).prototype instanceof CqrsException),
    );
    expect(exported.length).toBeGreaterThan(20);
    expect(strangers).toEqual([]);
  });

  it.each(samples)('%s has its name, a stable code, says what is wrong and what to do', (name, exception, code) => {
    expect(exception).toBeInstanceOf(CqrsException);
    expect(exception).toBeInstanceOf(Error);
    expect(exception.name).toBe(name);
    expect(exception.code).toBe(code);
    expect(exception.what).not.toBe('');
    expect(exception.remedy).not.toBe('');
    const { what, where } = exception;
    const problems = exception instanceof CqrsWiringException ? exception.problems : [exception];
    expect(exception.message).toBe(
      [what, where && !what.includes(where) && `Where: ${where}.`, exception.remedy, `[${problems[0]!.code}]`]
        .filter(Boolean)
        .join(' '),
    );
    expect(exception.stack).toContain(name);
  });

  it('keeps the error underneath as its cause, and has no cause where there is none', () => {
    const cause = new Error('underneath');
    expect(new CqrsException({ ...problem(1), cause }).cause).toBe(cause);
    expect('cause' in new CqrsException(problem(1))).toBe(false);
  });

  it('leaves out where it happened if there is no culprit to name', () => {
    const exception = new CqrsException({ code: 'CQRS_X', what: 'A fault.', remedy: 'Mend it.' });
    expect(exception.where).toBeUndefined();
    expect(exception.message).toBe('A fault. Mend it. [CQRS_X]');
  });
});

describe('CqrsWiringException', () => {
  it('lists every problem of a start, numbered, each with culprit and remedy', () => {
    const exception = new CqrsWiringException([problem(1), problem(2)]);
    expect(exception.problems).toHaveLength(2);
    expect(exception.message).toContain('2 problems');
    expect(exception.message).toContain('1. Fault 1. Where: Module1. Mend 1. [CQRS_X]');
    expect(exception.message).toContain('2. Fault 2. Where: Module2. Mend 2. [CQRS_X]');
  });

  it('tells a single problem in one line', () => {
    expect(new CqrsWiringException([problem(1)]).message).not.toContain('\n');
  });

  it('has the first cause that any problem has', () => {
    const cause = new Error('underneath');
    expect(new CqrsWiringException([problem(1), { ...problem(2), cause }]).cause).toBe(cause);
    expect('cause' in new CqrsWiringException([problem(1)])).toBe(false);
  });
});

describe('HandlerNotFoundException', () => {
  it('names the message, and a near miss in place of the general remedy', () => {
    const exception = new CommandHandlerNotFoundException('Ping', 'PingHandler is declared but not provided.');
    expect(exception).toBeInstanceOf(HandlerNotFoundException);
    expect(exception.messageName).toBe('Ping');
    expect(exception.what).toBe('No handler found for the command: "Ping".');
    expect(exception.remedy).toBe('PingHandler is declared but not provided.');
  });

  it('calls a query a query', () => {
    expect(new QueryHandlerNotFoundException('Ping').what).toContain('query');
  });
});

describe('EventHandlersFailedException', () => {
  it('names every handler with what it threw, and keeps the errors as they are', () => {
    const errors = [new Error('disk full'), 'oops'];
    const exception = new EventHandlersFailedException('Ping', errors, ['Store', 'Mail']);
    expect(exception.errors).toBe(errors);
    expect(exception.handlers).toEqual(['Store', 'Mail']);
    expect(exception.what).toContain('Store (disk full), Mail (oops)');
    expect(exception.cause).toBe(errors[0]);
  });

  it('survives what cannot be printed', () => {
    const errors = [Object.create(null), Symbol('s'), null, undefined];
    const exception = new EventHandlersFailedException('Ping', errors, ['A', 'B', 'C', 'D']);
    expect(exception.what).toContain('4 handlers');
  });
});

describe('the exceptions of messages that come from outside', () => {
  it('list what is wrong with a message, as a whole and in its fields', () => {
    const violations = [
      { path: '', message: 'is empty' },
      { path: 'lines.0', message: 'must be a number' },
    ];
    const exception = new cqrs.MessageValidationException('Ping', violations);
    expect(exception.violations).toBe(violations);
    expect(exception.what).toBe('"Ping" is not valid: is empty; lines.0: must be a number.');
  });

  it('name what an unknown name resembles, and the registry that was asked', () => {
    const exception = new cqrs.UnknownMessageException('user.create', ['users.create'], 'MessageCatalog');
    expect(exception.what).toContain('near names: users.create');
    expect(exception.where).toBe('MessageCatalog');
  });

  it('tell the versions', () => {
    expect(cqrs.MessageVersionException.fromTheFuture('a.b', 3, 2)).toMatchObject({ received: 3, current: 2 });
  });
});

describe('InvalidMessageException', () => {
  it('tells who sends a class how to send an instance', () => {
    expect(new InvalidMessageException(Ping).remedy).toBe('Send an instance: new Ping(…).');
    expect(new InvalidMessageException(class {}).remedy).toBe('Send an instance: new Message(…).');
  });

  it('names the bus', () => {
    expect(new InvalidMessageException(1, 'query bus').where).toBe('query bus');
  });
});

describe('describeValue', () => {
  it.each<[string, unknown]>([
    ['null', null],
    ['undefined', undefined],
    ['a number', 42],
    ['a string', 'text'],
    ['a symbol', Symbol('s')],
    ['a bigint', 1n],
    ['the class Ping', Ping],
    ['the function named', function named() {}],
    [
      'the function (anonymous)',
      (
        () => () =>
          undefined
      )(),
    ],
    ['an object without a prototype', Object.create(null)],
    ['an instance of Ping', new Ping()],
    ['an instance of (anonymous)', Object.create({ constructor: undefined })],
    ['an instance of (anonymous)', Object.create({ constructor: { name: 5 } })],
    ['an instance of Array', []],
  ])('says %s', (text, value) => {
    expect(describeValue(value)).toBe(text);
  });
});
