import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { ContextLogger } from './tracing/context.logger.js';
import { Traces } from './tracing/traces.js';

// Sends two requests to itself at once, and prints what one of them caused.
const app = await NestFactory.create(AppModule, {
  logger: new ContextLogger('', { logLevels: ['log', 'warn', 'error'] }),
});
await app.listen(0, '127.0.0.1');
const url = await app.getUrl();

await Promise.all([
  fetch(`${url}/orders/o-1/lamp`, { method: 'POST', headers: { 'x-correlation-id': 'ada', 'x-tenant': 'acme' } }),
  fetch(`${url}/stock/lamp`, { headers: { 'x-correlation-id': 'bob' } }),
]);

const traces = app.get(Traces);
// Waits for what still runs, such as the command of the saga.
await app.close();
console.log(traces.tree('ada'));
console.log(traces.tree('bob'));
