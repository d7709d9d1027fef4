import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { Command, CommandHandler, CqrsModule, EventsHandler, Timeout, Wiring } from '../../../lib/index.js';
import { track } from '../../../lib/testing/index.js';
import { refusalOf, start } from '../../support/application.js';

class Save extends Command {}
class Saved {}

@EventsHandler(Saved)
class OnSaved {
  handle() {}
}

@CommandHandler(Save)
class SaveHandler {
  @Timeout(5_000)
  async execute() {}
}

@Module({})
class FeatureModule {
  static with(name: string, ...providers: Type[]): DynamicModule {
    return { module: FeatureModule, providers: [...providers, { provide: 'NAME', useValue: name }] };
  }
}

const twice = (provider: Type) => {
  @Module({ imports: [FeatureModule.with('one', provider)] })
  class OrdersModule {}
  @Module({ imports: [FeatureModule.with('two', provider)] })
  class UsersModule {}
  return [CqrsModule, OrdersModule, UsersModule];
};

describe('A dynamic module that is imported twice with different options', () => {
  it('has its event handler run once, with a warning that names both imports', async () => {
    const { app, log } = await start({ imports: twice(OnSaved) });
    const { published } = await track(app).publish(new Saved());
    expect(published.handledBy).toEqual(['OnSaved']);
    expect(log.warnings).toEqual([
      'OnSaved is provided by FeatureModule, which is imported twice with different options: by OrdersModule and by UsersModule; it runs once per event, in the first one. Import FeatureModule once with options, in a module that exports it; or provide the handler in a module without options.',
    ]);
  });

  it('has its command handler refused, with both imports', async () => {
    const { message } = await refusalOf({ imports: twice(SaveHandler) });
    expect(message).toBe(
      'SaveHandler, which handles "Save", is provided by FeatureModule, which is imported twice with different options: by OrdersModule and by UsersModule. Import FeatureModule once with options, in a module that exports it; or provide the handler in a module without options. [CQRS_DUPLICATE_HANDLER]',
    );
  });
});

it('The wiring shows time limits', async () => {
  const { app } = await start({ imports: [CqrsModule.forRoot({ timeout: 1_000 })], providers: [SaveHandler] });
  expect(app.get(Wiring).toText()).toBe(
    'Commands\n  Save → timeLimit(1000) → timeLimit(5000) → SaveHandler (RootTestModule)',
  );
});
