import { tracingChannel } from 'node:diagnostics_channel';
import { Command, CommandHandler, CqrsModule } from 'nestjs-cqrs';
import type { ChannelMessage } from 'nestjs-cqrs/extension';
import { start } from '../../support/application.js';

class Charge extends Command<string> {}

class Payments {
  @CommandHandler(Charge)
  charge(): never {
    throw new Error('The card is refused.');
  }
}

const failures = { count: (_labels: object): void => undefined };

// #region subscribe
const dispatches = tracingChannel<ChannelMessage, ChannelMessage>('nestjs-cqrs:dispatch');

const count = (told: unknown): void => {
  const { kind, name, handler } = told as ChannelMessage;
  failures.count({ kind, name, handler });
};
dispatches.error.subscribe(count);
// #endregion subscribe

afterAll(() => dispatches.error.unsubscribe(count));

it('the guide on channels counts failures', async () => {
  const counted: object[] = [];
  failures.count = labels => void counted.push(labels);
  const { commands } = await start({ imports: [CqrsModule.forRoot()], providers: [Payments] });
  await expect(commands.execute(new Charge())).rejects.toThrow('refused');
  expect(counted).toEqual([{ kind: 'command', name: 'Charge', handler: 'Payments.charge' }]);
});
