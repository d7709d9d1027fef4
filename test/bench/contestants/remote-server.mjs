// `remote-server.mjs bare|nestjs-cqrs tcp|nats address`: the process that answers. It ends with the process that started it.
import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern, ServerNats, ServerTCP } from '@nestjs/microservices';
import { CqrsModule, expose } from 'nestjs-cqrs';
import { microserviceServer } from 'nestjs-cqrs/microservices';
import { map, range } from 'rxjs';
import { charged, Charge, HANDLERS, rowOf, Rows } from './remote-messages.mjs';

const [side, engine, address] = process.argv.slice(2);
const strategy = new { tcp: ServerTCP, nats: ServerNats }[engine](JSON.parse(address));
const logger = ['error'];

class BareController {
  async charge(fields) {
    return charged(fields);
  }

  /** Takes and gives what this package sends, so that the bytes are equal. */
  async frame({ envelope }) {
    return { ok: true, value: charged(envelope.payload) };
  }

  rows({ count }) {
    return range(count).pipe(map(rowOf));
  }
}

async function bare() {
  const handle = name =>
    MessagePattern(`bench.${name}`)(
      BareController.prototype,
      name,
      Object.getOwnPropertyDescriptor(BareController.prototype, name),
    );
  for (const name of ['charge', 'frame', 'rows']) handle(name);
  Controller()(BareController);
  class BareModule {}
  Module({ controllers: [BareController] })(BareModule);
  const app = await NestFactory.createMicroservice(BareModule, { strategy, logger });
  await app.listen();
}

async function cqrs() {
  class CqrsServer {}
  const imports = [CqrsModule.forRoot({ expose: [expose(Charge, Rows).on(microserviceServer('bench', strategy))] })];
  Module({ imports, providers: HANDLERS })(CqrsServer);
  await NestFactory.createApplicationContext(CqrsServer, { logger });
}

process.once('disconnect', () => process.exit());
await { bare, 'nestjs-cqrs': cqrs }[side]();
process.send('ready');
