import { of, Subject, throwError } from 'rxjs';
import { Logger } from '@nestjs/common';
import { jest } from '@jest/globals';
import { handleRejections } from '../../../lib/integrations/microservices/redis-rejections.js';
import { UnsentReplies } from '../../../lib/integrations/microservices/unsent-replies.js';
import { watchWriting } from '../../../lib/integrations/microservices/watch-writing.js';
import { escaped } from '../../support/escaped-rejections.js';
import { pending, quiet } from '../../support/waiting.js';
import { watched } from '../transport/peer.js';

type Server = Required<Parameters<typeof watchWriting>[0]>;
type Respond = Parameters<Server['send']>[1];

/** A server that gives the requests of the test to what `watchWriting` made of it. */
function server() {
  let respond: Respond = () => undefined;
  const made = {
    send(this: unknown, replies: Parameters<Server['send']>[0], given: Respond) {
      expect(this).toBe(made);
      respond = given;
      return replies.subscribe({ error: () => undefined });
    },
  };
  const unsent = new UnsentReplies();
  watchWriting(made, unsent);
  return { made, unsent, respond: (packet: Parameters<Respond>[0]) => respond(packet) };
}

afterEach(() => void jest.restoreAllMocks());

describe('The answer of a request', () => {
  it.each([of('answer'), throwError(() => new Error('failed'))])('is unsent until it is written', async replies => {
    const { made, unsent, respond } = server();
    const writing = pending();
    const packets: unknown[] = [];
    made.send(replies, packet => (packets.push(packet), writing.promise));
    const sent = watched(unsent.sent());
    void respond({ response: 'an earlier reply' });
    await quiet();
    expect(sent.isSettled).toBe(false);
    const last = respond({ response: 'answer', isDisposed: true });
    await quiet();
    expect(sent.isSettled).toBe(false);
    writing.finish();
    await last;
    await quiet();
    expect(sent.isSettled).toBe(true);
    expect(packets).toEqual([{ response: 'an earlier reply' }, { response: 'answer', isDisposed: true }]);
  });

  it('is not awaited while its handler runs', async () => {
    const { made, unsent } = server();
    made.send(new Subject(), () => undefined);
    expect(await unsent.sent()).toBeUndefined();
  });

  it('that cannot be written is logged, and no longer awaited', async () => {
    const log = jest.spyOn(Logger.prototype, 'error').mockReturnValue();
    const { made, unsent, respond } = server();
    const failure = new Error('gone');
    made.send(of('answer'), () => Promise.reject(failure));
    await respond({ response: 'answer', isDisposed: true });
    await unsent.sent();
    expect(log.mock.calls).toEqual([[failure]]);
  });

  it('of a server without send() is nothing', () => {
    const made: Parameters<typeof watchWriting>[0] = {};
    watchWriting(made, new UnsentReplies());
    expect(made).toEqual({});
  });
});

describe('Commands of Redis whose promises Nest drops', () => {
  it.each(['publish', 'unsubscribe'] as const)(
    '%s: a failure ends no process, and is that of a caller who awaits it',
    async name => {
      const failure = new Error('Connection is closed.');
      const client = { [name]: jest.fn<(...given: unknown[]) => Promise<void>>().mockRejectedValue(failure) };
      const before = client[name]!;
      const other = {};
      handleRejections([client, other]);
      expect(other).toEqual({});
      const sent = client[name]!('channel', 'text');
      await quiet();
      expect(escaped).toEqual([]);
      await expect(sent).rejects.toBe(failure);
      expect(before.mock.calls).toEqual([['channel', 'text']]);
      const watchedOnce = client[name];
      handleRejections([client]);
      expect(client[name]).toBe(watchedOnce);
    },
  );

  it.each([undefined, {}, 5])('of a client that is not Redis (%j) are nothing', given => {
    expect(() => handleRejections(given)).not.toThrow();
  });
});
