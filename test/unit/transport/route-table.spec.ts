import {
  Command,
  Event,
  Message,
  MessageCatalog,
  MessageContext,
  Query,
  route,
  StreamQuery,
} from '../../../lib/index.js';
import type { MessageType } from '../../../lib/index.js';
import { matches, RouteTable } from '../../../lib/transport/route-table.js';
import type { MessageRoute } from '../../../lib/transport/route.js';
import { FEATURES, Peer } from './peer.js';

@Message({ name: 'billing.charge' })
class Charge extends Command {}
class ChargeTwice extends Charge {}
@Message({ name: 'billing.find' })
class Find extends Query<string> {}
@Message({ name: 'billing.rows' })
class Rows extends StreamQuery<number> {}
@Message({ name: 'billing.paid' })
class Paid extends Event {}
class PaidTwice extends Paid {}
class Stranger {}

const [billing, audit] = [new Peer('billing'), new Peer('audit')];

const table = (
  routes: MessageRoute[],
  leadsHere: (type: MessageType, transport: { name: string }) => boolean = () => false,
) => new RouteTable(routes, new MessageCatalog(), leadsHere);

describe('The pattern of a route', () => {
  it.each([
    ['billing.charge', 'billing.charge', true],
    ['billing.charge', 'billing.charges', false],
    ['billing.charge', 'my.billing.charge', false],
    ['billing.charge', 'billingXcharge', false],
    ['billing.*', 'billing.charge', true],
    ['billing.*', 'billing.', true],
    ['billing.*', 'billing', false],
    ['*', '', true],
    ['*', 'a\nb', true],
    ['*.charge', 'billing.charge', true],
    ['a*c*e', 'abcde', true],
    ['a*c*e', 'abde', false],
    ['', 'a', false],
    ['(a|b)+[c]{1}$^?\\', '(a|b)+[c]{1}$^?\\', true],
    ['[ab]', 'a', false],
    ['a?', '', false],
  ])('%j fits %j: %p', (pattern, name, expected) => {
    expect(matches(pattern, name)).toBe(expected);
  });
});

describe('The routes of an application', () => {
  it('are one way for each message, with the time of an answer', () => {
    const { all } = table([
      route(Charge, 'billing.*').to(billing),
      route(Paid).to(audit, { timeout: 9, durable: true }),
    ]);
    expect(all).toEqual([
      { message: Charge, transport: billing, timeout: 5000, isDurable: false },
      { message: 'billing.*', transport: billing, timeout: 5000, isDurable: false },
      { message: Paid, transport: audit, timeout: 9, isDurable: true },
    ]);
    expect(table([]).all).toEqual([]);
  });

  it('lead away classes, their subclasses, and what they name', () => {
    const byClass = table([route(Charge).to(billing)]);
    expect([Charge, ChargeTwice, Find, Stranger].map(type => byClass.has(type))).toEqual([true, true, false, false]);
    const byName = table([route('billing.*').to(billing)]);
    expect([Charge, ChargeTwice, Find, Stranger].map(type => byName.has(type))).toEqual([true, true, true, false]);
  });

  it('find a route of exactly a class, and of its nearest name', () => {
    const byClass = table([route(Charge).to(billing)]);
    expect(byClass.ofClass(Charge, 'command')?.identity).toEqual({ name: 'billing', module: 'test' });
    expect(byClass.ofClass(ChargeTwice, 'command')).toBeUndefined();
    expect(byClass.ofName(Charge, 'command')).toBeUndefined();
    const byName = table([route('ChargeTwice').to(audit), route('billing.charge').to(billing)]);
    expect(byName.ofClass(Charge, 'command')).toBeUndefined();
    expect(byName.ofName(Charge, 'command')?.identity.name).toBe('billing');
    expect(byName.ofName(ChargeTwice, 'command')?.identity.name).toBe('audit');
    expect(byName.ofName(Stranger, 'command')).toBeUndefined();
  });

  it('give one invoker for each way, type and kind, for which pipelines compare it', () => {
    const routes = table([route('*').to(billing)]);
    const invoker = routes.ofName(Charge, 'command');
    expect(routes.ofName(Charge, 'command')).toBe(invoker);
    expect(routes.ofName(Charge, 'query')).not.toBe(invoker);
    expect(routes.ofName(ChargeTwice, 'command')).not.toBe(invoker);
    expect(routes.ofEvent(Paid)[0]).toBe(routes.ofEvent(Paid)[0]);
  });

  it('may name a message twice for one process, and not for two', () => {
    expect(table([route(Charge, Charge).to(billing)]).ofClass(Charge, 'command')?.identity.name).toBe('billing');
    const twice = table([route(Charge).to(billing), route(Charge).to(audit)]);
    expect(() => twice.ofClass(Charge, 'command')).toThrow(
      'Two routes lead "Charge" away: to billing, and to audit. Where: the routes of CqrsModule.forRoot(). Keep one of them. Only an event may go to several processes. [CQRS_ROUTE_TWICE]',
    );
  });

  it.each([
    [{ sharesLoad: false }, Charge, 'CQRS_TRANSPORT_RUNS_EVERYWHERE'],
    [{ sharesLoad: false }, Find, undefined],
    [{ manyReplies: false }, Rows, 'CQRS_TRANSPORT_WITHOUT_ROWS'],
    [{ addressable: false }, Rows, 'CQRS_TRANSPORT_WITHOUT_ROWS'],
    [{ manyReplies: false, addressable: false }, Find, undefined],
    [{ manyReplies: false, addressable: false }, Charge, undefined],
    [{ tellsNobodyListens: false }, Rows, undefined],
    [{ tellsNobodyListens: false }, Charge, undefined],
  ] as const)('of a transport with %j carry %p or refuse it: %s', (features, type, code) => {
    const transport = new Peer('billing', { ...FEATURES, ...features });
    const kind = type === Charge ? 'command' : 'query';
    const told = (routes: RouteTable, how: 'ofClass' | 'ofName'): string | undefined => {
      try {
        return routes[how](type, kind) && 'carried';
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    expect(told(table([route(type).to(transport)]), 'ofClass')).toBe(code ?? 'carried');
    expect(told(table([route('*').to(transport)]), 'ofName')).toBe(code ?? 'carried');
  });

  it('say in full what a transport cannot do', () => {
    const transport = new Peer('billing', {
      sharesLoad: false,
      manyReplies: false,
      addressable: false,
      tellsNobodyListens: false,
    });
    const routes = table([route('*').to(transport)]);
    expect(() => routes.ofName(Charge, 'command')).toThrow(
      'The transport billing (test) gives "Charge" to every server: with two of them the command would run twice. Send commands over a transport that shares the load, such as TCP, NATS or RabbitMQ. [CQRS_TRANSPORT_RUNS_EVERYWHERE]',
    );
    expect(() => routes.ofName(Rows, 'query')).toThrow(
      'The transport billing (test) cannot carry rows that the reader slows down, those of "Rows". Ask it over a transport that can, such as TCP or NATS, or answer with pages: a Query with an offset. [CQRS_TRANSPORT_WITHOUT_ROWS]',
    );
  });
});

describe('The routes of an event', () => {
  const names = (routes: RouteTable, type: MessageType) => routes.ofEvent(type).map(({ identity }) => identity.name);

  it('lead to each process once, the nearest class first', () => {
    const routes = table([
      route(Paid).to(audit),
      route('billing.*').to(billing),
      route('PaidTwice', PaidTwice).to(billing),
    ]);
    expect(names(routes, PaidTwice)).toEqual(['billing', 'audit']);
    expect(names(routes, Paid)).toEqual(['audit', 'billing']);
    expect(names(routes, Stranger)).toEqual([]);
  });

  it('carry it as an event, under its own name where the route names it', async () => {
    const asked: string[] = [];
    for (const named of [Paid, 'PaidTwice']) {
      const peer = new Peer();
      const [invoker] = table([route(named).to(peer)]).ofEvent(PaidTwice);
      peer.atOnce = [{ ok: true }];
      await invoker!.invoke(new PaidTwice(), new MessageContext('event', PaidTwice, invoker!.identity));
      asked.push(peer.requests[0]!.pattern);
    }
    expect(asked).toEqual(['cqrs.event.billing.paid', 'cqrs.event.PaidTwice']);
  });

  it('do not lead to a process that is this one', () => {
    const asked: unknown[] = [];
    const routes = table([route(Paid).to(audit), route(Paid).to(billing)], (type, { name }) => {
      asked.push([type, name]);
      return name === 'billing';
    });
    expect(names(routes, PaidTwice)).toEqual(['audit']);
    expect(asked).toEqual([
      [PaidTwice, 'audit'],
      [PaidTwice, 'billing'],
    ]);
  });
});

describe('The routes near a message without one', () => {
  it('are told by their names', () => {
    @Message({ name: 'billing.chrage' })
    class Misspelt {}
    expect(table([route(Charge).to(billing)]).nearMiss(Misspelt)).toBe(
      'No route matches "billing.chrage"; there are routes for billing.charge.',
    );
    expect(table([route('billing.charge', 'billing.charges').to(billing)]).nearMiss(Misspelt)).toBe(
      'No route matches "billing.chrage"; there are routes for billing.charge, billing.charges.',
    );
    expect(table([route('a.one', 'b.two', 'c.three', 'd.four').to(billing)]).nearMiss(Stranger)).toBe(
      'No route matches "Stranger"; there are routes for a.one, b.two, c.three.',
    );
    expect(table([route(Charge).to(billing)]).nearMiss(Stranger)).toBe(
      'No route matches "Stranger"; there are routes for billing.charge.',
    );
  });
});
