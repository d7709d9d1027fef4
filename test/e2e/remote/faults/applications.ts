import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CommandBus, CqrsModule, EventBus, expose, QueryBus, route, type CqrsModuleOptions } from 'nestjs-cqrs';
import { microservice, microserviceServer } from 'nestjs-cqrs/microservices';
import { clientOf, serverOf } from './engines.js';
import { Add, Ask, Happened, Refused, Rows } from './messages.js';
import { Service } from './service.js';

const started: INestApplicationContext[] = [];

async function start(options: CqrsModuleOptions, providers: never[] = []) {
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
  const app = await start({ routes, ...options });
  return { app, client, commands: app.get(CommandBus), queries: app.get(QueryBus), events: app.get(EventBus) };
}

/** An application of this process that handles them; it is closed after the test. */
export async function service(engine: string, address: string, options: CqrsModuleOptions = {}) {
  const exposed = expose(Add, Ask, Rows, Happened).on(microserviceServer('faults', serverOf(engine, address)));
  const app = await start({ expose: [exposed], ...options }, [Service as never]);
  return { app, service: app.get(Service) };
}

afterEach(async () => {
  for (const app of started.splice(0).toReversed()) await app.close();
});
