import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  MessageContext,
  type MessageType,
} from '../../../lib/index.js';
import { observe, type Probe } from '../../../lib/extension.js';
import { testApp } from '../../../lib/testing/index.js';

class Outer extends Command<string> {}
class Inner extends Command<string> {}

class Handlers {
  constructor(private readonly commands: CommandBus) {}

  @CommandHandler(Outer)
  async outer() {
    return this.commands.execute(new Inner());
  }

  @CommandHandler(Inner)
  inner() {
    return `${MessageContext.current().type.name} of ${MessageContext.current().parent?.type.name}`;
  }
}

/** Sleeps when it is told to. */
class Sleeper implements Probe {
  isSleeping = true;
  readonly seen: [MessageType, MessageType | undefined][] = [];

  isAsleep(): boolean {
    return this.isSleeping;
  }

  wrap: NonNullable<Probe['wrap']> =
    ({ at }, run) =>
    (message, context) => {
      if (at === 'dispatch') this.seen.push([context.type, context.parent?.type]);
      return run(message, context);
    };
}

it('a probe that sleeps leaves contexts of propagateContext as they are, and sees them when it is awake', async () => {
  const app = await testApp({
    imports: [CqrsModule.forRoot({ propagateContext: true })],
    providers: [{ provide: Handlers, useFactory: (bus: CommandBus) => new Handlers(bus), inject: [CommandBus] }],
  });
  const probe = new Sleeper();
  observe(app, probe);
  const answers: string[] = [];
  for (const isSleeping of [true, false, true]) {
    probe.isSleeping = isSleeping;
    answers.push(await app.get(CommandBus).execute(new Outer()));
  }
  expect(answers).toEqual(['Inner of Outer', 'Inner of Outer', 'Inner of Outer']);
  expect(probe.seen).toEqual([
    [Outer, undefined],
    [Inner, Outer],
  ]);
  await app.close();
});
