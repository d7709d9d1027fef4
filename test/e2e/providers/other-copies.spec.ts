import { jest } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import * as incumbent from '@nestjs/cqrs';
import { map, type Observable } from 'rxjs';
import type * as Package from '../../../lib/index.js';
import { CqrsModule, EventBus, CommandBus, QueryBus } from '../../../lib/index.js';
import { track } from '../../../lib/testing/index.js';
import { refusalOf, start } from '../../support/application.js';

let other: typeof Package;
beforeAll(async () => {
  jest.resetModules();
  other = await import('../../../lib/index.js');
});

type Decorators = Pick<typeof Package, 'CommandHandler' | 'EventsHandler' | 'QueryHandler' | 'Saga' | 'ofType'>;

/** An application whose handlers and sagas are decorated by one package. */
const programOf = ({ CommandHandler, EventsHandler, QueryHandler, Saga, ofType }: Decorators) => {
  class Ship {}
  class Find {}
  class Paid {}
  @CommandHandler(Ship)
  class ShipHandler {
    async execute() {}
  }
  @QueryHandler(Find)
  class FindHandler {
    async execute() {
      return 'found';
    }
  }
  @EventsHandler(Paid)
  class OnPaid {
    handle() {}
  }
  @Injectable()
  class Shipping {
    @Saga() ship = (events$: Observable<object>) =>
      events$.pipe(
        ofType(Paid),
        map(() => new Ship()),
      );
  }
  return { Paid, Find, providers: [ShipHandler, FindHandler, OnPaid, Shipping] };
};

describe.each([
  ['another copy of this package', () => other],
  ['@nestjs/cqrs', () => incumbent as unknown as Decorators],
])('Decorators of %s', (_, decorators) => {
  it('make handlers and sagas', async () => {
    const { Paid, Find, providers } = programOf(decorators());
    const { queries, app } = await start({ imports: [CqrsModule], providers });
    const { published, executed } = await track(app).publish(new Paid());
    expect(await queries.execute(new Find())).toBe('found');
    expect([published.handledBy, executed.handledBy]).toEqual([['OnPaid'], ['ShipHandler']]);
  });
});

describe('Decorators of another copy', () => {
  it('make methods handlers, and sagas that name their events', async () => {
    class Ship {}
    class Paid {}
    @Injectable()
    class Shop {
      @other.CommandHandler(Ship)
      ship() {}
      @other.EventsHandler(Paid)
      paid() {}
      @other.Saga(Paid)
      react() {
        return new Ship();
      }
    }
    const { app } = await start({ imports: [CqrsModule], providers: [Shop] });
    const { published, executed } = await track(app).publish(new Paid());
    expect([published.handledBy, executed.handledBy]).toEqual([['Shop.paid'], ['Shop.ship']]);
  });

  it('that cannot be honoured are refused, with both places', async () => {
    const schema = { '~standard': { version: 1, vendor: 'none', validate: (value: unknown) => ({ value }) } } as const;
    @other.Validate(schema)
    @other.Message({ name: 'shop.ship' })
    class Ship {}
    @other.Message({ name: 'shop.paid' })
    class Paid {}
    @other.CommandHandler(Ship)
    @other.UseMiddleware((message, next) => next(message))
    class ShipHandler {
      @other.Timeout(1_000)
      async execute() {}
    }
    @other.Middleware()
    class Audit {
      intercept = (message: object, next: Package.Next) => next(message);
    }
    @other.Middleware()
    class Sagas {
      @other.Saga(Paid)
      react() {
        return new Ship();
      }
    }
    const { problems } = await refusalOf({ imports: [CqrsModule], providers: [ShipHandler, Audit, Sagas] });
    expect(problems.map(({ code, what }) => [code, what.split(' comes from')[0]])).toEqual([
      ['CQRS_OTHER_COPY', '@UseMiddleware or @Timeout on ShipHandler'],
      ['CQRS_OTHER_COPY', '@Middleware on Sagas'],
      ['CQRS_OTHER_COPY', '@Middleware on Audit'],
      ['CQRS_OTHER_COPY', '@Message on Ship'],
      ['CQRS_OTHER_COPY', '@Validate on Ship'],
      ['CQRS_OTHER_COPY', '@Message on Paid'],
    ]);
    expect(problems[0]!.where).toMatch(
      /^this copy: .+\/lib\/messages\/copies\.\w+; the other: .+\/lib\/messages\/copies\.\w+$/,
    );
  });
});

it('The buses are those of one copy', async () => {
  const { app } = await start({ imports: [CqrsModule] });
  for (const [own, theirs] of [
    [CommandBus, other.CommandBus],
    [QueryBus, other.QueryBus],
    [EventBus, other.EventBus],
  ] as const)
    expect(app.get(own)).not.toBeInstanceOf(theirs);
});

describe('A second CqrsModule in one application', () => {
  it('is warned about, with the module that imports it', async () => {
    @Module({ imports: [incumbent.CqrsModule] })
    class LibraryModule {}
    const { log } = await start({ imports: [CqrsModule.forRoot(), LibraryModule] });
    const warnings = log.warnings.filter(text => text.includes('second CqrsModule'));
    expect(new Set(warnings.map(text => /imported by (\w+)/.exec(text)?.[1]))).toEqual(new Set(['LibraryModule']));
  });

  it('is not seen where there is one, imported often and extended', async () => {
    class Own extends CqrsModule {}
    @Module({ imports: [CqrsModule] })
    class FeatureModule {}
    const { log } = await start({ imports: [CqrsModule.forRoot({ strict: false }), FeatureModule, { module: Own }] });
    expect(log.warnings).toEqual([]);
  });
});
