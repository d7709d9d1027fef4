import { AsyncLocalStorage } from 'node:async_hooks';
import type { ModuleMetadata } from '@nestjs/common';
import { Command, CommandHandler, CqrsModule, DeadLetters, Durable, Message } from '../../../lib/index.js';
import { MemoryTransport } from '../../../lib/testing/index.js';
import { start } from '../../support/application.js';
import { escaped } from '../../support/escaped-rejections.js';
import { quietLog } from '../../support/quiet-log.js';

const started = async (providers: ModuleMetadata['providers']) => {
  const transport = new MemoryTransport();
  const application = await start({ imports: [CqrsModule.forRoot({ durable: { transport } })], providers });
  return { ...application, transport, letters: application.app.get(DeadLetters) };
};

/** Node tells rejections without a handler after a turn of the event loop. */
const turns = () => new Promise(resolve => setTimeout(resolve, 5));

describe('functions of a durable message that do not keep to their types', () => {
  it('retryIf that is asynchronous: the message is tried again, and no rejection escapes', async () => {
    const { error } = quietLog();
    @Durable({ retry: { limit: 1, delay: 1 }, retryIf: (() => Promise.reject(new Error('late'))) as never })
    @Message({ name: 'odd.retry' })
    class Retried extends Command {}
    class Handlers {
      @CommandHandler(Retried)
      run(): void {
        throw new Error('failed');
      }
    }
    const { commands, transport, letters } = await started([Handlers]);
    await commands.enqueue(new Retried());
    await transport.clock.advance(1000);
    await turns();
    expect(await letters.list()).toMatchObject([{ attempts: 2 }]);
    expect(escaped).toEqual([]);
    expect(error.mock.calls.flat().join()).toContain('it returned a promise, not true or false');
  });

  it('key that is asynchronous: the command is refused, and no rejection escapes', async () => {
    @Durable({ key: (() => Promise.reject(new Error('late'))) as never })
    @Message({ name: 'odd.key' })
    class Keyed extends Command {}
    class Handlers {
      @CommandHandler(Keyed)
      run(): void {}
    }
    const { commands } = await started([Handlers]);
    await expect(commands.enqueue(new Keyed())).rejects.toMatchObject({ code: 'CQRS_INVALID_KEY' });
    await turns();
    expect(escaped).toEqual([]);
  });

  it('a handler that enters a store of AsyncLocalStorage: the next one does not see it', async () => {
    const storage = new AsyncLocalStorage<number>();
    const stores: unknown[] = [];
    @Durable()
    @Message({ name: 'odd.enter' })
    class Entered extends Command {
      constructor(readonly tenant: number) {
        super();
      }
    }
    class Handlers {
      @CommandHandler(Entered)
      run({ tenant }: Entered): void {
        stores.push(storage.getStore());
        storage.enterWith(tenant);
      }
    }
    const { commands, transport } = await started([Handlers]);
    await commands.enqueueAll([1, 2, 3].map(tenant => new Entered(tenant)));
    await transport.settled();
    expect(stores).toEqual([undefined, undefined, undefined]);
  });
});
