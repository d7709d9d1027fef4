import { AsyncLocalStorage } from 'node:async_hooks';
import { jest } from '@jest/globals';
import { Command, CommandBus, ContextOrigin, Event, EventBus, type MessageContext } from '../../../lib/index.js';
import { observe } from '../../../lib/extension.js';
import { LinkCounts } from '../../../lib/introspection/link-counts.js';
import { LinkProbe, nameOfSender } from '../../../lib/introspection/link-probe.js';
import { quietLog } from '../../support/quiet-log.js';
import { pending } from '../../support/waiting.js';

class Work extends Command<void> {}
class Done extends Event {}

function watched() {
  const counts = new LinkCounts();
  const probe = new LinkProbe(counts);
  const [commands, events] = [new CommandBus(), new EventBus()];
  const stops = [observe(commands, probe), observe(events, probe)];
  const end = (): void => {
    for (const stop of stops) stop();
    probe.end();
  };
  const links = () =>
    counts.all.flatMap(({ type, senders }) =>
      Array.from(senders, ([sender, count]) => `${nameOfSender(sender)} → ${type.name}: ${count}`),
    );
  return { end, commands, events, links };
}

describe('LinkProbe', () => {
  it('takes the sender that the origin of a chain names, by module where it has one, else outside', async () => {
    const { commands, links } = watched();
    commands.register(Work, () => Promise.resolve());
    const by = (name: string, module?: string) =>
      commands.execute(new Work(), { context: new ContextOrigin({ sentBy: { name, module } }) });
    await by('Cron');
    await by('Cron');
    await by('Cron', 'JobsModule');
    await commands.execute(new Work());
    expect(links()).toEqual(['Cron → Work: 2', 'JobsModule/Cron → Work: 1', 'outside → Work: 1']);
  });

  it('leaves no storage to what runs on when it has ended', async () => {
    const disable = jest.spyOn(AsyncLocalStorage.prototype, 'disable');
    const { end, commands } = watched();
    commands.register(Work, () => Promise.resolve());
    await commands.execute(new Work());
    end();
    expect(disable).toHaveBeenCalledTimes(1);
  });

  it('finds the handler that sends, without a context', async () => {
    const { commands, events, links } = watched();
    commands.register(Work, async () => {
      await Promise.resolve();
      await events.publish(new Done());
    });
    await commands.execute(new Work());
    expect(links()).toEqual(['outside → Work: 1', expect.stringMatching(/^(?!outside).+ → Done: 1$/)]);
  });

  it('counts nothing that is sent after its end, and lets what runs go on', async () => {
    const { end, commands, events, links } = watched();
    const { promise, finish } = pending();
    const seen: MessageContext[] = [];
    events.register(Done, (_event: Done, context: MessageContext) => void seen.push(context));
    commands.register(Work, async () => {
      await promise;
      await events.publish(new Done());
    });
    const running = commands.execute(new Work());
    end();
    finish();
    await running;
    await commands.execute(new Work());
    expect(seen).toHaveLength(2);
    expect(links()).toEqual(['outside → Work: 1']);
  });

  it('does not count what is no event, and does not fail of it', async () => {
    const { error } = quietLog();
    const { events, links } = watched();
    await expect(events.publish('done' as never)).rejects.toThrow('not a string');
    const failures = error.mock.calls.filter(([told]) => String(told).includes('A probe failed'));
    expect([links(), failures]).toEqual([[], []]);
  });
});
