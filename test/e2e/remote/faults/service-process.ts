import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { CqrsModule, expose } from 'nestjs-cqrs';
import { microserviceServer } from 'nestjs-cqrs/microservices';
import { answerParent, escaped } from './child-side.js';
import { serverOf } from './engines.js';
import { Add, Ask, Happened, Refused, Rows } from './messages.js';
import { registered } from './register.js';
import { Service } from './service.js';

// A process that answers: its arguments are the engine and the address.
const [engine = '', address = '', shutdown = '5000'] = process.argv.slice(2);
const server = serverOf(engine, address);
const messages = engine === 'rmq' ? [Add, Ask, Happened] : [Add, Ask, Rows, Happened];

class AppModule {}
const module = CqrsModule.forRoot({
  expose: [expose(...messages).on(microserviceServer('faults', server))],
  messages: [Refused],
  shutdown: { timeout: Number(shutdown) },
});
const app = await NestFactory.createApplicationContext(
  { module: AppModule, imports: [module], providers: [Service] },
  { logger: false },
);
const service = app.get(Service);

answerParent({
  done: () => service.done,
  registered: () => registered(app),
  escaped,
  memory: async () => {
    for (let i = 0; i < 3; i++) {
      globalThis.gc!();
      await new Promise(resolve => setTimeout(resolve, 10));
    }
    return process.memoryUsage().heapUsed;
  },
  close: async () => {
    await app.close();
    return service.done;
  },
});
