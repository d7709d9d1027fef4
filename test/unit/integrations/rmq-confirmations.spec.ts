import { jest } from '@jest/globals';
import { RmqConfirmations } from '../../../lib/integrations/microservices/rmq-confirmations.js';
import { UnsentReplies } from '../../../lib/integrations/microservices/unsent-replies.js';
import { pending } from '../../support/waiting.js';
import { turns, watched } from '../transport/peer.js';

beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] }));
afterEach(() => void jest.useRealTimers());

/** A server of RabbitMQ whose broker confirms when the test says so. */
function server() {
  const sent: unknown[][] = [];
  const confirmations: ReturnType<typeof pending>[] = [];
  const channel = {
    prefix: 'to',
    sendToQueue(...given: unknown[]): Promise<unknown> {
      sent.push([this.prefix, ...given]);
      const confirmation = pending();
      confirmations.push(confirmation);
      return confirmation.promise;
    },
  };
  const made = { channel };
  const unsent = new UnsentReplies();
  return { made, channel, sent, confirmations, unsent, replies: new RmqConfirmations(made, unsent) };
}

describe('The replies of a RabbitMQ server', () => {
  it('are sent as before', async () => {
    const { channel, sent, confirmations, replies } = server();
    replies.watch();
    const reply = channel.sendToQueue('queue', 'content', { persistent: true });
    expect(sent).toEqual([['to', 'queue', 'content', { persistent: true }]]);
    confirmations[0]!.fail();
    await expect(reply).rejects.toThrow('late');
  });

  it.each(['finish', 'fail'] as const)('are awaited until the broker has answered, however (%s)', async end => {
    const { channel, confirmations, unsent, replies } = server();
    replies.watch();
    channel.sendToQueue('first').catch(() => undefined);
    channel.sendToQueue('second').catch(() => undefined);
    const confirmed = watched(unsent.sent());
    confirmations[0]![end]();
    await turns();
    expect(confirmed.isSettled).toBe(false);
    confirmations[1]![end]();
    await turns();
    expect([confirmed.isSettled, jest.getTimerCount()]).toEqual([true, 0]);
  });

  it('are awaited for a second at most', async () => {
    const { channel, unsent, replies } = server();
    replies.watch();
    void channel.sendToQueue('first');
    const confirmed = watched(unsent.sent());
    jest.advanceTimersByTime(999);
    await turns();
    expect(confirmed.isSettled).toBe(false);
    jest.advanceTimersByTime(1);
    await turns();
    expect(confirmed.isSettled).toBe(true);
  });

  it('are watched once on each channel, also on that of a new connection', async () => {
    const { made, channel, replies } = server();
    replies.watch();
    const { sendToQueue } = channel;
    replies.watch();
    expect(channel.sendToQueue).toBe(sendToQueue);
    const other = server().channel;
    const before = other.sendToQueue;
    made.channel = other;
    replies.watch();
    expect(other.sendToQueue).not.toBe(before);
  });

  it.each([{}, { channel: null }, { channel: {} }, { channel: { sendToQueue: 5 } }])(
    'are nothing of a server like %j',
    async given => {
      const unsent = new UnsentReplies();
      new RmqConfirmations(given, unsent).watch();
      expect(await unsent.sent()).toBeUndefined();
      expect(jest.getTimerCount()).toBe(0);
    },
  );
});
