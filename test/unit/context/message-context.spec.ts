import * as fc from 'fast-check';
import { MessageContext } from '../../../lib/index.js';
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

  it('has no headers and a signal that nobody aborts if nothing was said', () => {
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
