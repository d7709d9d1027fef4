import {
  CommandBus,
  ContextOrigin,
  Envelope,
  header,
  MessageContext,
  originOfHttp,
  propagateContext,
  type Headers,
} from '../../../lib/index.js';

class Outer {}
class Inner {}

const tenant = header<string>('tenant');
const transaction = header<{ id: number }>('transaction', { travels: 'in-process' });
const secret = header<string>('secret', { travels: false });

/** The contexts of a command and of one it causes. */
async function nested(headers: Headers, inner?: Headers): Promise<[MessageContext, MessageContext]> {
  const bus = new CommandBus();
  const seen: MessageContext[] = [];
  bus.register(Outer, async (_message, context) => {
    seen.push(context);
    await bus.dispatch(new Inner(), { context, ...(inner && { headers: inner }) });
  });
  bus.register(Inner, (_message, context) => void seen.push(context));
  await bus.dispatch(new Outer(), { headers });
  return seen as [MessageContext, MessageContext];
}

describe('A header', () => {
  it('is read by its key, with the type of its value', async () => {
    const [outer] = await nested({ ...tenant.of('acme'), ...transaction.of({ id: 1 }), ...secret.of('s') });
    expect([outer.header(tenant), outer.header(transaction)?.id, outer.header(secret)]).toEqual(['acme', 1, 's']);
    expect(outer.header(header('unknown'))).toBeUndefined();
    expect(outer.header(header('toString'))).toBeUndefined();
  });

  it('reaches the dispatches that its dispatch causes unless it stays', async () => {
    const [, inner] = await nested({ ...tenant.of('acme'), ...transaction.of({ id: 1 }), ...secret.of('s') });
    expect([inner.header(tenant), inner.header(transaction)?.id, inner.header(secret)]).toEqual(['acme', 1, undefined]);
  });

  it('is replaced by what a nested dispatch says', async () => {
    const [outer, inner] = await nested(tenant.of('acme'), tenant.of('other'));
    expect([outer.header(tenant), inner.header(tenant)]).toEqual(['acme', 'other']);
  });

  it('that does not leave the process has no name in JSON', () => {
    expect(JSON.stringify({ ...tenant.of('acme'), ...transaction.of({ id: 1 }), ...secret.of('s') })).toBe(
      '{"tenant":"acme"}',
    );
  });

  it.each(['', '__proto__', 5 as never])('cannot have the name %p', name => {
    expect(() => header(name)).toThrow(expect.objectContaining({ code: 'CQRS_INVALID_HEADER' }));
  });
});

describe('ContextOrigin', () => {
  const dispatchFrom = async (origin: ContextOrigin, how: 'option' | 'run') => {
    const bus = new CommandBus();
    let seen: MessageContext | undefined;
    bus.register(Outer, async (_message, context) => void (seen = context));
    await (how === 'option'
      ? bus.dispatch(new Outer(), { context: origin })
      : origin.run(() => bus.dispatch(new Outer())));
    return seen!;
  };

  it.each(['option', 'run'] as const)('gives dispatches correlation, cause, headers and signal (%s)', async how => {
    const { signal } = new AbortController();
    const context = await dispatchFrom(
      new ContextOrigin({ correlationId: 'c1', causationId: 'job-7', headers: tenant.of('acme'), signal }),
      how,
    );
    expect(context.correlationId).toBe('c1');
    expect(context.causationId).toBe('job-7');
    expect(context.header(tenant)).toBe('acme');
    expect(context.signal).toBe(signal);
    expect(context.parent).toBeUndefined();
  });

  it('is found by what runs in it, but not by what runs in a dispatch', async () => {
    const origin = new ContextOrigin();
    const bus = new CommandBus({ middleware: [propagateContext] });
    bus.register(Outer, () => [ContextOrigin.find(), MessageContext.current().correlationId]);
    const [outside, inside] = await origin.run(async () => [ContextOrigin.find(), await bus.execute(new Outer())]);
    expect(outside).toBe(origin);
    expect(inside).toEqual([undefined, origin.correlationId]);
    expect(ContextOrigin.find()).toBeUndefined();
  });

  it('has a correlation of its own if it is told none', async () => {
    const origin = new ContextOrigin();
    expect((await dispatchFrom(origin, 'option')).correlationId).toBe(origin.correlationId);
    expect(new ContextOrigin().correlationId).not.toBe(origin.correlationId);
  });
});

describe('originOfHttp', () => {
  const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

  it('takes correlation and cause from the headers of a request', () => {
    const origin = originOfHttp({ 'x-correlation-id': 'c-1', 'x-causation-id': 'm-1', traceparent: trace });
    expect([origin.correlationId, origin.messageId, origin.headers]).toEqual(['c-1', 'm-1', { traceparent: trace }]);
  });

  it('takes the trace as correlation where nothing else says it, and keeps its state', () => {
    const origin = originOfHttp({ traceparent: trace, tracestate: 'a=1' });
    expect(origin.correlationId).toBe('4bf92f3577b34da6a3ce929d0e0e4736');
    expect(origin.headers).toEqual({ traceparent: trace, tracestate: 'a=1' });
  });

  it.each([
    ['keeps a trace state of 512 characters', 512, true],
    ['drops one of 513', 513, false],
  ])('%s', (_name, length, isKept) => {
    const tracestate = `a=${'1'.repeat(length - 2)}`;
    const { headers } = originOfHttp({ traceparent: trace, tracestate });
    expect(headers).toEqual({ traceparent: trace, ...(isKept && { tracestate }) });
  });

  it.each([
    ['a line break', { 'x-correlation-id': 'a\nb' }],
    ['a blank', { 'x-correlation-id': 'a b' }],
    ['too much', { 'x-correlation-id': 'a'.repeat(200) }],
    ['nothing', { 'x-correlation-id': '' }],
    ['two values', { 'x-correlation-id': ['a', 'b'] }],
    ['a trace of zeros', { traceparent: `00-${'0'.repeat(32)}-00f067aa0ba902b7-01` }],
    ['a trace of a forbidden version', { traceparent: trace.replace('00-', 'ff-') }],
    ['a trace that is too long', { traceparent: `${trace}-${'a'.repeat(512)}` }],
    ['a trace state without a trace', { tracestate: 'a=1' }],
  ])('ignores %s', (_name, headers) => {
    const origin = originOfHttp(headers);
    expect(origin.correlationId).toMatch(/^[0-9a-f-]{36}$/);
    expect(origin.headers).toEqual({});
  });
});

describe('An envelope', () => {
  it('takes the headers that travel, and leaves those behind that do not leave the process', () => {
    const headers = { ...tenant.of('acme'), ...transaction.of({ id: 1 }), ...secret.of('s') };
    const context = new MessageContext('command', Outer, { name: 'x' }, { headers });
    expect(Reflect.ownKeys(Envelope.of(new Outer(), context).meta.headers)).toEqual(['tenant']);
  });
});
