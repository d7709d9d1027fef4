import { NestFactory } from '@nestjs/core';
import { CqrsModule } from 'nestjs-cqrs';
import { SelfKill } from './self-kill.js';
import { Effects } from './effects.js';
import { transportOf, type EngineAddress } from './engines.js';
import { Shop } from './shop.js';

export interface ApplicationOptions {
  /** Whether it handles messages, or only stores them. */
  readonly work: boolean;
  readonly selfKill?: SelfKill;
}

/** The same application in all processes. */
export async function application(engine: EngineAddress, effects: Effects, { work, selfKill }: ApplicationOptions) {
  const kill = selfKill ?? new SelfKill(undefined);
  const transport = kill.wrap(await transportOf(engine));
  // A killed worker counts as an attempt on pg-boss, so there are many.
  const retry = { limit: 100, delay: 50, backoff: true, maxDelay: 400 };
  const module = CqrsModule.forRoot({ durable: { transport, retry, work, concurrency: 4 } });
  const providers = [Shop, { provide: Effects, useValue: effects }, { provide: SelfKill, useValue: kill }];
  class AppModule {}
  return NestFactory.createApplicationContext({ module: AppModule, imports: [module], providers }, { logger: false });
}
