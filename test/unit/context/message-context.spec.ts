import { jest } from '@jest/globals';
import * as fc from 'fast-check';
import { header, MessageContext } from '../../../lib/index.js';
import { Deadline } from '../../../lib/context/deadline.js';
import { earlyEnd, type EarlyEnd } from '../../../lib/extension.js';
import { follow } from '../../../lib/context/signal-chain.js';
import type { DispatchOptions } from '../../../lib/index.js';
import { causeOf, clearCause, setCause } from '../../../lib/context/cause.js';
import { messageId } from '../../../lib/context/message-id.js';

class Create {}
class Created {}

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const contextOf = (options?: DispatchOptions) => new MessageContext('command', Create, { name: 'Handler' }, options);

describe('messageId', () => {
  it('is a UUID of version 7', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 48 - 1 }), time => {
        expect(messageId(time)).toMatch(UUID_V7);
      }),
    );
  });

  it('begins with the milliseconds since 1970', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 48 - 1 }), time => {
        expect(parseInt(messageId(time).replaceAll('-', '').slice(0, 12), 16)).toBe(time);
      }),
    );
  });

  it('sorts by time', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2 ** 48 - 1 })), times => {
        const unique = [...new Set(times)];
        const sorted = unique.toSorted((a, b) => a - b).map(time => messageId(time));
        expect(sorted.toSorted()).toEqual(sorted);
      }),
    );
  });

  it('is unique among ten thousand of the same millisecond', () => {
    expect(new Set(Array.from({ length: 10_000 }, () => messageId(1))).size).toBe(10_000);
  });

  it('has 74 random bits', () => {
    const bits = (id: string) => BigInt(`0x${id.replaceAll('-', '')}`);
    const first = bits(messageId(1));
    let varying = 0n;
    for (let i = 0; i < 1_000; i++) varying |= first ^ bits(messageId(1));
    expect(varying.toString(2).replaceAll('0', '')).toHaveLength(74);
  });

  it('takes the present if it is told no time', () => {
    const before = Date.now();
    const time = parseInt(messageId().replaceAll('-', '').slice(0, 12), 16);
    expect(time).toBeGreaterThanOrEqual(before);
    expect(time).toBeLessThanOrEqual(Date.now());
  });
});

describe('MessageContext', () => {
  it('tells kind, type and handler', () => {
    const context = contextOf();
    expect([context.kind, context.type, context.handler]).toEqual(['command', Create, { name: 'Handler' }]);
  });

  it('makes its identifier when first read, and keeps it', () => {
    const context = contextOf();
    const id = context.messageId;
    expect(id).toMatch(UUID_V7);
    expect(context.messageId).toBe(id);
    expect(contextOf().messageId).not.toBe(id);
  });

  it('begins a correlation of its own, caused by nothing', () => {
    const context = contextOf();
    expect(context.correlationId).toBe(context.messageId);
    expect(context.causationId).toBeUndefined();
    expect(context.parent).toBeUndefined();
  });

  it('takes the identifiers the caller gave', () => {
    const context = contextOf({ messageId: 'm', correlationId: 'c', causationId: 'k' });
    expect([context.messageId, context.correlationId, context.causationId]).toEqual(['m', 'c', 'k']);
  });

  it('inherits correlation, headers, signal and scope from its cause, and names it', () => {
    const { signal } = new AbortController();
    const asyncContext = { id: {} };
    const parent = contextOf({ headers: { tenant: 'a' }, signal, asyncContext, correlationId: 'c' });
    const child = contextOf({ context: parent });
    const grandchild = contextOf({ context: child });
    expect(child.causationId).toBe(parent.messageId);
    expect(grandchild.causationId).toBe(child.messageId);
    expect(grandchild.correlationId).toBe('c');
    expect(grandchild.headers).toEqual({ tenant: 'a' });
    expect(grandchild.signal).toBe(signal);
    expect(grandchild.scope).toBe(asyncContext);
    expect(grandchild.parent).toBe(child);
  });

  it.each<DispatchOptions>([
    { headers: { tenant: 'a' } },
    { correlationId: 'c' },
    { causationId: 'k' },
    { timeout: 5 },
    { fromOutside: true },
  ])('keeps what the caller said alone: %j', said => {
    expect(contextOf(said)).toMatchObject(said);
  });

  it('puts what the caller said over what is inherited', () => {
    const own = new AbortController().signal;
    const asyncContext = { id: {} };
    const parent = contextOf({ headers: { tenant: 'a', trace: 't' }, asyncContext: { id: {} } });
    const child = contextOf({ context: parent, headers: { tenant: 'b' }, signal: own, asyncContext, causationId: 'x' });
    expect(child.headers).toEqual({ tenant: 'b', trace: 't' });
    expect(parent.headers).toEqual({ tenant: 'a', trace: 't' });
    expect(child.signal).toBe(own);
    expect(child.scope).toBe(asyncContext);
    expect(child.causationId).toBe('x');
  });

  it('has no headers and a signal that is never aborted by default', () => {
    const context = contextOf();
    expect(context.headers).toEqual({});
    expect(Object.isFrozen(context.headers)).toBe(true);
    expect(context.signal.aborted).toBe(false);
    expect(context.scope).toBeUndefined();
  });

  it('shares identifiers and time among the handlers of one event, each with its own attempts', () => {
    const first = new MessageContext('event', Created, { name: 'A' }, { headers: { h: 1 } });
    const second = first.for({ name: 'B' });
    first.attempt = 3;
    expect(second.messageId).toBe(first.messageId);
    expect(second.correlationId).toBe(first.correlationId);
    expect(second.timestamp).toEqual(first.timestamp);
    expect(second.headers).toEqual({ h: 1 });
    expect(second.handler).toEqual({ name: 'B' });
    expect(second.attempt).toBe(0);
  });

  it('says when the dispatch began, in a date that may be changed without harm', () => {
    const context = contextOf();
    context.timestamp.setFullYear(1970);
    expect(context.timestamp.getTime()).toBe(context.time);
  });

  it('is the current one for whatever runs in it, now and later, and for nothing else', async () => {
    const context = contextOf();
    expect(MessageContext.find()).toBeUndefined();
    expect(() => MessageContext.current()).toThrow(expect.objectContaining({ code: 'CQRS_NO_CONTEXT' }));
    const seen = await context.run(async () => {
      const now = MessageContext.current();
      await Promise.resolve();
      return [now, MessageContext.current()];
    });
    expect(seen).toEqual([context, context]);
    expect(MessageContext.find()).toBeUndefined();
  });

  it('is caused by the current one unless the caller names another', () => {
    const [current, other] = [contextOf(), contextOf()];
    current.run(() => {
      expect(contextOf().parent).toBe(current);
      expect(contextOf({ context: other }).parent).toBe(other);
    });
  });
});

describe('The memory of a context', () => {
  const chain = (length: number, options: DispatchOptions = {}) => {
    let context = contextOf(options);
    for (let i = 1; i < length; i++) context = contextOf({ context, messageId: `m${i}` });
    return context;
  };
  const ancestors = (context: MessageContext) => {
    let count = 0;
    for (let one = context.parent; one; one = one.parent) count++;
    return count;
  };

  it('holds the nearest 16 to 31 dispatches of an endless chain', () => {
    const counts = Array.from({ length: 100 }, (_, i) => ancestors(chain(i + 1)));
    expect(counts.slice(0, 17)).toEqual(Array.from({ length: 17 }, (_, i) => i));
    expect(Math.min(...counts.slice(16))).toBe(16);
    expect(Math.max(...counts)).toBe(31);
  });

  it('is right at every length of a chain: correlation, headers, signal, limit, scope, cause and parents', () => {
    const { signal } = new AbortController();
    const asyncContext = { id: {} };
    for (const length of [2, 31, 32, 33, 34, 48, 49, 200]) {
      const context = chain(length, { correlationId: 'c', headers: { tenant: 'a' }, signal, asyncContext });
      const { correlationId, headers, causationId, parent } = context;
      expect({ correlationId, headers }).toEqual({ correlationId: 'c', headers: { tenant: 'a' } });
      expect(context.signal).toBe(signal);
      expect(context.scope).toBe(asyncContext);
      if (length > 2) expect([causationId, parent!.messageId]).toEqual([`m${length - 2}`, `m${length - 2}`]); // eslint-disable-line jest/no-conditional-expect -- the first has an identifier of its own
    }
  });

  it('keeps copies that say what the dispatch said', () => {
    const originals: MessageContext[] = [];
    for (let i = 0; i < 40; i++) {
      const said = {
        context: originals.at(-1),
        timeout: i,
        fromOutside: i % 2 === 0,
        headers: { i },
        causationId: `k${i}`,
      };
      const context = new MessageContext('event', Created, { name: `H${i}`, module: 'M' }, said);
      context.attempt = i;
      originals.push(context);
    }
    const facts = ({
      kind,
      type,
      handler,
      attempt,
      timeout,
      fromOutside,
      headers,
      messageId,
      time,
    }: MessageContext) => ({ kind, type, handler, attempt, timeout, fromOutside, headers, messageId, time });
    const said = ({ correlationId, causationId }: MessageContext) => ({ correlationId, causationId });
    let copies = 0;
    for (let own = originals.at(-1), i = 39; own; own = own.parent, i--) {
      if (own !== originals[i]) copies += 1;
      expect([facts(own), said(own)]).toEqual([facts(originals[i]!), said(originals[i]!)]);
    }
    expect(copies).toBeGreaterThan(0);
  });

  it('is not lost to a chain that begins at the same dispatch', () => {
    const [root, other] = [contextOf({ messageId: 'root' }), contextOf()];
    const branch = contextOf({ context: contextOf({ context: root }) });
    let long = root;
    for (let i = 0; i < 100; i++) long = contextOf({ context: long });
    expect(branch.parent!.parent).toBe(root);
    expect(other.parent).toBeUndefined();
  });

  it('copies the options and headers of the caller', () => {
    const headers: Record<string, unknown> = { tenant: 'a' };
    const options = { headers, correlationId: 'c', timeout: 5 };
    const context = contextOf(options);
    Object.assign(options, { correlationId: 'other', timeout: 7 });
    headers['tenant'] = 'b';
    expect([context.correlationId, context.timeout, context.headers]).toEqual(['c', 5, { tenant: 'a' }]);
    expect(Object.isFrozen(context.headers)).toBe(true);
    expect(headers).toEqual({ tenant: 'b' });
  });

  it('holds a signal of its own if nothing aborts it; caused dispatches do not share it', () => {
    const [one, other] = [contextOf(), contextOf()];
    const child = contextOf({ context: one });
    expect(one.signal).toBe(one.signal);
    expect(new Set([one.signal, other.signal, child.signal]).size).toBe(3);
  });

  it('prints as its identifiers, its kind and the headers that travel, in the same space at any depth', () => {
    const secret = header('secret', { travels: false });
    const sizes = [1, 2, 50].map(length => {
      const context = chain(length, { correlationId: 'c', headers: { tenant: 'a', ...secret.of('s') } });
      const json = JSON.parse(JSON.stringify(context)) as Record<string, unknown>;
      expect(json).toMatchObject({ kind: 'command', type: 'Create', handler: 'Handler', correlationId: 'c' });
      expect(json['headers']).toEqual({ tenant: 'a' });
      expect(json['messageId']).toBe(context.messageId);
      return JSON.stringify(context).length;
    });
    expect(Math.max(...sizes)).toBeLessThan(400);
  });
});

it('prints who handles and who has sent', () => {
  const parent = new MessageContext('event', Created, { name: 'Sender', module: 'Senders' });
  const said = { context: parent, messageId: 'm', correlationId: 'c', headers: { tenant: 'a' } };
  const context = new MessageContext('command', Create, { name: 'Handler', module: 'Handlers' }, said);
  context.attempt = 2;
  expect(context.toJSON()).toEqual({
    kind: 'command',
    type: 'Create',
    handler: 'Handler',
    module: 'Handlers',
    sentBy: 'Sender',
    messageId: 'm',
    correlationId: 'c',
    causationId: parent.messageId,
    timestamp: context.timestamp,
    attempt: 2,
    headers: { tenant: 'a' },
  });
});

describe('A limited context', () => {
  const lastOf = new WeakMap<MessageContext, EarlyEnd>();
  const limit = (context: MessageContext, owner: object) => context.restrict(owner, new Deadline(50, 'test'));

  it('tells when its time is up, and what is left of it', () => {
    const clocks = [
      jest.spyOn(performance, 'now').mockReturnValue(1_000),
      jest.spyOn(Date, 'now').mockReturnValue(70_000),
    ];
    const context = contextOf();
    expect([context.remaining, context.deadline]).toEqual([Infinity, undefined]);
    context.restrict({}, new Deadline(500, 'test'));
    clocks[0]!.mockReturnValue(1_200);
    expect([context.remaining, context.deadline]).toEqual([300, new Date(70_300)]);
    clocks[0]!.mockReturnValue(1_500);
    expect([context.remaining, context.limit!.remaining]).toEqual([0, 0]);
    clocks[0]!.mockReturnValue(1_700);
    expect([context.remaining, context.limit!.remaining, context.deadline]).toEqual([0, -200, new Date(70_000)]);
    clocks[0]!.mockReturnValue(1_000);
    const [same, nearer, later] = [500, 499, 501].map(timeout => new Deadline(timeout, 'test'));
    const own = new Deadline(500, 'own');
    expect([same, nearer, later, undefined].map(other => own.or(other))).toEqual([same, nearer, own, own]);
    expect(own.or(same)).toBe(same);
    for (const clock of clocks) clock.mockRestore();
  });

  it('gives back a limit with all that lie within it', () => {
    const { signal } = new AbortController();
    const context = contextOf({ signal });
    const [outer, inner] = [limit(context, {}), limit(context, {})];
    outer.end(new Error('late'));
    expect(context.signal.aborted).toBe(true);
    context.release(outer);
    expect(context.signal).toBe(signal);
    context.release(inner);
    expect(context.signal).toBe(signal);
  });

  it('within a chain of dispatches under one time limit reads its signal at any depth', () => {
    let context = contextOf();
    const first = limit(context, {});
    for (let i = 0; i < 20_000; i++) {
      context = contextOf({ context });
      context.restrict(limit, new Deadline(60_000, 'test'));
    }
    expect(context.signal.aborted).toBe(false);
    expect(context.limit).toBe(first.deadline);
  });

  it('within a chain of dispatches that an early end surrounds follows those that are not settled, at any depth', () => {
    let context = contextOf();
    const first = earlyEnd(context, {});
    for (let i = 0; i < 20_000; i++) {
      const outer = context;
      context = contextOf({ context });
      const end = earlyEnd(context, {});
      if (i > 0) lastOf.get(outer)!.release();
      lastOf.set(context, end);
    }
    const limited = contextOf({ context });
    limit(limited, {});
    const seen = [context.signal, limited.signal];
    first.end('done');
    expect(seen.map(({ reason }) => reason as unknown)).toEqual(['done', 'done']);
  });

  it('stays ended early for what began within it, once it is released', () => {
    const context = contextOf();
    const end = earlyEnd(context, {});
    const inner = contextOf({ context });
    end.end('done');
    end.release();
    earlyEnd(inner, {});
    expect([inner.signal.reason, context.signal.aborted]).toEqual(['done', false]);
  });

  it('follows the signal outside of it, with the reason, and may be read when that is aborted already', () => {
    const caller = new AbortController();
    const [early, late] = [contextOf({ signal: caller.signal }), contextOf({ signal: caller.signal })];
    for (const context of [early, late]) limit(context, {});
    const seen = early.signal;
    caller.abort('gone');
    expect([seen.reason, late.signal.reason]).toEqual(['gone', 'gone']);
  });

  it('is no longer followed once that is stopped, and others go on', () => {
    const source = new AbortController();
    const [one, other, late] = [new AbortController(), new AbortController(), new AbortController()];
    const stop = follow(source.signal, one);
    follow(source.signal, other);
    stop();
    source.abort('gone');
    stop();
    expect([one.signal.aborted, other.signal.reason]).toEqual([false, 'gone']);
    expect(follow(source.signal, late)()).toBeUndefined();
    expect(late.signal.reason).toBe('gone');
  });

  it('puts one listener on the signal of the caller, however many follow it, and takes it back', () => {
    const { signal } = new AbortController();
    const [add, remove] = [jest.spyOn(signal, 'addEventListener'), jest.spyOn(signal, 'removeEventListener')];
    const controllers = Array.from({ length: 100 }, () => new AbortController());
    const ends = controllers.map(controller => follow(signal, controller));
    expect([add.mock.calls.length, remove.mock.calls.length]).toEqual([1, 0]);
    for (const end of [...ends, ...ends]) end();
    expect(remove).toHaveBeenCalledTimes(1);
    follow(signal, controllers[0]!);
    expect(add).toHaveBeenCalledTimes(2);
  });
});

describe('the cause of a message that is about to be sent', () => {
  it('is kept beside the message, frozen or not, until it is taken back', () => {
    const [message, context] = [Object.freeze(new Create()), contextOf()];
    setCause(message, context);
    expect(causeOf(message)).toBe(context);
    clearCause(message, contextOf());
    expect(causeOf(message)).toBe(context);
    clearCause(message, context);
    expect(causeOf(message)).toBeUndefined();
  });
});
