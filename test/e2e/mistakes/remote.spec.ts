import {
  at,
  Command,
  CommandHandler,
  CqrsModule,
  Event,
  expose,
  Message,
  Query,
  QueryHandler,
  route,
  StreamQuery,
  type CqrsModuleOptions,
} from '../../../lib/index.js';
import { MemoryRemote } from '../../../lib/testing/index.js';
import type { RemoteFeatures, RemoteServer, RemoteTransport } from '../../../lib/extension.js';
import { start } from '../../support/application.js';
import { refusalText, textOf } from './texts.js';

class Charge extends Command {}
class Refund extends Command {}
class Lines extends StreamQuery<number> {}
class Placed extends Event {}

class Billing {
  @CommandHandler(Charge)
  charge(): void {}

  @QueryHandler(Lines)
  lines(): number[] {
    return [];
  }
}

const billing = new MemoryRemote('billing');
const shipping = new MemoryRemote('shipping');

/** A transport or server that cannot do something. */
function without<T extends RemoteTransport | RemoteServer>(feature: keyof RemoteFeatures, carrier: T): T {
  return {
    ...carrier,
    name: 'weak',
    engine: 'redis',
    features: { ...carrier.features, [feature]: false },
    serve: () => undefined,
  };
}

const refusal = (options: unknown, providers: (new () => object)[] = []) =>
  refusalText({ imports: [CqrsModule.forRoot(options as CqrsModuleOptions)], providers });

describe('Mistakes in routes', () => {
  it('a route of a command that this process handles', async () => {
    expect(await refusal({ routes: [route(Charge).to(billing.transport())] }, [Billing])).toBe(
      '"Charge" is routed to billing, and Billing.charge in RootTestModule handles it in this process. Where: the routes of CqrsModule.forRoot(). Take the route or the handler away; or route it by its name, which yields to a handler of the process: route(\'…\').to(billing). [CQRS_ROUTE_OF_HANDLED]',
    );
  });

  it('two routes for one command', async () => {
    const routes = [route(Refund).to(billing.transport()), route(Refund).to(shipping.transport())];
    expect(await refusal({ routes })).toBe(
      'Two routes lead "Refund" away: to billing, and to shipping. Where: the routes of CqrsModule.forRoot(). Keep one of them. Only an event may go to several processes. [CQRS_ROUTE_TWICE]',
    );
  });

  it('two names that fit one command are refused at the call', async () => {
    const { commands } = await start({
      imports: [
        CqrsModule.forRoot({
          routes: [route('Ref*').to(billing.transport()), route('*und').to(shipping.transport())],
        }),
      ],
    });
    expect(await textOf(() => commands.dispatch(new Refund()))).toContain(
      'Two routes lead "Refund" away: to billing, and to shipping.',
    );
  });

  it('a command over a transport that gives it to every server', async () => {
    const transport = without('sharesLoad', billing.transport());
    expect(await refusal({ routes: [route(Refund).to(transport)] })).toBe(
      'The transport weak (redis) gives "Refund" to every server: with two of them the command would run twice. Send commands over a transport that shares the load, such as TCP, NATS or RabbitMQ. [CQRS_TRANSPORT_RUNS_EVERYWHERE]',
    );
  });

  it('a command of a name over such a transport is refused at the call', async () => {
    const transport = without('sharesLoad', billing.transport());
    const { commands } = await start({ imports: [CqrsModule.forRoot({ routes: [route('*').to(transport)] })] });
    expect(await textOf(() => commands.dispatch(new Refund()))).toContain('[CQRS_TRANSPORT_RUNS_EVERYWHERE]');
  });

  it.each(['sharesLoad', 'manyReplies', 'addressable'] as const)('rows over a transport without %s', async feature => {
    const transport = without(feature, billing.transport());
    expect(await refusal({ routes: [route(Lines).to(transport)] })).toBe(
      'The transport weak (redis) cannot carry rows that the reader slows down, those of "Lines". Ask it over a transport that can, such as TCP or NATS, or answer with pages: a Query with an offset. [CQRS_TRANSPORT_WITHOUT_ROWS]',
    );
    const { queries } = await start({ imports: [CqrsModule.forRoot({ routes: [route('L*').to(transport)] })] });
    expect(await textOf(() => queries.stream(new Lines()).next())).toContain('[CQRS_TRANSPORT_WITHOUT_ROWS]');
  });

  it.each([
    ['an empty name', [''], 'route() was given an empty name in place of a message class or a name.'],
    ['nothing', [], 'route() was given nothing in place of a message class or a name.'],
    ['a number', [5], 'route() was given a number in place of a message class or a name.'],
    ['undefined', [undefined], 'route() was given undefined in place of a message class (circular import?).'],
  ])('%s in place of a message', async (_, messages, text) => {
    expect(await refusal({ routes: [route(...(messages as string[])).to(billing.transport())] })).toContain(text);
  });

  it('no transport', async () => {
    expect(await refusal({ routes: [route(Refund).to(undefined as never)] })).toBe(
      "route(…).to() was given undefined in place of a transport. Where: CqrsModule.forRoot(). Give it what microservice() or microserviceServer() of 'nestjs-cqrs/microservices' returns, or one of your own. [CQRS_INVALID_OPTIONS]",
    );
  });

  it('a misspelled option, and a time that is none', async () => {
    const to = { tiemout: 1, timeout: 0 } as never;
    expect(await refusal({ routes: [route(Refund).to(billing.transport(), to)] })).toBe(
      'The wiring has 2 problems:\n' +
        '  1. There is no option "tiemout". Where: route(…).to(billing). Did you mean "timeout"? [CQRS_INVALID_OPTIONS]\n' +
        '  2. The option "timeout" must be a number of milliseconds greater than 0, not 0. Where: route(…).to(billing). Give it such a value, or leave it out. [CQRS_INVALID_TIMEOUT]\n' +
        'Correct what is listed and start again. [CQRS_WIRING]',
    );
  });

  it('a query that is expected, and neither handled nor routed', async () => {
    class Balance extends Query<number> {}
    expect(await refusal({ expectHandlersFor: [Balance] })).toBe(
      'No handler found for the message: "Balance". Where: expectHandlersFor. Register one, or list the class that handles Balance among the providers of a module. [CQRS_HANDLER_NOT_FOUND]',
    );
  });

  it('a name that no route matches', async () => {
    @Message({ name: 'billing.refund' })
    class NamedRefund extends Command {}
    const { commands } = await start({
      imports: [CqrsModule.forRoot({ routes: [route('billing.refunds').to(billing.transport())] })],
    });
    expect(await textOf(() => commands.dispatch(new NamedRefund()))).toBe(
      'No handler found for the command: "NamedRefund". No route matches "billing.refund"; there are routes for billing.refunds. [CQRS_HANDLER_NOT_FOUND]',
    );
  });
});

describe('Mistakes in what is exposed', () => {
  it('a message that nothing handles', async () => {
    expect(await refusal({ expose: [expose(Refund, Placed).on(billing.server())] })).toBe(
      'The wiring has 2 problems:\n' +
        ['Refund', 'Placed']
          .map(
            (name, i) =>
              `  ${i + 1}. "${name}" is exposed, and nothing in this process handles it. Where: expose(…).on(billing). Provide its handler, or take it out of expose(). If a lazily loaded module brings it, set { lazy: true }. [CQRS_EXPOSED_WITHOUT_HANDLER]\n`,
          )
          .join('') +
        'Correct what is listed and start again. [CQRS_WIRING]',
    );
  });

  it('a command on a server of which each process gets it', async () => {
    const server = without('sharesLoad', billing.server());
    expect(await refusal({ expose: [expose(Charge).on(server)] }, [Billing])).toBe(
      'The transport weak (redis) gives "Charge" to every server: with two of them the command would run twice. Send commands over a transport that shares the load, such as TCP, NATS or RabbitMQ. [CQRS_TRANSPORT_RUNS_EVERYWHERE]',
    );
  });

  it('rows on a server that cannot be addressed', async () => {
    const server = without('addressable', billing.server());
    expect(await refusal({ expose: [expose(Lines).on(server)] }, [Billing])).toContain('[CQRS_TRANSPORT_WITHOUT_ROWS]');
  });

  it('something that is no class, nothing, and no server', async () => {
    expect(await refusal({ expose: [expose('Charge' as never).on(billing.server())] }, [Billing])).toContain(
      'expose() was given a string in place of a message class.',
    );
    expect(await refusal({ expose: [expose().on(billing.server())] })).toContain('[CQRS_INVALID_MESSAGE_TYPE]');
    expect(await refusal({ expose: [expose(Charge).on({} as never)] }, [Billing])).toContain(
      'expose(…).on() was given an instance of Object in place of a transport.',
    );
  });

  it('options that do not fit', async () => {
    const on = { headers: 'tenant', failures: 'none', lasy: true } as never;
    const text = await refusal({ expose: [expose(Charge).on(billing.server(), on)] }, [Billing]);
    expect(text).toContain('There is no option "lasy". Where: expose(…).on(billing). Did you mean "lazy"?');
    expect(text).toContain('The option "headers" must be a list');
    expect(text).toContain("The option \"failures\" must be 'all' or 'listed', not 'none'.");
  });
});

describe('Mistakes in the place of a middleware', () => {
  it('no place, and a word that is none', async () => {
    const audit = (message: object, next: (message: object) => Promise<unknown>) => next(message);
    expect(await textOf(() => at(audit as never))).toBe(
      "A middleware runs at 'handle', 'send' or 'store', not at nothing. Where: at(audit). Name places, as in at(audit, 'send'). [CQRS_INVALID_MIDDLEWARE]",
    );
    expect(await textOf(() => at(audit as never, 'sned' as never))).toContain('not at sned.');
  });
});
