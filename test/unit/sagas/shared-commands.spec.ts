import { CommandBus } from '../../../lib/buses/command-bus.js';
import type { MessageContext } from '../../../lib/context/message-context.js';
import { quietLog } from '../../support/quiet-log.js';
import { soon } from '../../support/waiting.js';
import { Paid, Ship, Stage } from './stage.js';

beforeEach(() => quietLog());

/** Asks for the cause of a command when it has done its own work. */
class Slow extends CommandBus {
  override async execute(...given: Parameters<CommandBus['execute']>): Promise<any> {
    await soon();
    return super.execute(...given);
  }
}

describe('One instance that a saga sends for several events', () => {
  it('has the cause of each, although the bus is still at work on the first', async () => {
    const commands = new Slow();
    const contexts: MessageContext[] = [];
    commands.register(Ship, (_command, context) => void contexts.push(context));
    const command = new Ship('shared');
    const stage = new Stage({ commands: commands as never }).start(() => command, [Paid]);
    for (const messageId of ['m1', 'm2', 'm3']) void stage.events.publish(new Paid(messageId), { messageId });
    expect(await stage.runner.runningWork.drain(1_000)).toEqual([]);
    expect(contexts.map(({ causationId }) => causationId).toSorted()).toEqual(['m1', 'm2', 'm3']);
    await commands.execute(command);
    expect(contexts[3]!.causationId).toBeUndefined();
  });

  it('is reported each time it fails, with its event as the cause', async () => {
    const commands = new Slow();
    commands.register(Ship, () => {
      throw new Error('no ship');
    });
    const command = new Ship('shared');
    const stage = new Stage({ commands: commands as never }).start(() => command, [Paid]);
    stage.pay('1', '2');
    await stage.runner.runningWork.drain(1_000);
    expect(stage.reported).toEqual([
      ['no ship', command],
      ['no ship', command],
    ]);
  });
});

describe('A command that is a revoked proxy', () => {
  it('is reported, counted to its end, and holds up nothing', async () => {
    const { proxy, revoke } = Proxy.revocable(new Ship('revoked'), {});
    revoke();
    const stage = new Stage({ concurrency: 1 }).start(({ order }: Paid) => [proxy, new Ship(order)], [Paid]);
    stage.pay('1');
    expect(await stage.runner.runningWork.drain(1_000)).toEqual([]);
    expect(stage.shipped).toEqual(['1']);
    expect(stage.failures).toHaveLength(1);
  });
});
