import { jest } from '@jest/globals';
import { TransportException } from '../../../lib/errors/transport.exception.js';
import type { RequestFrame } from '../../../lib/transport/frame.js';
import { callRemote } from '../../../lib/transport/remote-call.js';
import { Peer, turns, watched } from './peer.js';

beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] }));
afterEach(() => void jest.useRealTimers());

const ACCEPTED = { accepted: 'p1', call: 'c1' };
const DONE = { ok: true, value: 5 } as const;
const late = new Error('too late');
const reason = new Error('The caller is gone');

function call({ limit = 1000, cancellable = true, peer = new Peer() } = {}) {
  const caller = new AbortController();
  const frame = { kind: 'command', envelope: {}, ...(cancellable && { cancellable }) } as unknown as RequestFrame;
  const answer = callRemote({
    transport: peer,
    pattern: 'cqrs.command.x',
    frame,
    limit,
    signal: caller.signal,
    tooLate: () => late,
  });
  return { peer, caller, frame, answer, seen: watched(answer) };
}

const CANCELLED = ['cqrs.cancel.p1', { call: 'c1' }];

describe('A call of another process', () => {
  it('sends its frame, and gives the answer as it comes', async () => {
    const { peer, frame, answer } = call();
    expect(peer.requests).toEqual([{ pattern: 'cqrs.command.x', frame }]);
    expect(peer.open).toBe(1);
    peer.reply(DONE);
    expect(await answer).toBe(DONE);
    expect([peer.open, peer.emitted, jest.getTimerCount()]).toEqual([0, [], 0]);
  });

  it('takes an answer that comes while it asks', async () => {
    const peer = new Peer();
    peer.atOnce = [DONE];
    expect(await call({ peer }).answer).toBe(DONE);
    expect([peer.open, jest.getTimerCount()]).toEqual([0, 0]);
  });

  it('gives a failure as it comes, and goes past what is no answer', async () => {
    const { peer, answer, seen } = call();
    peer.reply(ACCEPTED, { alive: true }, { rows: [] });
    await turns();
    expect(seen.isSettled).toBe(false);
    const failed = { ok: false, error: { name: 'Error', message: 'no' } };
    peer.reply(failed);
    expect(await answer).toBe(failed);
    expect(peer.emitted).toEqual([]);
  });

  it.each([
    ['completes', (peer: Peer) => peer.complete(), 'ended the request without an answer'],
    ['gets what is not a reply', (peer: Peer) => peer.reply({}), 'sent what is not a reply'],
    ['gets a text', (peer: Peer) => peer.reply('ok'), 'sent what is not a reply'],
  ])('fails without knowing more where the request %s', async (_, end, why) => {
    const { peer, answer } = call();
    const failure = answer.catch((error: unknown) => error);
    end(peer);
    expect(await failure).toBeInstanceOf(TransportException);
    expect(await failure).toMatchObject({ outcome: 'unknown', why });
    expect([peer.open, jest.getTimerCount()]).toEqual([0, 0]);
  });

  it('keeps the error of a reply that cannot be read as the cause', async () => {
    const { peer, answer } = call();
    const failure = answer.catch((error: unknown) => error);
    peer.reply({});
    expect(await failure).toMatchObject({ cause: { code: 'CQRS_ENVELOPE_MALFORMED' } });
  });

  it('fails as the transport does', async () => {
    const { peer, answer } = call();
    const lost = new TransportException('not-handled', 'is not listening');
    const failure = answer.catch((error: unknown) => error);
    peer.fail(lost);
    expect(await failure).toBe(lost);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is not made where the caller has given up already', async () => {
    const peer = new Peer();
    const signal = AbortSignal.abort(reason);
    const frame = { kind: 'command', envelope: {} } as unknown as RequestFrame;
    const answer = callRemote({ transport: peer, pattern: 'x', frame, limit: 1000, signal, tooLate: () => late });
    await expect(answer).rejects.toBe(reason);
    expect([peer.requests, jest.getTimerCount()]).toEqual([[], 0]);
  });

  it('needs no signal', async () => {
    const peer = new Peer();
    const frame = { kind: 'command', envelope: {} } as unknown as RequestFrame;
    const answer = callRemote({
      transport: peer,
      pattern: 'x',
      frame,
      limit: 9,
      signal: undefined,
      tooLate: () => late,
    });
    const seen = watched(answer);
    jest.advanceTimersByTime(9);
    await turns();
    expect(seen.reason).toBe(late);
  });
});

describe('A call that takes too long', () => {
  it('fails when its time is up, and no sooner', async () => {
    const { peer, seen } = call({ limit: 1000 });
    peer.reply(ACCEPTED);
    jest.advanceTimersByTime(999);
    await turns();
    expect([seen.isSettled, peer.emitted]).toEqual([false, []]);
    jest.advanceTimersByTime(1);
    await turns();
    expect(seen.reason).toBe(late);
    expect(peer.emitted).toEqual([CANCELLED]);
    expect([peer.open, jest.getTimerCount()]).toEqual([0, 0]);
  });
});

describe.each([
  ['gives up', ({ caller }: ReturnType<typeof call>) => caller.abort(reason), reason],
  ['has waited long enough', () => jest.advanceTimersByTime(1000), late],
] as const)('A caller that %s', (_, leave, expected) => {
  it('is answered at once, and the other process is told where it said to be told', async () => {
    const made = call();
    made.peer.reply(ACCEPTED);
    leave(made);
    await turns();
    expect(made.seen.reason).toBe(expected);
    expect(made.peer.emitted).toEqual([CANCELLED]);
    expect([made.peer.open, jest.getTimerCount()]).toEqual([0, 0]);
  });

  it('tells the other process as soon as that says where', async () => {
    const made = call();
    leave(made);
    await turns();
    expect(made.seen.reason).toBe(expected);
    expect([made.peer.open, made.peer.emitted]).toEqual([1, []]);
    jest.advanceTimersByTime(999);
    made.peer.reply({ alive: true }, ACCEPTED);
    expect(made.peer.emitted).toEqual([CANCELLED]);
    expect([made.peer.open, jest.getTimerCount()]).toEqual([0, 0]);
    made.peer.reply(ACCEPTED);
    expect(made.peer.emitted).toHaveLength(1);
  });

  it('waits a second for that, no longer', async () => {
    const made = call();
    leave(made);
    jest.advanceTimersByTime(999);
    expect(made.peer.open).toBe(1);
    jest.advanceTimersByTime(1);
    expect([made.peer.open, jest.getTimerCount()]).toEqual([0, 0]);
    made.peer.reply(ACCEPTED);
    expect(made.peer.emitted).toEqual([]);
    await turns();
    expect(made.seen.reason).toBe(expected);
  });

  it('does not wait where the answer comes, or the connection is lost', async () => {
    const answered = call();
    leave(answered);
    answered.peer.reply(DONE);
    expect([answered.peer.open, jest.getTimerCount()]).toEqual([0, 0]);
    const lost = call();
    leave(lost);
    lost.peer.fail(new Error('lost'));
    expect([lost.peer.open, jest.getTimerCount()]).toEqual([0, 0]);
    await turns();
    expect([answered.seen.reason, lost.seen.reason]).toEqual([expected, expected]);
  });

  it('leaves at once a call that cannot be cancelled', async () => {
    const made = call({ cancellable: false });
    leave(made);
    await turns();
    expect(made.seen.reason).toBe(expected);
    expect([made.peer.open, made.peer.emitted, jest.getTimerCount()]).toEqual([0, [], 0]);
  });
});

it('A caller that gives up after the answer tells nobody', async () => {
  const { peer, caller, answer } = call();
  peer.reply(ACCEPTED, DONE);
  caller.abort(reason);
  expect(await answer).toBe(DONE);
  expect(peer.emitted).toEqual([]);
});

it('A transport that cannot be told is not told', async () => {
  const peer = Object.assign(new Peer(), { emit: undefined }) as unknown as Peer;
  const { caller, seen } = call({ peer });
  peer.reply(ACCEPTED);
  caller.abort(reason);
  await turns();
  expect([seen.reason, peer.open]).toEqual([reason, 0]);
});
