import { Injectable, Module, Scope, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import type { Observable } from 'rxjs';
import {
  Command,
  CommandHandler,
  CqrsModule,
  Event,
  EventsHandler,
  Middleware,
  previewWiring,
  Saga,
  UseMiddleware,
  type CqrsMiddleware,
  type Next,
  type PreviewOptions,
} from '../../../lib/index.js';
import { schemaErrors } from '../../support/wiring-schema.js';

const logger: PreviewOptions = { logger: false };

/** What runs although nothing may. */
const ran: string[] = [];
const run = (what: string): never => {
  ran.push(what);
  throw new Error(`${what} has run`);
};

class Pay extends Command {}
class Paid extends Event {}

class Strange {
  constructor() {
    run('a constructor');
  }
}

@Injectable()
@Middleware()
class Audit implements CqrsMiddleware {
  private readonly types = new Set<object>([Pay]);
  constructor() {
    run('the constructor of a middleware');
  }
  wraps(type: object) {
    return this.types.has(type);
  }
  intercept = (message: object, next: Next) => next(message);
}

/** Not provided: Nest would make it. */
class Retry implements CqrsMiddleware {
  constructor() {
    run('the constructor of a middleware that is not provided');
  }
  intercept(message: object, next: Next) {
    return next(message);
  }
}

@UseMiddleware(Retry)
@CommandHandler(Pay, { scope: Scope.REQUEST })
class PayHandler {
  constructor() {
    run('the constructor of a handler');
  }
  execute = () => undefined;
}

class Payments implements OnModuleInit, OnApplicationBootstrap {
  constructor() {
    run('the constructor of a provider');
  }
  onModuleInit() {
    run('onModuleInit');
  }
  onApplicationBootstrap() {
    run('onApplicationBootstrap');
  }
  @Saga()
  watch = (): Observable<Pay> => run('a saga');
  @Saga(Paid)
  thank = () => run('a saga');
}

@EventsHandler(Paid)
class NotePaid {
  handle = () => undefined;
}

class Made {
  @EventsHandler(Paid)
  note() {}
}

@Module({
  providers: [
    PayHandler,
    Payments,
    NotePaid,
    Audit,
    Strange,
    { provide: Made, useFactory: () => run('a factory') },
    { provide: 'MAKER', useFactory: () => run('a factory') },
  ],
})
class PaymentModule {}

describe('The preview of a wiring', () => {
  it('constructs nothing, runs no hook, no saga and no factory, and shows class fields', async () => {
    @Module({ imports: [CqrsModule.forRoot(), PaymentModule] })
    class AppModule {}
    const wiring = await previewWiring(AppModule, logger);
    expect(ran).toEqual([]);
    expect(wiring.toText()).toBe(
      [
        'Commands',
        '  Pay → Audit → Retry → PayHandler (PaymentModule)',
        'Events',
        '  Paid → Audit → NotePaid (PaymentModule)',
        '  Paid → Audit → Made.note (PaymentModule)',
        'Sagas',
        '  *    → Payments.watch (PaymentModule)',
        '  Paid → Payments.thank (PaymentModule)',
      ].join('\n'),
    );
    const document = wiring.document();
    expect(schemaErrors(document)).toEqual([]);
    expect(document).toMatchObject({
      complete: false,
      problems: [],
      unseen: [
        { provider: 'Audit', why: 'it says by a field which messages it wraps, so it is shown around all' },
        { provider: 'MAKER', why: 'a factory makes it, and may make a handler, a saga or a middleware' },
      ],
    });
  });

  it('lists mistakes instead of failing', async () => {
    @CommandHandler(Pay)
    class Other {
      execute() {}
    }
    @Module({ imports: [CqrsModule.forRoot({ duplicates: 'perhaps' as never }), PaymentModule], providers: [Other] })
    class AppModule {}
    const { problems } = (await previewWiring(AppModule, logger)).document({ sources: false });
    expect(problems.map(({ code }) => code)).toEqual(['CQRS_DUPLICATE_HANDLER', 'CQRS_INVALID_OPTIONS']);
    expect(ran).toEqual([]);
  });

  it('shows the options of forRootAsync, or says that they cannot be made without providers', async () => {
    class Settings {
      private readonly values = { timeout: 50 };
      constructor() {
        run('a constructor');
      }
      get() {
        return this.values.timeout;
      }
    }
    const of = (useFactory: (settings: Settings) => object) => {
      @Module({ providers: [Settings], exports: [Settings] })
      class SettingsModule {}
      @Module({
        imports: [
          CqrsModule.forRootAsync({ imports: [SettingsModule], inject: [Settings], useFactory }),
          PaymentModule,
        ],
      })
      class AppModule {}
      return previewWiring(AppModule, logger);
    };
    expect((await of(() => ({ timeout: 50 }))).entries[0]?.middleware[0]).toBe('timeLimit(50)');
    const { unseen } = (await of(settings => ({ timeout: settings.get() }))).document();
    expect(unseen?.[1]).toEqual({
      provider: 'CqrsModule.forRootAsync()',
      why: expect.stringContaining('its options are made from providers: Cannot read properties of undefined'),
    });
    expect(ran).toEqual([]);
  });

  it('is empty for an application without messages', async () => {
    @Module({})
    class AppModule {}
    expect((await previewWiring(AppModule, logger)).document()).toMatchObject({ complete: true, messages: [] });
  });
});
