// An application of ES modules that uses a CommonJS library. It is bundled with both, and prints what it found.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Expose } from 'class-transformer';
import { IsString } from 'class-validator';
import { ReserveSeat, required, SeatReserved, SeatsModule } from 'handler-library';
import * as root from 'nestjs-cqrs';
import * as classTransformer from 'nestjs-cqrs/class-transformer';
import * as classValidator from 'nestjs-cqrs/class-validator';
import * as constants from 'nestjs-cqrs/decorators/constants';
import * as oldBus from 'nestjs-cqrs/dist/command-bus';
import * as oldConstants from 'nestjs-cqrs/dist/decorators/constants';
import * as oldSaga from 'nestjs-cqrs/dist/decorators/saga.decorator.js';

const { CommandBus, CqrsModule, EventsHandler } = root;

const reserved = [];
class SeatLog {
  async handle(event) {
    reserved.push(event.seat);
  }
}
EventsHandler(SeatReserved)(SeatLog);

class AppModule {}
Module({ imports: [CqrsModule.forRoot(), SeatsModule], providers: [SeatLog] })(AppModule);

async function reserve(seat) {
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
  await app.get(CommandBus).dispatch(new ReserveSeat(seat));
  await app.close();
}

const imported = {
  '.': root,
  './decorators/constants': constants,
  './dist/command-bus': oldBus,
  './dist/decorators/constants': oldConstants,
  './dist/decorators/saga.decorator.js': oldSaga,
  './class-transformer': classTransformer,
  './class-validator': classValidator,
};

/** What the library and the application do not share. */
function differing() {
  return Object.entries(imported).flatMap(([entry, names]) =>
    Object.keys(names)
      .filter(name => names[name] !== required[entry][name])
      .map(name => `${name} of ${entry}`),
  );
}

/** Whether the engines see the decorators of their packages. */
function decoratorsSeen() {
  class Seat {}
  Expose()(Seat.prototype, 'row');
  IsString()(Seat.prototype, 'row');
  return (
    classTransformer.classTransformer().handles(Seat) === true &&
    classValidator.classValidator().validates(Seat) === true
  );
}

reserve('12A')
  .then(
    () => undefined,
    error => error.message,
  )
  .then(failure =>
    console.log(JSON.stringify({ failure, reserved, differing: differing(), decoratorsSeen: decoratorsSeen() })),
  );
