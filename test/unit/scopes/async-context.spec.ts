import { ContextIdFactory, type ModuleRef } from '@nestjs/core';
import { ASYNC_CONTEXT_ATTRIBUTE, AsyncContext, CommandBus, type MessageContext } from '../../../lib/index.js';
import {
  givenContext,
  contextIdentityOf,
  rememberGiven,
  rememberMade,
  requestOf,
} from '../../../lib/scopes/async-context.js';
import { introduce } from '../../../lib/scopes/scoped-provider.js';

class Create {}

describe('AsyncContext', () => {
  it('has an identifier of its own', () => {
    const [one, other] = [new AsyncContext(), new AsyncContext()];
    expect(one.id).toBeDefined();
    expect(one.id).not.toBe(other.id);
    expect(Object.keys(one)).toEqual(['id']);
  });

  it('has an identifier that can be written again, and is listed then as before', () => {
    const context = new AsyncContext();
    for (const id of [{ id: 1 }, { id: 2 }]) {
      (context as { id: object }).id = id;
      expect(context.id).toBe(id);
      expect(Object.keys(context)).toEqual(['id']);
    }
    Object.defineProperty(context, 'id', { value: { id: 3 } });
    expect(context.id).toEqual({ id: 3 });
  });

  it('has an identifier that may be defined anew, before and after it was written', () => {
    const [written, other] = [new AsyncContext() as { id: object }, new AsyncContext()];
    written.id = { id: 1 };
    for (const context of [written, other]) {
      Object.defineProperty(context, 'id', { get: () => 'defined' });
      expect(context.id).toBe('defined');
    }
  });

  it('leaves a field that may be written and deleted, as that of @nestjs/cqrs', () => {
    const [written, deleted] = [{}, {}] as { [ASYNC_CONTEXT_ATTRIBUTE]?: unknown }[];
    new AsyncContext().attachTo(written!);
    written![ASYNC_CONTEXT_ATTRIBUTE] = 'another';
    expect(written![ASYNC_CONTEXT_ATTRIBUTE]).toBe('another');
    new AsyncContext().attachTo(deleted!);
    delete deleted![ASYNC_CONTEXT_ATTRIBUTE];
    expect(ASYNC_CONTEXT_ATTRIBUTE in deleted!).toBe(false);
  });

  it('is found on the object it was attached to', () => {
    const [command, context] = [new Create(), new AsyncContext()];
    expect(AsyncContext.isAttached(command)).toBe(false);
    context.attachTo(command);
    expect(AsyncContext.of(command)).toBe(context);
    expect(AsyncContext.isAttached(command)).toBe(true);
  });

  it('can be attached twice: the last one wins', () => {
    const [command, second] = [new Create(), new AsyncContext()];
    new AsyncContext().attachTo(command);
    second.attachTo(command);
    expect(AsyncContext.of(command)).toBe(second);
  });

  it('can be attached to frozen, sealed and once written, then frozen objects', () => {
    const context = new AsyncContext();
    const [frozen, sealed, later] = [Object.freeze(new Create()), Object.seal(new Create()), new Create()];
    new AsyncContext().attachTo(later);
    Object.freeze(later);
    for (const target of [frozen, sealed, later]) {
      context.attachTo(target);
      expect(AsyncContext.of(target)).toBe(context);
    }
  });

  it('serves the dispatch of an object beside the options of the call', async () => {
    const [bus, context] = [new CommandBus(), new AsyncContext()];
    const seen: MessageContext[] = [];
    bus.register(Create, (_, given) => void seen.push(given));
    const command = new Create();
    context.attachTo(command);
    await bus.dispatch(command, { headers: { tenant: 't1' }, correlationId: 'c1' });
    expect(seen[0]).toMatchObject({ scope: context, headers: { tenant: 't1' }, correlationId: 'c1' });
  });

  it('shows in no copy, no listing and no JSON of the object', () => {
    const command = new Create();
    new AsyncContext().attachTo(command);
    expect(Object.keys(command)).toEqual([]);
    expect(JSON.stringify(command)).toBe('{}');
    expect(AsyncContext.of({ ...command })).toBeUndefined();
    expect(command).toEqual(new Create());
  });

  it('is where @nestjs/cqrs keeps it, and is read from there', () => {
    const [command, context] = [new Create(), new AsyncContext()];
    context.attachTo(command);
    expect((command as any)[ASYNC_CONTEXT_ATTRIBUTE]).toBe(context);
    expect(AsyncContext.of({ [ASYNC_CONTEXT_ATTRIBUTE]: context } as object)).toBe(context);
  });

  it('is merged from a message or from a context itself', () => {
    const [from, to, direct, context] = [new Create(), new Create(), new Create(), new AsyncContext()];
    context.attachTo(from);
    AsyncContext.merge(from, to);
    AsyncContext.merge(context, direct);
    expect([AsyncContext.of(to), AsyncContext.of(direct)]).toEqual([context, context]);
  });

  it('merges nothing where there is nothing', () => {
    const to = new Create();
    AsyncContext.merge(new Create(), to);
    AsyncContext.merge(undefined, to);
    expect(AsyncContext.of(to)).toBeUndefined();
    expect(() => AsyncContext.merge(new AsyncContext(), undefined)).not.toThrow();
  });

  it.each([undefined, null, 42, 'text', Symbol('s'), () => undefined])('is not attached to %p', value => {
    expect(AsyncContext.of(value as unknown as object)).toBeUndefined();
    expect(AsyncContext.isAttached(value as unknown as object)).toBe(false);
  });

  it('is remembered for what was sent in it, and for the handler it was made for', () => {
    const [sent, handled, context] = [Object.freeze(new Create()), new Create(), new AsyncContext()];
    rememberGiven(context, sent);
    rememberMade(context, handled);
    rememberGiven({ id: {} }, handled);
    rememberGiven(context, null as unknown as object);
    expect(AsyncContext.of(sent)).toBe(context);
    expect(AsyncContext.of(handled)).toBe(context);
    expect(givenContext(handled)).toBeUndefined();
  });

  it('injects itself as REQUEST, or the request it was made with', () => {
    const [request, own] = [{ user: 'ann' }, new AsyncContext()];
    expect(requestOf(own)).toBe(own);
    expect(requestOf(new AsyncContext(request))).toBe(request);
  });
});

describe('The identifier of an AsyncContext', () => {
  it('is that of objects that inherit from it', () => {
    const context = new AsyncContext();
    const heir = Object.create(context) as AsyncContext;
    expect(heir.id).toBe(context.id);
    expect(requestOf(heir)).toBe(heir);
    expect(contextIdentityOf(heir)).toBeUndefined();
  });

  it('can be another one: assigned, or declared by a subclass', () => {
    const [own, assigned] = [ContextIdFactory.create(), new AsyncContext()];
    class Declared extends AsyncContext {
      override readonly id = own;
    }
    (assigned as { id: unknown }).id = own;
    expect([assigned.id, new Declared().id]).toEqual([own, own]);
    expect(Object.keys(assigned)).toEqual(['id']);
    expect(contextIdentityOf(assigned)?.isFresh).not.toBe(true);
    expect(contextIdentityOf(new Declared())).toBeUndefined();
  });

  it('counts as unread until it is read, in a copy too', () => {
    class Tenant extends AsyncContext {
      readonly tenant = 'a';
    }
    const [one, other] = [new AsyncContext(), new Tenant()];
    expect([one, other].map(context => contextIdentityOf(context)?.isFresh)).toEqual([true, true]);
    expect([{ ...one }.id, other.id]).toEqual([one.id, other.id]);
    expect([one, other].map(context => contextIdentityOf(context)?.isFresh)).toEqual([false, false]);
  });

  it('is read before Nest is told of the request, once for each application', () => {
    const told: unknown[] = [];
    const application = () =>
      ({ registerRequestByContextId: (...all: unknown[]) => told.push(all) }) as unknown as ModuleRef;
    const [request, one, other] = [{}, application(), application()];
    const context = new AsyncContext(request);
    for (const moduleRef of [one, one, other, one]) introduce(context, moduleRef);
    expect(told).toEqual([]);
    const { id } = context;
    expect(told).toEqual([
      [request, id],
      [request, id],
    ]);
    introduce(context, one);
    expect(told).toHaveLength(3);
  });
});

describe('the context strategy of the application', () => {
  const shared = ContextIdFactory.create();
  const seen: unknown[] = [];
  const asked: unknown[] = [];

  beforeAll(() => {
    ContextIdFactory.apply({
      attach(contextId, request) {
        asked.push(request);
        seen.push((request as { headers?: unknown }).headers);
        return { resolve: info => (info.isTreeDurable ? shared : contextId), payload: { tenant: 'a' } };
      },
    });
  });
  afterAll(() => {
    ContextIdFactory.apply(undefined as never);
  });

  it('is asked with the request, or with the headers of a message in its place', () => {
    const headers = { tenant: 'b' };
    const byRequest = new AsyncContext({ headers: { tenant: 'a' } });
    const byHeaders = new AsyncContext(undefined, headers);
    const durable = { isTreeDurable: true } as never;
    expect([byRequest, byHeaders].map(({ id }) => id.getParent!(durable))).toEqual([shared, shared]);
    expect(seen).toContainEqual({ tenant: 'a' });
    expect(seen.at(-1)).toBe(headers);
    expect(byRequest.id.payload).toEqual({ tenant: 'a' });
  });

  it('knows the identifier from the beginning', () => {
    expect([new AsyncContext(), new AsyncContext({})].map(context => contextIdentityOf(context)?.isFresh)).toEqual([
      false,
      false,
    ]);
  });

  it('is asked with what behaves like the context', () => {
    class Tenant extends AsyncContext {
      readonly tenant = 'c';
    }
    const [plain, tenant] = [new AsyncContext(), new Tenant()];
    const ids = [plain.id, tenant.id];
    const [ofPlain, ofTenant] = asked.slice(-2) as (AsyncContext & { tenant?: string })[];
    expect(ofPlain).toBeInstanceOf(AsyncContext);
    expect(ofTenant).toBeInstanceOf(Tenant);
    expect([ofPlain!.id, ofTenant!.id]).toEqual(ids);
    expect(ofTenant!.tenant).toBe('c');
  });

  it('is asked when the identifier is first needed, and finds what the constructor of a subclass has set', () => {
    const before = asked.length;
    class Tenant extends AsyncContext {
      readonly headers: object;
      constructor(readonly tenant: string) {
        super();
        this.headers = { tenant };
      }
    }
    const context = new Tenant('d');
    expect(asked).toHaveLength(before);
    expect(context.id).toBe(context.id);
    expect(asked).toHaveLength(before + 1);
    expect(asked.at(-1)).toMatchObject({ tenant: 'd', headers: { tenant: 'd' } });
  });

  it('may read the identifier before it exists', () => {
    const seenId: unknown[] = [];
    ContextIdFactory.apply({
      attach: (contextId, request) => (
        seenId.push((request as { id?: unknown }).id),
        { resolve: () => contextId, payload: {} }
      ),
    });
    class Tenant extends AsyncContext {}
    expect([new AsyncContext().id, new Tenant().id].every(Boolean)).toBe(true);
    expect(seenId).toEqual([undefined, undefined]);
  });
});
