// `npm run memory`: what stays on the heap of request-scoped, durable and transient dispatches. Prints the table of
// docs/scopes.md, and fails if a kind keeps more than a word a dispatch.
import { Injectable, Scope } from '@nestjs/common';
import { ContextIdFactory } from '@nestjs/core';
import * as cqrs from 'nestjs-cqrs';
import { withCqrs } from './contestants/applications.mjs';

/** Until the weak tables of Nest and of this library have reached their size, which they keep: 2 to 4 MB. */
const WARM_UP = 100_000;
const TENANTS = 10;

class Work extends cqrs.Command {}
class Ask extends cqrs.Query {}
class Happened extends cqrs.Event {}
class WorkForTenant extends cqrs.Command {}
class WorkAnew extends cqrs.Command {}

let handled = 0;
const provider = (decorate, method, scope) => {
  class Handler {}
  Handler.prototype[method] = async () => void handled++;
  decorate(Handler);
  Injectable(scope)(Handler);
  return Handler;
};

/** One parent for each tenant, found in the headers of a dispatch. */
const parents = Array.from({ length: TENANTS }, () => ContextIdFactory.create());
const strategy = { attach: (id, request) => info => (info.isTreeDurable ? parents[request.headers?.tenant ?? 0] : id) };

const app = await withCqrs([
  provider(cqrs.CommandHandler(Work), 'execute', { scope: Scope.REQUEST }),
  provider(cqrs.QueryHandler(Ask), 'execute', { scope: Scope.REQUEST }),
  provider(cqrs.EventsHandler(Happened), 'handle', { scope: Scope.REQUEST }),
  provider(cqrs.CommandHandler(WorkForTenant), 'execute', { scope: Scope.REQUEST, durable: true }),
  provider(cqrs.CommandHandler(WorkAnew), 'execute', { scope: Scope.TRANSIENT }),
]);
const commands = app.get(cqrs.CommandBus);
const queries = app.get(cqrs.QueryBus);
const events = app.get(cqrs.EventBus);

const kinds = [
  ['command, request-scoped', 450_000, () => commands.execute(new Work())],
  [
    'command, request-scoped, `AsyncContext` given',
    100_000,
    () => commands.execute(new Work(), new cqrs.AsyncContext()),
  ],
  ['query, request-scoped', 100_000, () => queries.ask(new Ask())],
  ['event, request-scoped', 100_000, () => events.publish(new Happened())],
  ['command, transient', 100_000, () => commands.execute(new WorkAnew())],
  // From here on Nest makes all instances.
  [
    'command, request-scoped, with a context strategy',
    450_000,
    () => commands.execute(new Work()),
    () => ContextIdFactory.apply(strategy),
  ],
  [
    `command, durable, ${TENANTS} tenants`,
    100_000,
    i => commands.execute(new WorkForTenant(), { headers: { tenant: i % TENANTS } }),
  ],
];

const kept = [];
console.log('| dispatches of | how many | heap before, KB | heap after, KB | bytes kept a dispatch |');
console.log('| --- | --- | --- | --- | --- |');
for (const [name, times, send, prepare] of kinds) {
  prepare?.();
  await repeat(WARM_UP, send);
  const before = await heap();
  handled = 0;
  await repeat(times, send);
  if (handled !== times) throw new Error(`${name}: ${handled} of ${times} were handled`);
  const after = await heap();
  const bytes = (after - before) / times;
  kept.push(bytes);
  const columns = [name, times.toLocaleString('en'), ...[before, after].map(kilobytes), bytes.toFixed(2)];
  console.log(`| ${columns.join(' | ')} |`);
}
console.log(`\nNode ${process.version}`);
await app.close();
if (kept.some(bytes => bytes > 8)) {
  console.error('More than a word a dispatch is kept');
  process.exitCode = 1;
}

async function repeat(times, send) {
  for (let i = 0; i < times; i++) await send(i);
}

/** What is reachable: after two collections, with a pause between them for what is finalized. */
async function heap() {
  for (let i = 0; i < 2; i++) {
    globalThis.gc();
    await new Promise(resolve => setImmediate(resolve));
  }
  return process.memoryUsage().heapUsed;
}

function kilobytes(bytes) {
  return Math.round(bytes / 1024).toLocaleString('en');
}
