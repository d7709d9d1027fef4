import { jest } from '@jest/globals';
import type { RequestFrame } from '../../../lib/transport/frame.js';
import { RemoteRows, rowsWanted } from '../../../lib/transport/remote-rows.js';
import { Peer, turns, watched } from './peer.js';

beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] }));
afterEach(() => void jest.useRealTimers());

const SILENCE = 400;
const ACCEPTED = { accepted: 'p1', call: 'c1' };
const CANCELLED = ['cqrs.cancel.p1', { call: 'c1' }];
const said = (rows: number) => ['cqrs.more.p1', { call: 'c1', rows }];

const late = new Error('too late');
const reason = new Error('The caller is gone');

/** Counts the rows that it sends, as the other process does. */
class RowPeer extends Peer {
  private sent = 0;

  override reply(...frames: unknown[]): void {
    for (const frame of frames) {
      super.reply({ from: this.sent, ...(frame as object) });
      this.sent += (frame as { rows?: unknown[] }).rows?.length ?? 0;
    }
  }
}

function rows(peer: Peer = new RowPeer()) {
  const caller = new AbortController();
  const frame = { kind: 'query', envelope: {}, rows: rowsWanted(SILENCE) } as unknown as RequestFrame;
  const failures: unknown[] = [];
  const iterator = new RemoteRows({
    transport: peer,
    pattern: 'cqrs.query.x',
    frame,
    silence: SILENCE,
    signal: caller.signal,
    tooLate: () => late,
    read: row => {
      if (row === 'unreadable') throw new Error('This row cannot be read');
      return `row ${String(row)}`;
    },
    failure: failed => new Error(`failed: ${failed.error.message}`),
    unavailable: error => {
      failures.push(error);
      return new Error('unavailable');
    },
  });
  return { peer, caller, frame, failures, iterator };
}

function opened(peer?: Peer) {
  const made = rows(peer);
  made.iterator.open();
  made.peer.reply(ACCEPTED);
  return made;
}

const next = (value: unknown) => ({ done: false, value });
const END = { done: true, value: undefined };

/** Nothing of the call is left. */
const isOver = (peer: Peer) => expect([peer.open, jest.getTimerCount()]).toEqual([0, 0]);

describe('Rows of another process', () => {
  it('are asked for with 64 at the start, and a word four times within the silence', () => {
    expect(rowsWanted(400)).toEqual({ credit: 64, alive: 100 });
    expect(rowsWanted(2)).toEqual({ credit: 64, alive: 1 });
    const { peer, frame, iterator } = rows();
    expect(peer.requests).toEqual([]);
    expect(iterator.open()).toBe(iterator);
    expect(peer.requests).toEqual([{ pattern: 'cqrs.query.x', frame }]);
    expect(iterator[Symbol.asyncIterator]()).toBe(iterator);
  });

  it('come in order, whether they or their readers are first', async () => {
    const { peer, iterator } = opened();
    peer.reply({ rows: [1, 2] });
    expect(await iterator.next()).toEqual(next('row 1'));
    const reading = [iterator.next(), iterator.next(), iterator.next(), iterator.next()];
    peer.reply({ rows: [3] }, { alive: true }, { rows: [4] }, { ok: true });
    expect(await Promise.all(reading)).toEqual([next('row 2'), next('row 3'), next('row 4'), END]);
    expect(await iterator.next()).toEqual(END);
    expect(peer.emitted).toEqual([]);
    isOver(peer);
  });

  it('come before the end that has arrived with them', async () => {
    const { peer, iterator } = opened();
    peer.reply({ rows: [1] }, { ok: false, error: { name: 'Error', message: 'no more' } });
    isOver(peer);
    expect(await iterator.next()).toEqual(next('row 1'));
    await expect(iterator.next()).rejects.toThrow('failed: no more');
    expect(await iterator.next()).toEqual(END);
  });

  it('end within their request', async () => {
    const peer = new Peer();
    peer.atOnce = [ACCEPTED, { rows: [1], from: 0 }, { ok: true, from: 1 }];
    const { iterator } = rows(peer);
    iterator.open();
    isOver(peer);
    expect([await iterator.next(), await iterator.next()]).toEqual([next('row 1'), END]);
  });

  it('are asked for again by 32, once so many are read', async () => {
    const { peer, iterator } = opened();
    peer.reply({ rows: Array.from({ length: 64 }, (_, i) => i) });
    for (let i = 0; i < 31; i++) await iterator.next();
    expect(peer.emitted).toEqual([]);
    await iterator.next();
    expect(peer.emitted).toEqual([said(64 + 32)]);
    for (let i = 0; i < 32; i++) await iterator.next();
    expect(peer.emitted).toEqual([said(64 + 32), said(64 + 64)]);
    const reading = Array.from({ length: 32 }, () => iterator.next());
    peer.reply({ rows: Array.from({ length: 32 }, (_, i) => i) });
    await Promise.all(reading);
    expect(peer.emitted).toHaveLength(3);
  });

  it('fail the one reader that waits first, and end for the rest', async () => {
    const { peer, iterator } = opened();
    const [first, second] = [watched(iterator.next()), watched(iterator.next())];
    peer.reply({ ok: false, error: { name: 'Error', message: 'broken' } });
    await turns();
    expect(first.reason).toEqual(new Error('failed: broken'));
    expect(second.value).toEqual(END);
    expect(peer.emitted).toEqual([]);
  });

  it.each([
    ['completes', (peer: Peer) => peer.complete(), 'ended the rows without an end', []],
    [
      'gets rows after others were lost',
      (peer: Peer) => peer.reply({ rows: [5], from: 1 }),
      'lost rows on the way',
      [CANCELLED],
    ],
    [
      'hears of rows that were lost',
      (peer: Peer) => peer.reply({ alive: true, from: 1 }),
      'lost rows on the way',
      [CANCELLED],
    ],
    ['ends after fewer rows', (peer: Peer) => peer.reply({ ok: true, from: 1 }), 'lost rows on the way', [CANCELLED]],
    [
      'gets rows that are not counted',
      (peer: Peer) => peer.reply({ rows: [5], from: undefined }),
      'lost rows on the way',
      [CANCELLED],
    ],
    ['gets what is not a reply', (peer: Peer) => peer.reply({}), 'sent what is not a row', [CANCELLED]],
    [
      'gets a row that cannot be read',
      (peer: Peer) => peer.reply({ rows: ['unreadable'] }),
      'sent what is not a row',
      [CANCELLED],
    ],
  ])('fail where the request %s', async (_, end, why, emitted) => {
    const { peer, failures, iterator } = opened();
    const reading = watched(iterator.next());
    end(peer);
    await turns();
    expect(reading.reason).toEqual(new Error('unavailable'));
    expect(failures).toEqual([expect.objectContaining({ code: 'CQRS_TRANSPORT', outcome: 'unknown', why })]);
    expect(peer.emitted).toEqual(emitted);
    isOver(peer);
  });

  it('fail where there are more than were asked for', async () => {
    const { peer, failures, iterator } = opened();
    peer.reply({ rows: Array.from({ length: 65 }, (_, i) => i) });
    expect(peer.emitted).toEqual([CANCELLED]);
    isOver(peer);
    for (let i = 0; i < 64; i++) expect(await iterator.next()).toEqual(next(`row ${i}`));
    await expect(iterator.next()).rejects.toThrow('unavailable');
    expect(failures).toMatchObject([{ why: 'sent what is not a row' }]);
  });

  it('fail as the transport says', async () => {
    const { peer, failures, iterator } = opened();
    const lost = new Error('lost');
    peer.fail(lost);
    await expect(iterator.next()).rejects.toThrow('unavailable');
    expect([failures, peer.emitted]).toEqual([[lost], []]);
    isOver(peer);
  });
});

describe('A reader of rows', () => {
  it('that breaks ends the source at once, and gets no more', async () => {
    const { peer, iterator } = opened();
    peer.reply({ rows: [1, 2, 3] });
    await iterator.next();
    expect(await iterator.return()).toEqual(END);
    expect(peer.emitted).toEqual([CANCELLED]);
    isOver(peer);
    expect(await iterator.next()).toEqual(END);
    peer.reply({ rows: [4] });
    expect(await iterator.next()).toEqual(END);
    expect(await iterator.return()).toEqual(END);
    expect(peer.emitted).toHaveLength(1);
  });

  it('that breaks while it waits is let go', async () => {
    const { peer, iterator } = opened();
    const reading = [watched(iterator.next()), watched(iterator.next())];
    await iterator.return();
    await turns();
    expect(reading.map(({ value }) => value)).toEqual([END, END]);
    expect(peer.emitted).toEqual([CANCELLED]);
  });

  it('that breaks before the other process has said where tells it then', async () => {
    const { peer, iterator } = rows();
    iterator.open();
    expect(await iterator.return()).toEqual(END);
    expect([peer.emitted, peer.open]).toEqual([[], 1]);
    peer.reply({ alive: true }, {}, ACCEPTED);
    expect(peer.emitted).toEqual([CANCELLED]);
    isOver(peer);
  });

  it('that breaks before does not wait for that for ever', async () => {
    const { peer, caller, iterator } = rows();
    iterator.open();
    const reading = watched(iterator.next());
    caller.abort(reason);
    await turns();
    expect([reading.reason, peer.open]).toEqual([reason, 1]);
    jest.advanceTimersByTime(1000);
    expect(peer.emitted).toEqual([]);
    isOver(peer);
  });

  it('that gives up gets its reason in place of what has arrived', async () => {
    const { peer, caller, iterator } = opened();
    peer.reply({ rows: [1, 2] });
    caller.abort(reason);
    await expect(iterator.next()).rejects.toBe(reason);
    expect(await iterator.next()).toEqual(END);
    expect(peer.emitted).toEqual([CANCELLED]);
    isOver(peer);
  });

  it('that has given up already asks for nothing', () => {
    const { peer, caller, iterator } = rows();
    caller.abort(reason);
    expect(() => iterator.open()).toThrow(reason);
    expect(peer.requests).toEqual([]);
    isOver(peer);
  });

  it('that gives up after the end tells nobody', async () => {
    const { peer, caller, iterator } = opened();
    peer.reply({ rows: [1] }, { ok: true });
    caller.abort(reason);
    expect(await iterator.next()).toEqual(next('row 1'));
    expect(peer.emitted).toEqual([]);
  });

  it('needs no signal, and a transport that carries no control frames', async () => {
    const peer = Object.assign(new Peer(), { emit: undefined }) as unknown as Peer;
    const { iterator } = opened(peer);
    expect(await iterator.return()).toEqual(END);
    isOver(peer);
    const other = new Peer();
    const frame = { rows: rowsWanted(SILENCE) } as unknown as RequestFrame;
    const call = { transport: other, pattern: 'x', frame, silence: SILENCE, signal: undefined } as never;
    await new RemoteRows(call).open().return();
    other.reply(ACCEPTED);
    isOver(other);
  });
});

describe('The word that both sides give', () => {
  it('says that the reader is there, a quarter of the silence apart', () => {
    const { peer } = opened();
    jest.advanceTimersByTime(99);
    expect(peer.emitted).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(peer.emitted).toEqual([said(64)]);
    jest.advanceTimersByTime(100);
    expect(peer.emitted).toEqual([said(64), said(64)]);
  });

  it('is not given before the other process has said where', () => {
    const { peer, iterator } = rows();
    iterator.open();
    jest.advanceTimersByTime(100);
    expect(peer.emitted).toEqual([]);
  });

  it('is missed after the silence: then the rows fail', async () => {
    const { peer, iterator } = opened();
    const reading = watched(iterator.next());
    jest.advanceTimersByTime(400);
    await turns();
    expect([reading.isSettled, peer.emitted.length]).toEqual([false, 4]);
    jest.advanceTimersByTime(100);
    await turns();
    expect(reading.reason).toBe(late);
    expect(peer.emitted.at(-1)).toEqual(CANCELLED);
    isOver(peer);
  });

  it.each([{ alive: true }, { rows: [] }, ACCEPTED])('is any reply: %j', async frame => {
    const { peer, iterator } = opened();
    const reading = watched(iterator.next());
    for (let i = 0; i < 4; i++) {
      jest.advanceTimersByTime(300);
      peer.reply(frame);
    }
    await turns();
    expect(reading.isSettled).toBe(false);
    peer.reply({ ok: true });
    await turns();
    expect(reading.value).toEqual(END);
  });
});
