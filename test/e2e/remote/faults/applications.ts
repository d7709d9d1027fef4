import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CommandBus, CqrsModule, EventBus, expose, QueryBus, route, type CqrsModuleOptions } from 'nestjs-cqrs';
import { microservice, microserviceServer } from 'nestjs-cqrs/microservices';
import { clientOf, serverOf } from './engines.js';
import { Add, Ask, Happened, Refused, Rows } from './messages.js';
import { Service } from './service.js';

const started: INestApplicationContext[] = [];

export async function application(options: CqrsModuleOptions, providers: never[] = []) {
  class AppModule {}
  const imports = [CqrsModule.forRoot({ messages: [Refused], ...options })];
  const app = await NestFactory.createApplicationContext({ module: AppModule, imports, providers }, { logger: false });
  started.push(app);
  return app;
}

/** An application of this process that sends the messages of these tests; it is closed after the test. */
export async function sender(engine: string, address: string, timeout = 5000, options: CqrsModuleOptions = {}) {
  const client = clientOf(engine, address);
  const routes = [route('faults.*').to(microservice('faults', client), { timeout })];
  return { client, ...(await sending({ routes, ...options })) };
}

/** An application that only sends. */
export async function sending(options: CqrsModuleOptions) {
  const app = await application(options);
  return { app, commands: app.get(CommandBus), queries: app.get(QueryBus), events: app.get(EventBus) };
}

/** An application of this process that handles them; it is closed after the test. */
export async function service(engine: string, address: string, options: CqrsModuleOptions = {}) {
  const exposed = expose(Add, Ask, Rows, Happened).on(microserviceServer('faults', serverOf(engine, address)));
  const app = await application({ expose: [exposed], ...options }, [Service as never]);
  return { app, service: app.get(Service) };
}

afterEach(async () => {
  for (const app of started.splice(0).toReversed()) await app.close();
});
