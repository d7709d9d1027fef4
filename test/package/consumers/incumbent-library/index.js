// A CommonJS package written for @nestjs/cqrs: a message, its handler, and what the handler injects.
const { Inject, Module } = require('@nestjs/common');
const { Command, CommandBus, CommandHandler, EventBus } = require('@nestjs/cqrs');

class ReserveSeat extends Command {
  constructor(seat) {
    super();
    this.seat = seat;
  }
}

class SeatReserved {
  constructor(seat) {
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
Inject(EventBus)(ReserveSeatHandler, undefined, 0);
CommandHandler(ReserveSeat)(ReserveSeatHandler);

class SeatsModule {}
Module({ providers: [ReserveSeatHandler] })(SeatsModule);

module.exports = { CommandBus, ReserveSeat, SeatReserved, SeatsModule };
