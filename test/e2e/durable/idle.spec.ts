import { Injectable, Module, type OnApplicationBootstrap } from '@nestjs/common';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  Durable,
  Message,
  Queues,
  schedule,
  Schedules,
} from '../../../lib/index.js';
import { idleApplication } from '../../../lib/extension.js';
import { MemoryTransport } from '../../../lib/testing/index.js';

@Durable()
@Message({ name: 'mails.send' })
class SendMail extends Command {}

const handled: object[] = [];

@Injectable()
class Mails implements OnApplicationBootstrap {
  constructor(private readonly commands: CommandBus) {}

  async onApplicationBootstrap() {
    await this.commands.enqueue(new SendMail());
  }

  @CommandHandler(SendMail)
  send(mail: SendMail) {
    handled.push(mail);
  }
}

describe('idleApplication()', () => {
  it('starts the application, which takes in no stored message and sets no schedule', async () => {
    const transport = new MemoryTransport();
    const schedules = [schedule('nightly', new SendMail(), { cron: '0 3 * * *' })];
    @Module({ imports: [CqrsModule.forRoot({ durable: { transport, schedules } })], providers: [Mails] })
    class AppModule {}
    const app = await idleApplication(AppModule, { logger: false });
    await transport.settled();
    const [state] = await app.get(Queues, { strict: false }).list();
    expect(state).toMatchObject({ queue: 'mails.send', ready: 1, active: 0, dead: 0 });
    expect(await app.get(Schedules, { strict: false }).list()).toEqual([]);
    expect(handled).toEqual([]);
    await app.close();
  });
});
