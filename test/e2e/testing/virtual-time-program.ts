// Jest has copies of Node's modules, which this test needs as they are.
import 'reflect-metadata';
import { setTimeout as delay } from 'node:timers/promises';
import { Test } from '@nestjs/testing';
import { Command, CommandBus, CqrsModule } from '../../../lib/index.js';
import { track, virtualTime } from '../../../lib/testing/index.js';

class Wait extends Command<string> {}
class Waited extends Command {}

const module = await Test.createTestingModule({ imports: [CqrsModule.forRoot()] })

  .compile();
await module.init();
const commands = module.get(CommandBus);
commands.register(Waited, () => undefined);
commands.register(Wait, () => {
  void delay(86_400_000, 'a day').then(() => commands.execute(new Waited()));
  return 'waits';
});

const clock = virtualTime();
const flow = await track(module).execute(new Wait());
const before = [flow.executed.length, flow.pendingTimers];
const aborted = await delay(5, undefined, { signal: AbortSignal.abort() }).catch(({ name }: Error) => name);
await clock.advance('1d');
const [, waited] = flow.executed;
clock.restore();
const { length } = flow.executed;
process.stdout.write(
  JSON.stringify({
    before,
    length,
    cause: waited?.cause?.message.constructor.name,
    aborted,
    real: await delay(1, 'real'),
  }),
);
await module.close();
