// Test files as users write them, run by a Jest of its own: see runners.ts.
import { Injectable, Module, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { CqrsModule } from 'nestjs-cqrs';

/** Asks a mailbox again and again, as a consumer of a queue or the pool of a database does. */
@Injectable()
class Mailbox implements OnModuleInit, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;

  onModuleInit() {
    this.timer = setInterval(() => undefined, 100);
  }

  onModuleDestroy() {
    clearInterval(this.timer);
  }
}

@Module({ imports: [CqrsModule.forRoot()], providers: [Mailbox] })
class MailModule {}

const init = async (...imports: NonNullable<Parameters<typeof Test.createTestingModule>[0]['imports']>) => {
  const module = await Test.createTestingModule({ imports }).compile();
  return module.init();
};

it('forgets to close', async () => {
  expect(await init(MailModule)).toBeDefined();
});

it('closes', async () => {
  const module = await init(MailModule);
  expect(module.get(Mailbox)).toBeDefined();
  await module.close();
});

it('has nothing but the module of this package', async () => {
  expect(await init(CqrsModule.forRoot())).toBeDefined();
});
