import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { CommandBus, CqrsModule, QueryBus, RemoteUnavailableException, route } from 'nestjs-cqrs';
import { microservice } from 'nestjs-cqrs/microservices';
import { answerParent, escaped } from './child-side.js';
import { clientOf } from './engines.js';
import { Add, Refused, Rows } from './messages.js';

// A process that asks: its arguments are the engine, the address and the time limit of its route.
const [engine = '', address = '', timeout = '5000'] = process.argv.slice(2);

class AppModule {}
const module = CqrsModule.forRoot({
  routes: [route('faults.*').to(microservice('faults', clientOf(engine, address)), { timeout: Number(timeout) })],
  messages: [Refused],
});
const app = await NestFactory.createApplicationContext({ module: AppModule, imports: [module] }, { logger: false });
const commands = app.get(CommandBus);
const queries = app.get(QueryBus);

answerParent({
  escaped,
  /** Starts calls that nobody will await. */
  begin: (ids: string[], takes: number) => {
    for (const id of ids) commands.execute(new Add(id, takes)).catch(() => undefined);
  },
  /** Reads some rows of a stream, and keeps it open. */
  read: async (rows: number) => {
    const stream = queries.stream(new Rows(1_000_000));
    for (let i = 0; i < rows; i++) await stream.next();
  },
  add: (id: string) =>
    commands.execute(new Add(id)).catch((error: unknown) => {
      if (error instanceof RemoteUnavailableException) return error.outcome;
      throw error;
    }),
  close: () => app.close(),
});
