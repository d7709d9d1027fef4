import { jest } from '@jest/globals';
import { NotFoundException } from '@nestjs/common';
import { firstValueFrom, lastValueFrom, toArray, type Observable } from 'rxjs';
import {
  Command,
  CommandHandlerNotFoundException,
  Event,
  Message,
  MessageCatalog,
  Query,
  StreamQuery,
  type DispatchOptions,
  type ExposeOptions,
  type MessageKind,
  type MessageType,
} from '../../../lib/index.js';
import { isArrival } from '../../../lib/context/arrival.js';
import { MessageContext } from '../../../lib/context/message-context.js';
import { RunningWork } from '../../../lib/dispatch/running-work.js';
import type { ReplyFrame } from '../../../lib/transport/frame.js';
import { Receiver } from '../../../lib/transport/receiver.js';
import { quietLog } from '../../support/quiet-log.js';
import { pending } from '../../support/waiting.js';
import { turns } from './peer.js';

const NOW = 1_000_000;

let log: ReturnType<typeof quietLog>;
beforeEach(() => (log = quietLog()));

const logged = () => log.error.mock.calls.map(([text]) => text as unknown);

beforeEach(() => void jest.useFakeTimers({ now: NOW, doNotFake: ['nextTick', 'queueMicrotask'] }));
afterEach(() => void jest.useRealTimers());

@Message({ name: 'users.create', aliases: ['users.add', 'users.new'] })
class Create extends Command<unknown> {}
class CreateTwice extends Create {}
class Find extends Query<unknown> {}
class Rows extends StreamQuery<unknown> {}
class Created extends Event {}

const TYPES = [Create, CreateTwice, Find, Rows, Created];

interface Dispatched {
  readonly kind: MessageKind;
  readonly message: object;
  readonly options: DispatchOptions;
  /** As a handler gets it. */
  readonly context: MessageContext;
}

/** A receiver on buses that give what the test says. */
function receiver(
  options: ExposeOptions = {},
  answer: (dispatched: Dispatched) => unknown = () => undefined,
  rows: () => AsyncIterable<unknown> = async function* () {},
) {
  const dispatched: Dispatched[] = [];
  const catalog = new MessageCatalog(TYPES);
  const runningWork = new RunningWork();
  const take = (kind: MessageKind, message: object, options: DispatchOptions) => {
    const context = new MessageContext(kind, message.constructor as MessageType, { name: 'Handler' }, options);
    dispatched.push({ kind, message, options, context });
    return dispatched.at(-1)!;
  };
  const made = new Receiver(
    'users',
    [
      { type: Create, kind: 'command' },
      { type: Find, kind: 'query' },
      { type: Rows, kind: 'query' },
      { type: Created, kind: 'event' },
    ],
    options,
    catalog,
    {
      dispatch: async (kind, message, said) => answer(take(kind, message, said)),
      stream: (query, said) => (take('query', query, said), rows()),
    },
    runningWork,
  );
  const endpoints = made.endpoints();
  const handle = (pattern: string, frame: unknown, gone?: AbortSignal): Observable<ReplyFrame> =>
    endpoints.find(endpoint => endpoint.pattern === pattern)!.handle(frame, gone);
  const frame = (kind: MessageKind, message: object, more: object = {}) => ({
    kind,
    envelope: JSON.parse(
      JSON.stringify(catalog.envelope(message, { headers: { tenant: 'acme', role: 'admin' } })),
    ) as object,
    ...more,
  });
  const create = (more?: object, gone?: AbortSignal) =>
    handle('cqrs.command.users.create', frame('command', new Create(), more), gone);
  return { made, endpoints, handle, frame, create, dispatched, runningWork };
}

const repliesTo = (replies: Observable<ReplyFrame>): Promise<ReplyFrame[]> => lastValueFrom(replies.pipe(toArray()));

/** What comes without waiting for the end. */
function heard(replies: Observable<ReplyFrame>) {
  const frames: ReplyFrame[] = [];
  const seen = { frames, isOver: false };
  replies.subscribe({ next: frame => frames.push(frame), complete: () => (seen.isOver = true) });
  return seen;
}

const refusal = (code: string) => ({ ok: false, refused: true, error: expect.objectContaining({ code }) as object });

describe('The endpoints of an exposure', () => {
  it('are one for each name of each message, and two for control', () => {
    const { made, endpoints } = receiver();
    expect(endpoints.map(({ pattern, to }) => [pattern, to])).toEqual([
      ['cqrs.command.users.create', 'one'],
      ['cqrs.command.users.add', 'one'],
      ['cqrs.command.users.new', 'one'],
      ['cqrs.query.Find', 'one'],
      ['cqrs.query.Rows', 'one'],
      ['cqrs.event.Created', 'one'],
      [`cqrs.cancel.${made.id}`, 'each'],
      [`cqrs.more.${made.id}`, 'each'],
    ]);
  });
});

describe('A message that arrives', () => {
  it('is dispatched at the subscription, with what the envelope says', async () => {
    const { create, dispatched } = receiver({}, () => 5);
    const replies = create();
    await turns();
    expect(dispatched).toEqual([]);
    expect(await repliesTo(replies)).toEqual([{ ok: true, value: 5 }]);
    const [{ kind, message, options, context }] = dispatched as [Dispatched];
    expect([kind, message]).toEqual(['command', new Create()]);
    expect(options.headers).toMatchObject({ tenant: 'acme', role: 'admin' });
    expect(isArrival(options)).toBe(true);
    expect(isArrival({ ...options, messageId: 'another' })).toBe(false);
    expect(context.signal.aborted).toBe(false);
    expect([options.timeout, options.fromOutside]).toEqual([undefined, true]);
  });

  it('has the identifiers of its envelope, or new ones', async () => {
    const { handle, frame, dispatched } = receiver();
    const given = frame('command', new Create());
    const meta = { ...(given.envelope as { meta: object }).meta, id: 'm1', causationId: 'm0' };
    const send = (more: object) =>
      handle('cqrs.command.users.create', { ...given, envelope: { ...given.envelope, meta: { ...meta, ...more } } });
    await repliesTo(send({ correlationId: 'c1' }));
    await repliesTo(send({}));
    await repliesTo(send({ id: undefined }));
    const said = dispatched.map(({ context: { messageId, correlationId, causationId } }) => [
      messageId,
      correlationId,
      causationId,
    ]);
    expect(said.slice(0, 2)).toEqual([
      ['m1', 'c1', 'm0'],
      ['m1', 'm1', 'm0'],
    ]);
    const [messageId, correlationId] = said[2]!;
    expect(messageId).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
    expect(correlationId).toBe(messageId);
  });

  it('may be a subclass of what is exposed', async () => {
    const { handle, frame, dispatched } = receiver();
    expect(await repliesTo(handle('cqrs.command.users.create', frame('command', new CreateTwice())))).toEqual([
      { ok: true },
    ]);
    expect(dispatched[0]!.message).toBeInstanceOf(CreateTwice);
  });

  it.each([
    [500, 500],
    [0, 1],
    [0.5, 1],
  ])('has the time that its sender has: %d ms', async (timeout, expected) => {
    const { create, dispatched } = receiver();
    await repliesTo(create({ timeout }));
    expect(dispatched[0]!.options.timeout).toBe(expected);
  });

  it.each([
    ['all, unless said', {}, ['tenant', 'role']],
    ['those that are listed', { headers: ['role', 'other'] }, ['role']],
    ['none', { headers: [] }, []],
  ])('brings headers that are believed: %s', async (_, options, expected) => {
    const { create, dispatched } = receiver(options);
    await repliesTo(create());
    const said = dispatched[0]!.options;
    const { headers } = said;
    expect(Object.keys(headers!).filter(name => ['tenant', 'role'].includes(name))).toEqual(expected);
    expect(isArrival(said)).toBe(true);
  });

  it('is no effect of what runs where it arrives', async () => {
    const around = new MessageContext('command', Create, { name: 'Outer' });
    const found: unknown[] = [];
    const { create } = receiver({}, () => void found.push(MessageContext.find()));
    await around.run(() => repliesTo(create()));
    expect(found).toEqual([undefined]);
  });

  it('is answered with the result as an envelope writes it; an event with nothing', async () => {
    const { create, handle, frame } = receiver({}, () => 5n);
    expect(await repliesTo(create())).toEqual([{ ok: true, value: { $type: 'bigint', value: '5' } }]);
    expect(await repliesTo(handle('cqrs.event.Created', frame('event', new Created())))).toEqual([{ ok: true }]);
  });

  it('fails where its result cannot leave the process', async () => {
    const { create } = receiver({}, () => ({ run: () => 1 }));
    const [failed] = await repliesTo(create());
    expect(failed).toMatchObject({ ok: false, error: { code: 'CQRS_UNSERIALIZABLE' } });
    expect((failed as { error: { message: string } }).error.message).toContain('the result of users.create');
    expect('refused' in failed!).toBe(false);
  });

  it('fails as its handler does', async () => {
    const fails = () => {
      throw new RangeError('too much');
    };
    expect(await repliesTo(receiver({}, fails).create())).toEqual([
      { ok: false, error: { name: 'RangeError', message: 'too much' } },
    ]);
    expect(logged()).toEqual(['A message of another process failed: too much']);
    expect(await repliesTo(receiver({ failures: 'listed' }, fails).create())).toEqual([
      { ok: false, error: { name: 'Error', message: 'Internal error' } },
    ]);
    expect(logged()).toHaveLength(2);
    const notFound = () => Promise.reject(new NotFoundException('nobody'));
    expect(await repliesTo(receiver({ failures: 'listed' }, notFound).create())).toMatchObject([
      { ok: false, error: { name: 'NotFoundException', message: 'nobody' } },
    ]);
    // The caller is told all of it.
    expect(logged()).toHaveLength(2);
  });

  it('is refused where no handler is there for it yet, and fails where its handler misses one', async () => {
    const missing = (name: string) => () => Promise.reject(new CommandHandlerNotFoundException(name));
    const [own] = await repliesTo(receiver({}, missing('Create')).create());
    expect(own).toEqual(refusal('CQRS_HANDLER_NOT_FOUND'));
    expect(logged()).toEqual([]);
    const [other] = await repliesTo(receiver({}, missing('Other')).create());
    expect(other).toMatchObject({ ok: false, error: { code: 'CQRS_HANDLER_NOT_FOUND' } });
    expect('refused' in other!).toBe(false);
  });
});

describe('A message that is refused', () => {
  const frameOf = (frame: unknown) => receiver().handle('cqrs.command.users.create', frame);

  it.each([undefined, null, 'text', {}, { kind: 'command' }])('is no request: %p', async frame => {
    expect(await repliesTo(frameOf(frame))).toEqual([refusal('CQRS_ENVELOPE_MALFORMED')]);
  });

  it('is of another kind', async () => {
    const { handle, frame, dispatched } = receiver();
    const [failed] = await repliesTo(handle('cqrs.command.users.create', frame('query', new Create())));
    expect(failed).toMatchObject({
      refused: true,
      error: { message: expect.stringMatching(/^It is not a command\. Where: frame\.kind\./) as string },
    });
    expect(dispatched).toEqual([]);
  });

  it('is of another class than the pattern says', async () => {
    const { handle, frame, dispatched } = receiver();
    const [failed] = await repliesTo(handle('cqrs.command.users.create', frame('command', new Find())));
    expect(failed).toMatchObject({
      refused: true,
      error: {
        message: expect.stringMatching(/^It must hold a Create, not a Find\. Where: frame\.envelope\./) as string,
      },
    });
    expect(dispatched).toEqual([]);
  });

  it('has a name that is not known', async () => {
    expect(await repliesTo(frameOf({ kind: 'command', envelope: { meta: { name: 'x' }, payload: {} } }))).toEqual([
      refusal('CQRS_UNKNOWN_MESSAGE'),
    ]);
  });

  it('comes after the end', async () => {
    const { made, create, dispatched } = receiver();
    const before = create();
    made.stopIntake();
    expect(await repliesTo(create())).toEqual([refusal('CQRS_BUS_CLOSED')]);
    expect(dispatched).toEqual([]);
    expect(await repliesTo(before)).toEqual([{ ok: true }]);
  });

  it('has expired, more than the clocks may differ', async () => {
    const { create, dispatched } = receiver();
    expect(await repliesTo(create({ expires: NOW - 2000 }))).toEqual([{ ok: true }]);
    expect(dispatched).toHaveLength(1);
    const [late] = await repliesTo(create({ expires: NOW - 2001 }));
    expect(late).toEqual(refusal('CQRS_STALE_MESSAGE'));
    expect((late as { error: { message: string } }).error.message).toBe(
      '"users.create" arrived too late: its sender waited until 1970-01-01T00:16:37.999Z. Nothing has to be done: no handler has run. If the clocks of the machines differ by seconds, set them. [CQRS_STALE_MESSAGE]',
    );
    expect(dispatched).toHaveLength(1);
  });
});

describe('A call that runs', () => {
  function slow(more?: object, gone?: AbortSignal) {
    const work = pending();
    const stage = receiver({}, () => work.promise);
    return { ...stage, work, replies: heard(stage.create(more, gone)) };
  }

  it('counts as running work of the service until it has ended', async () => {
    const { runningWork, work, replies } = slow();
    await turns();
    const draining = runningWork.drain(5);
    jest.advanceTimersByTime(5);
    const [running] = await draining;
    expect([running?.type, running?.handler.name]).toEqual([Create, 'users']);
    work.finish();
    expect(await runningWork.drain(1000)).toEqual([]);
    expect(replies).toEqual({ frames: [{ ok: true }], isOver: true });
  });

  it('says after 20 ms where it can be cancelled, if the caller wants to know', async () => {
    const { made, work, replies } = slow({ cancellable: true });
    jest.advanceTimersByTime(19);
    expect([replies.frames, made.calls.size]).toEqual([[], 0]);
    jest.advanceTimersByTime(1);
    expect(replies.frames).toEqual([{ accepted: made.id, call: expect.any(String) as string }]);
    expect(made.calls.size).toBe(1);
    work.finish();
    await turns();
    expect([replies.isOver, made.calls.size, jest.getTimerCount()]).toEqual([true, 0, 0]);
  });

  it('does not say so where it is quick, or nobody wants to know', async () => {
    const quick = slow({ cancellable: true });
    quick.work.finish();
    await turns();
    jest.advanceTimersByTime(100);
    expect([quick.replies.frames, jest.getTimerCount()]).toEqual([[{ ok: true }], 0]);
    const { replies } = slow();
    jest.advanceTimersByTime(100);
    expect(replies.frames).toEqual([]);
  });

  it('is aborted where its caller cancels it', async () => {
    const { made, handle, dispatched, replies } = slow({ cancellable: true });
    await turns();
    jest.advanceTimersByTime(20);
    const { call } = replies.frames[0] as { call: string };
    const { signal } = dispatched[0]!.context;
    expect(await repliesTo(handle(`cqrs.cancel.${made.id}`, { call: 'another' }))).toEqual([]);
    expect(await repliesTo(handle(`cqrs.cancel.${made.id}`, 'no frame'))).toEqual([]);
    expect(signal.aborted).toBe(false);
    expect(await repliesTo(handle(`cqrs.cancel.${made.id}`, { call }))).toEqual([]);
    expect(signal.reason).toMatchObject({
      code: 'CQRS_TRANSPORT',
      outcome: 'unknown',
      message: 'The other process stopped waiting for the answer. Stop the work. [CQRS_TRANSPORT]',
    });
  });

  it('is aborted where the connection of its caller is closed', async () => {
    const gone = new AbortController();
    const { dispatched } = slow({}, gone.signal);
    await turns();
    const { signal } = dispatched[0]!.context;
    expect(signal.aborted).toBe(false);
    const reason = new Error('The caller is gone');
    gone.abort(reason);
    expect(signal.reason).toBe(reason);
  });

  it('does not follow the connection after its end', async () => {
    const gone = new AbortController();
    const { dispatched, work } = slow({}, gone.signal);
    work.finish();
    await turns();
    gone.abort();
    expect(dispatched[0]!.context.signal.aborted).toBe(false);
  });
});

describe('A stream query that arrives', () => {
  const rows = { credit: 2, alive: 100 };

  it('is accepted at once, and sends as many rows as are asked for', async () => {
    async function* source() {
      yield* [1, null, undefined, 4n];
    }
    const { made, handle, frame, dispatched } = receiver({}, undefined, source);
    const replies = heard(handle('cqrs.query.Rows', frame('query', new Rows(), { rows, timeout: 9 })));
    await turns();
    expect(made.calls.size).toBe(1);
    const [accepted, ...others] = replies.frames;
    expect(accepted).toEqual({ accepted: made.id, call: expect.any(String) as string });
    expect(others).toEqual([{ rows: [1, null], from: 0 }]);
    const { call } = accepted as { call: string };
    expect(await repliesTo(handle(`cqrs.more.${made.id}`, { call, rows: 5 }))).toEqual([]);
    await turns();
    expect(replies.frames.slice(2)).toEqual([
      { rows: [{ $type: 'undefined' }, { $type: 'bigint', value: '4' }], from: 2 },
      { ok: true, from: 4 },
    ]);
    expect([replies.isOver, made.calls.size, jest.getTimerCount()]).toEqual([true, 0, 0]);
    expect(dispatched[0]).toMatchObject({ message: new Rows(), options: { timeout: 9 } });
  });

  it('says that it is there, and ends where its reader is gone', async () => {
    const { made, handle, frame, dispatched } = receiver({}, undefined, () => ({
      [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false, value: 1 }) }),
    }));
    const replies = heard(handle('cqrs.query.Rows', frame('query', new Rows(), { rows })));
    await turns();
    jest.advanceTimersByTime(100);
    expect(replies.frames.at(-1)).toEqual({ alive: true, from: 2 });
    jest.advanceTimersByTime(400);
    await turns();
    expect(dispatched[0]!.context.signal.reason).toMatchObject({ why: 'stopped waiting for the answer' });
    expect([replies.isOver, made.calls.size]).toEqual([true, 0]);
    // Rows that are cut off must not look complete.
    expect(replies.frames.filter(reply => 'ok' in reply)).toEqual([]);
  });

  it('says nothing of a source that fails once its reader is gone', async () => {
    const work = pending();
    async function* source() {
      yield 1;
      await work.promise;
    }
    const { made, handle, frame } = receiver({}, undefined, source);
    const replies = heard(handle('cqrs.query.Rows', frame('query', new Rows(), { rows })));
    await turns();
    const { call } = replies.frames[0] as { call: string };
    await repliesTo(handle(`cqrs.cancel.${made.id}`, { call }));
    work.fail();
    await turns();
    expect(replies.frames.slice(1)).toEqual([{ rows: [1], from: 0 }]);
    expect(replies.isOver).toBe(true);
  });

  it('is refused where it asks for no rows, and another message where it does', async () => {
    const { handle, frame, dispatched } = receiver();
    const refused = [
      {
        ok: false,
        refused: true,
        error: expect.objectContaining({
          message: expect.stringMatching(
            /^A StreamQuery must be asked for rows, and nothing else\. Where: frame\.rows\./,
          ) as string,
        }) as object,
      },
    ];
    expect(await repliesTo(handle('cqrs.query.Rows', frame('query', new Rows())))).toEqual(refused);
    expect(await repliesTo(handle('cqrs.query.Find', frame('query', new Find(), { rows })))).toEqual(refused);
    expect(dispatched).toEqual([]);
  });

  it('fails as its source does', async () => {
    async function* source() {
      yield 1;
      throw new RangeError('broken');
    }
    const { handle, frame } = receiver({}, undefined, source);
    const replies = heard(handle('cqrs.query.Rows', frame('query', new Rows(), { rows })));
    await turns();
    expect(replies.frames.slice(1)).toEqual([
      { rows: [1], from: 0 },
      { ok: false, error: { name: 'RangeError', message: 'broken' } },
    ]);
    expect(replies.isOver).toBe(true);
  });
});

it('A control frame has no reply, whatever it is', async () => {
  const { made, handle } = receiver();
  for (const frame of [undefined, {}, { call: 'x' }, { call: 'x', rows: -1 }])
    for (const pattern of [`cqrs.cancel.${made.id}`, `cqrs.more.${made.id}`])
      expect(await firstValueFrom(handle(pattern, frame), { defaultValue: 'none' })).toBe('none');
});
