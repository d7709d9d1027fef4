import {
  Global,
  Module,
  type DynamicModule,
  type INestApplicationContext,
  type LoggerService,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CQRS_IDLE } from './preview-mode.js';

/** How an idle application logs. */
export interface IdleOptions {
  /** As for `NestFactory.create()`. Default: Nest's own. */
  readonly logger?: LoggerService | false;
}

/**
 * Starts an application that takes in nothing: its workers take no stored messages, its servers do not listen, its
 * schedules are not set. For tools that look at queues. Hooks of providers run.
 * @param root the root module
 * @throws (rejects) what the start of the application does
 */
export function idleApplication(
  root: Type | DynamicModule,
  { logger }: IdleOptions = {},
): Promise<INestApplicationContext> {
  @Global()
  @Module({ imports: [root], providers: [{ provide: CQRS_IDLE, useValue: true }], exports: [CQRS_IDLE] })
  class IdleModule {}
  return NestFactory.createApplicationContext(IdleModule, {
    abortOnError: false,
    ...(logger !== undefined && { logger }),
  });
}
