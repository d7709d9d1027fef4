import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import * as incumbent from '@nestjs/cqrs';
import { EventEmitterModule } from '@nestjs/event-emitter';
import * as cqrs from 'nestjs-cqrs';

/** A Nest application of these imports and providers, without a server. */
export async function application(imports, providers = []) {
  class BenchModule {}
  Module({ imports, providers })(BenchModule);
  const app = await NestFactory.createApplicationContext(BenchModule, { logger: ['error'], abortOnError: false });
  return app.init();
}

/** An application with this package. */
export const withCqrs = (providers, options = {}) => application([cqrs.CqrsModule.forRoot(options)], providers);

/** An application with `@nestjs/cqrs`. */
export const withNestCqrs = providers => application([incumbent.CqrsModule.forRoot()], providers);

/** An application with `@nestjs/event-emitter`. */
export const withEventEmitter = providers => application([EventEmitterModule.forRoot()], providers);

export { cqrs, incumbent };
