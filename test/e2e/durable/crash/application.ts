import { NestFactory } from '@nestjs/core';
import { CqrsModule } from 'nestjs-cqrs';
import { Death } from './death.js';
import { Effects } from './effects.js';
import { transportOf, type EngineAddress } from './engines.js';
import { Shop } from './shop.js';

export interface ApplicationOptions {
  /** Whether it handles messages, or only stores them. */
  readonly work: boolean;
  readonly death?: Death;
}

/** The same application in all processes. */
export async function application(engine: EngineAddress, effects: Effects, { work, death }: ApplicationOptions) {
  const dying = death ?? new Death(undefined);
  const transport = dying.visit(await transportOf(engine));
  // A killed worker counts as an attempt on pg-boss, so there are many.
  const retry = { limit: 100, delay: 50, backoff: true, maxDelay: 400 };
  const module = CqrsModule.forRoot({ durable: { transport, retry, work, concurrency: 4 } });
  const providers = [Shop, { provide: Effects, useValue: effects }, { provide: Death, useValue: dying }];
  class AppModule {}
  return NestFactory.createApplicationContext({ module: AppModule, imports: [module], providers }, { logger: false });
}
