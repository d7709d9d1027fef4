// A CommonJS package, as a compiler writes it: a message, its handler, and what the handler injects.
const { Inject, Module } = require('@nestjs/common');
const cqrs = require('nestjs-cqrs');

class ReserveSeat extends cqrs.Command {
  constructor(seat) {
    super();
    this.seat = seat;
  }
}

class SeatReserved extends cqrs.Event {
  constructor(seat) {
    super();
    this.seat = seat;
  }
}

class ReserveSeatHandler {
  constructor(events) {
    this.events = events;
  }

  async execute(command) {
    await this.events.publish(new SeatReserved(command.seat));
  }
}
Inject(cqrs.EventBus)(ReserveSeatHandler, undefined, 0);
cqrs.CommandHandler(ReserveSeat)(ReserveSeatHandler);

class SeatsModule {}
Module({ providers: [ReserveSeatHandler] })(SeatsModule);

exports.ReserveSeat = ReserveSeat;
exports.SeatReserved = SeatReserved;
exports.SeatsModule = SeatsModule;

/** What the library gets from each entry point, for the application to compare with what it gets. */
exports.required = {
  '.': cqrs,
  './decorators/constants': require('nestjs-cqrs/decorators/constants'),
  './dist/command-bus': require('nestjs-cqrs/dist/command-bus'),
  './dist/decorators/constants': require('nestjs-cqrs/dist/decorators/constants'),
  './dist/decorators/saga.decorator.js': require('nestjs-cqrs/dist/decorators/saga.decorator.js'),
  './class-transformer': require('nestjs-cqrs/class-transformer'),
  './class-validator': require('nestjs-cqrs/class-validator'),
};
