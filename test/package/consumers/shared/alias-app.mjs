// Uses a library of @nestjs/cqrs in an application that imports the package by a name: `node alias-app.mjs <name> <library>`.
// Prints what the library has reserved, and how many copies of the package the two have loaded.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

const [name, libraryName] = process.argv.slice(2);
const { CommandBus, CqrsModule, EventsHandler, Wiring } = await import(name);
const { default: library } = await import(libraryName);
if (!Wiring) throw new Error(`${name} is not nestjs-cqrs.`);

const reserved = [];
class SeatLog {
  handle(event) {
    reserved.push(event.seat);
  }
}
EventsHandler(library.SeatReserved)(SeatLog);

class AppModule {}
Module({ imports: [CqrsModule.forRoot(), library.SeatsModule], providers: [SeatLog] })(AppModule);

async function reserve(seat) {
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
  await app.get(CommandBus).execute(new library.ReserveSeat(seat));
  await app.close();
}

const failure = await reserve('12A').then(
  () => undefined,
  error => error.constructor.name,
);
console.log(JSON.stringify({ reserved, copies: new Set([CommandBus, library.CommandBus]).size, failure }));
