import { jest } from '@jest/globals';
import {
  Command,
  CommandHandlerNotFoundException,
  DispatchTimeoutException,
  Event,
  Message,
  MessageCatalog,
  MessageContext,
  MessageValidationException,
  QueryHandlerNotFoundException,
  RemoteException,
  RemoteUnavailableException,
  StreamQuery,
  type DispatchOptions,
  type MessageKind,
  type MessageType,
} from '../../../lib/index.js';
import { asArrival } from '../../../lib/context/arrival.js';
import { Deadline } from '../../../lib/context/deadline.js';
import { TransportException } from '../../../lib/errors/transport.exception.js';
import { RemoteInvoker } from '../../../lib/transport/remote-invoker.js';
import { FEATURES, Peer, turns, watched } from './peer.js';

const NOW = 1_000_000;

beforeEach(() => void jest.useFakeTimers({ now: NOW, doNotFake: ['nextTick', 'queueMicrotask'] }));
afterEach(() => void jest.useRealTimers());

@Message({ name: 'billing.charge' })
class Charge extends Command<unknown> {
  constructor(readonly amount = 5n) {
    super();
  }
}
class Paid extends Event {}
class Rows extends StreamQuery<unknown> {}

const catalog = new MessageCatalog([Charge, Paid, Rows]);

function invoker(kind: MessageKind, type: MessageType, { peer = new Peer(), timeout = 1000 } = {}) {
  const remote = new RemoteInvoker(peer, kind, type, catalog, timeout);
  const contextOf = (options?: DispatchOptions) => new MessageContext(kind, type, remote.identity, options);
  return { peer, remote, contextOf };
}

function charge(
  options?: DispatchOptions,
  { limit, ...given }: { limit?: Deadline; peer?: Peer; timeout?: number } = {},
) {
  const made = invoker('command', Charge, given);
  const context = made.contextOf(options);
  if (limit) context.restrict({}, limit);
  const answer = made.remote.invoke(new Charge(), context) as Promise<unknown>;
  return { ...made, answer, seen: watched(answer), frame: made.peer.requests[0]!.frame };
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('What sends messages to another process', () => {
  it('is named after the transport, takes the context, and runs at the place of sending', () => {
    const { remote } = invoker('command', Charge);
    expect(remote.identity).toEqual({ name: 'billing', module: 'test' });
    expect([remote.usesContext, remote.middleware, remote.place]).toEqual([true, [], 'send']);
  });

  it('sends the message in an envelope, with the time that is left', () => {
    const { peer, frame } = charge({ messageId: 'm1', correlationId: 'c1', headers: { tenant: 'acme' } });
    expect(peer.requests.map(({ pattern }) => pattern)).toEqual(['cqrs.command.billing.charge']);
    expect(frame).toEqual({
      kind: 'command',
      envelope: expect.objectContaining({
        meta: expect.objectContaining({
          name: 'billing.charge',
          id: 'm1',
          correlationId: 'c1',
          headers: { tenant: 'acme' },
        }) as object,
      }) as object,
      timeout: 1000,
      expires: NOW + 1000,
      cancellable: true,
    });
  });

  it('does not ask where to cancel a transport that cannot address one process', () => {
    const { frame } = charge({}, { peer: new Peer('billing', { ...FEATURES, addressable: false }) });
    expect('cancellable' in frame).toBe(false);
  });

  it.each([
    ['the nearer limit of the dispatch', 400, 400],
    ['its own time, where the dispatch has more', 5000, 1000],
    ['whole milliseconds', 0.2, 1],
    ['no time below 0', -5, 0],
  ])('sends %s', (_, limit, timeout) => {
    const { frame } = charge({}, { limit: new Deadline(limit, 'the test') });
    expect(frame).toMatchObject({ timeout, expires: NOW + timeout });
  });

  it('waits no longer than timers can', () => {
    expect(charge({}, { timeout: Infinity }).frame.timeout).toBe(2 ** 31 - 1);
  });

  it.each<[string, unknown, unknown]>([
    ['nothing', undefined, undefined],
    ['a text', 'done', 'done'],
    ['what is written as envelopes write it', { $type: 'bigint', value: '5' }, 5n],
  ])('gives what the other process answers: %s', async (_, value, expected) => {
    const { peer, answer } = charge();
    peer.reply(value === undefined ? { ok: true } : { ok: true, value: JSON.parse(JSON.stringify(value)) as unknown });
    expect(await answer).toEqual(expected);
  });

  it.each([{ $type: 'Date', value: 'never' }, { $type: 'unheard-of' }])(
    'does not know whether a handler has run, where the result cannot be read: %j',
    async value => {
      const { peer, answer } = charge();
      peer.reply({ ok: true, value });
      expect(await failure(answer)).toMatchObject({
        code: 'CQRS_REMOTE_UNAVAILABLE',
        outcome: 'unknown',
        what: '"Charge" got no answer: billing sent a result that cannot be read.',
        cause: { cause: { code: 'CQRS_ENVELOPE_MALFORMED' } },
      });
    },
  );

  it('fails as the handler there has', async () => {
    const { peer, answer } = charge();
    peer.reply({ ok: false, error: { name: 'MessageValidationException', message: 'no amount', fields: {} } });
    expect(await failure(answer)).toBeInstanceOf(MessageValidationException);
    const other = charge();
    other.peer.reply({ ok: false, error: { name: 'Odd', message: 'x' } });
    const error = (await failure(other.answer)) as RemoteException;
    expect(error).toBeInstanceOf(RemoteException);
    expect(error.where).toBe('Charge, sent to billing');
  });

  it('has one failure for the limit of both processes, and another where a limit within the handler there has ended', async () => {
    const late = (timeout: number) => {
      const fields = { messageName: 'Charge', timeout, limitedBy: 'a limit there' };
      return { ok: false, error: { name: 'DispatchTimeoutException', message: 'late', fields } };
    };
    const same = charge({}, { timeout: 1000 });
    same.peer.reply(late(1000));
    expect(await failure(same.answer)).toMatchObject({ code: 'CQRS_REMOTE_UNAVAILABLE', outcome: 'unknown' });
    const other = charge({}, { timeout: 1000 });
    other.peer.reply(late(20));
    const error = (await failure(other.answer)) as DispatchTimeoutException;
    expect(error).toBeInstanceOf(DispatchTimeoutException);
    expect([error.timeout, error.limitedBy]).toEqual([20, 'a limit there']);
  });

  it('says of what was refused that no handler has run', async () => {
    const { peer, answer } = charge();
    peer.reply({ ok: false, refused: true, error: { name: 'Odd', message: 'x' } });
    const error = (await failure(answer)) as RemoteUnavailableException;
    expect(error).toBeInstanceOf(RemoteUnavailableException);
    expect(error).toMatchObject({ outcome: 'not-handled', messageName: 'Charge', service: 'billing' });
    expect(error.message).toBe(
      '"Charge" got no answer: billing refused it. Where: route to billing. No handler has run (outcome "not-handled"): it may be sent again. [CQRS_REMOTE_UNAVAILABLE]',
    );
    expect(error.cause).toBeInstanceOf(RemoteException);
  });

  it.each(['not-handled', 'unknown'] as const)('tells what the transport knows: %s', async outcome => {
    const { peer, answer } = charge();
    const lost = new TransportException(outcome, 'is not listening');
    peer.fail(lost);
    const error = await failure(answer);
    expect(error).toBeInstanceOf(RemoteUnavailableException);
    expect(error).toMatchObject({ outcome, what: '"Charge" got no answer: billing is not listening.', cause: lost });
  });

  it('passes on what a transport throws that is no failure of carrying', async () => {
    const { peer, answer } = charge();
    const odd = new TypeError('odd');
    peer.fail(odd);
    expect(await failure(answer)).toBe(odd);
  });

  it('says that the other process is silent, where the time of the route is up', async () => {
    const { seen } = charge();
    jest.advanceTimersByTime(1000);
    await turns();
    expect(seen.reason).toBeInstanceOf(RemoteUnavailableException);
    expect((seen.reason as Error).message).toBe(
      '"Charge" got no answer: billing did not answer within 1000 ms. Where: route to billing. A handler may have run (outcome "unknown"): send it again only if handling it twice does no harm, or find out first. For more time: route(…).to(billing, { timeout }). [CQRS_REMOTE_UNAVAILABLE]',
    );
  });

  it.each([400, 1000])('says that the time of the dispatch is up, where that is not longer: %d ms', async limit => {
    const { seen } = charge({}, { limit: new Deadline(limit, 'the timeout option') });
    jest.advanceTimersByTime(limit);
    await turns();
    expect(seen.reason).toBeInstanceOf(DispatchTimeoutException);
    expect(seen.reason).toMatchObject({
      messageName: 'Charge',
      where: 'billing',
      timeout: limit,
      limitedBy: 'the timeout option',
    });
  });

  it('says so too where the limit has left the context before an answer comes', async () => {
    const { peer, remote, contextOf } = invoker('command', Charge);
    const context = contextOf();
    const limit = context.restrict({}, new Deadline(400, 'the timeout option'));
    const answer = remote.invoke(new Charge(), context) as Promise<unknown>;
    const seen = watched(answer);
    context.release(limit);
    jest.advanceTimersByTime(500);
    peer.reply({ ok: true });
    await turns();
    expect(seen.reason).toBeInstanceOf(DispatchTimeoutException);
    expect(seen.reason).toMatchObject({ timeout: 400, limitedBy: 'the timeout option' });
  });

  it('stops waiting when the caller gives up', async () => {
    const caller = new AbortController();
    const { seen } = charge({ signal: caller.signal });
    const reason = new Error('The caller is gone');
    caller.abort(reason);
    await turns();
    expect(seen.reason).toBe(reason);
  });
});

describe('A message that came from another process', () => {
  it.each([
    ['command', Charge, CommandHandlerNotFoundException],
    ['query', Rows, QueryHandlerNotFoundException],
  ] as const)('is not sent on: a %s fails', (kind, type, NotFound) => {
    const { peer, remote, contextOf } = invoker(kind, type);
    const send = () => remote.invoke(new type(), contextOf({ messageId: 'm', headers: asArrival({}, 'm') })) as unknown;
    expect(send).toThrow(NotFound);
    expect(send).toThrow(
      `No handler found for the ${kind}: "${type.name}". It came from another process and is not sent on: provide its handler here. [CQRS_HANDLER_NOT_FOUND]`,
    );
    expect(peer.requests).toEqual([]);
  });

  it('is not sent on: an event goes to the handlers of this process alone', () => {
    const { peer, remote, contextOf } = invoker('event', Paid);
    expect(remote.invoke(new Paid(), contextOf({ messageId: 'm', headers: asArrival({}, 'm') }))).toBeUndefined();
    expect(peer.requests).toEqual([]);
  });
});

describe('A stream query of another process', () => {
  const rowsOf = (peer?: Peer) => {
    const made = invoker('query', Rows, { ...(peer && { peer }), timeout: 400 });
    const rows = made.remote.invoke(new Rows(), made.contextOf()) as AsyncIterableIterator<unknown>;
    return { ...made, rows };
  };

  it('asks for rows, which are read as results', async () => {
    const { peer, rows } = rowsOf();
    expect(peer.requests[0]).toMatchObject({
      pattern: 'cqrs.query.Rows',
      frame: { kind: 'query', timeout: 400, rows: { credit: 64, alive: 100 } },
    });
    peer.reply({ rows: [1, null, { $type: 'bigint', value: '5' }], from: 0 }, { ok: true, from: 3 });
    expect([await rows.next(), await rows.next(), await rows.next()].map(({ value }) => value as unknown)).toEqual([
      1,
      null,
      5n,
    ]);
    expect(await rows.next()).toEqual({ done: true, value: undefined });
  });

  it.each<[string, (peer: Peer) => void, string]>([
    [
      'the source fails',
      peer => peer.reply({ ok: false, error: { name: 'Odd', message: 'x' } }),
      'The other process failed: Odd: x.',
    ],
    [
      'it is refused',
      peer => peer.reply({ ok: false, refused: true, error: { name: 'Odd', message: 'x' } }),
      '"Rows" got no answer: billing refused it.',
    ],
    [
      'the connection is lost',
      peer => peer.fail(new TransportException('unknown', 'lost the connection')),
      '"Rows" got no answer: billing lost the connection.',
    ],
    [
      'the transport throws',
      peer => peer.fail(new TypeError('odd')),
      '"Rows" got no answer: billing could not be asked.',
    ],
    [
      'nothing is heard',
      () => jest.advanceTimersByTime(500),
      '"Rows" got no answer: billing did not answer within 400 ms.',
    ],
  ])('fails where %s', async (_, end, what) => {
    const { peer, rows } = rowsOf();
    const reading = watched(rows.next());
    end(peer);
    await turns();
    expect(reading.reason).toMatchObject({ what });
  });
});
