import { Controller, Inject, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Command, CommandBus, CommandHandler, CqrsModule, Event, EventBus, EventsHandler } from 'nestjs-cqrs';

// An HTTP application whose handlers go on after the answer, until the process is told to end; prints what happens.

class Work extends Command {}
class Worked extends Event {}

const say = (text: string) => process.stdout.write(`${text}\n`);

let signalled: () => void;
const signal = new Promise<void>(resolve => (signalled = resolve));
const afterwards = () => signal.then(() => new Promise(resolve => setTimeout(resolve, 20)));

@Controller()
class WorkController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(EventBus) private readonly events: EventBus,
  ) {}

  @Post()
  start() {
    void this.commands.dispatch(new Work());
    void this.events.publish(new Worked());
  }

  @CommandHandler(Work)
  async work() {
    await afterwards();
    say('command handled');
  }

  @EventsHandler(Worked)
  async onWorked() {
    await afterwards();
    say('event handled');
    if (process.env.HANGS) await new Promise(() => undefined);
  }
}

@Module({ imports: [CqrsModule.forRoot({ shutdown: { timeout: 300 } })], controllers: [WorkController] })
class AppModule {
  beforeApplicationShutdown() {
    say('closing');
  }
}

const app = await NestFactory.create(AppModule, { logger: false });
app.enableShutdownHooks();
process.once('SIGTERM', () => signalled());
await app.listen(0, '127.0.0.1');
say(await app.getUrl());
