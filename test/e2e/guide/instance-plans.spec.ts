import { Scope } from '@nestjs/common';
import { Command, CommandHandler, CqrsModule } from 'nestjs-cqrs';
import { start } from '../../support/application.js';

class Ping extends Command<string> {}

describe('docs/instance-plans.md', () => {
  it('plans can be turned off', async () => {
    let isCalled = false;
    @CommandHandler(Ping, { scope: Scope.REQUEST })
    class PingHandler {
      async execute() {
        isCalled = true;
        return 'pong';
      }
    }
    // #region off
    const module = CqrsModule.forRoot({ instancePlans: false });
    // #endregion
    const { commands } = await start({ imports: [module], providers: [PingHandler] });
    const answer = commands.execute(new Ping());
    expect(isCalled).toBe(false);
    expect(await answer).toBe('pong');
  });
});
