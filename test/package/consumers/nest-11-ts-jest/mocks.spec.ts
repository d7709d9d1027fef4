import 'reflect-metadata';
import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { CommandBus, CommandHandler, EventBus, EventPublisher, QueryBus } from 'nestjs-cqrs';
import { COMMAND_HANDLER_METADATA, EVENTS_HANDLER_METADATA } from 'nestjs-cqrs/decorators/constants';
import * as constants from 'nestjs-cqrs/dist/decorators/constants';

// Everything in this file is what tests written for @nestjs/cqrs do, in CommonJS.
jest.mock('nestjs-cqrs', () => {
  const actual = jest.requireActual<typeof import('nestjs-cqrs')>('nestjs-cqrs');
  const automock = jest.createMockFromModule<typeof import('nestjs-cqrs')>('nestjs-cqrs');
  return { ...automock, CommandHandler: actual.CommandHandler, EventsHandler: actual.EventsHandler };
});

@Injectable()
class Service {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly events: EventBus,
  ) {}

  async run() {
    this.events.publish(new Ran());
    return [await this.commands.execute(new Run()), await this.queries.execute(new Ran())];
  }
}
class Run {}
class Ran {}

it('mocks the whole package: its classes, their methods, its decorators', () => {
  const bus = new CommandBus();
  expect(bus).toBeInstanceOf(CommandBus);
  for (const method of [bus.execute, bus.dispatch, new EventBus().publish, new QueryBus().execute])
    expect(jest.isMockFunction(method)).toBe(true);
  expect(bus.execute(new Run())).toBeUndefined();
  expect(bus.execute).toHaveBeenCalledWith(new Run());
  expect(jest.isMockFunction(EventPublisher.prototype.mergeObjectContext)).toBe(true);
});

it('lets a test provide the mocked classes', async () => {
  const module = await Test.createTestingModule({
    providers: [
      Service,
      { provide: CommandBus, useValue: new CommandBus() },
      { provide: QueryBus, useValue: new QueryBus() },
      { provide: EventBus, useValue: new EventBus() },
    ],
  }).compile();
  jest.mocked(module.get(CommandBus).execute).mockResolvedValue('done');
  jest.mocked(module.get(QueryBus).execute).mockResolvedValue('answered');
  await expect(module.get(Service).run()).resolves.toEqual(['done', 'answered']);
  expect(module.get(EventBus).publish).toHaveBeenCalledWith(new Ran());
});

it('lets a test read what decorators have left on classes', () => {
  @CommandHandler(Run)
  class RunHandler {
    execute() {
      return Promise.resolve();
    }
  }
  expect(Reflect.getMetadata(COMMAND_HANDLER_METADATA, RunHandler)).toBe(Run);
  expect(constants.EVENTS_HANDLER_METADATA).toBe(EVENTS_HANDLER_METADATA);
});
