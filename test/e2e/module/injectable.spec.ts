import { Module } from '@nestjs/common';
import {
  CommandBus,
  CQRS_MODULE_OPTIONS,
  CqrsModule,
  DeadLetters,
  EventBus,
  EventPublisher,
  MessageCatalog,
  QueryBus,
  Queues,
  Schedules,
  UnhandledExceptionBus,
  Wiring,
} from '../../../lib/index.js';
import { start } from '../../support/application.js';

const TOKENS = {
  CommandBus,
  QueryBus,
  EventBus,
  EventPublisher,
  UnhandledExceptionBus,
  Wiring,
  MessageCatalog,
  DeadLetters,
  Queues,
  Schedules,
  CQRS_MODULE_OPTIONS,
};

describe('a provider of a module that imports nothing', () => {
  it.each(Object.entries(TOKENS))('may inject %s', async (_name, token) => {
    @Module({ providers: [{ provide: 'user', inject: [token], useFactory: (given: unknown) => given }] })
    class UserModule {}
    const { app } = await start({ imports: [CqrsModule.forRoot({ strict: true }), UserModule] });
    const given: unknown = app.get('user', { strict: false });
    expect(given).toBeDefined();
    expect(given).toBe(app.get(token, { strict: false }));
  });
});
