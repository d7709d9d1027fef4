import { CommandBus, CqrsModule, EventBus, QueryBus, UnhandledExceptionBus } from 'nestjs-cqrs';

jest.mock('nestjs-cqrs');

it('is mocked by jest.mock alone', () => {
  const execute = jest.spyOn(new CommandBus(), 'execute').mockResolvedValue('mocked');
  expect(jest.isMockFunction(execute)).toBe(true);
  expect(jest.isMockFunction(CqrsModule.forRoot)).toBe(true);
  for (const bus of [new EventBus(), new QueryBus(), new UnhandledExceptionBus()])
    expect(jest.isMockFunction(bus.subscribe)).toBe(true);
});
