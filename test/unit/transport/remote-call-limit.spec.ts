import { Observable } from 'rxjs';
import type { ReplyFrame, RequestFrame } from '../../../lib/transport/frame.js';
import { callRemote, type OutgoingCall } from '../../../lib/transport/remote-call.js';

const LIMIT = 20;

const features = { sharesLoad: true, manyReplies: true, addressable: true, tellsNobodyListens: true };

/** @param answerAfter milliseconds, in which the process does nothing else */
const call = (name: string, answerAfter: number): OutgoingCall => ({
  transport: {
    name: 'billing',
    engine: 'test',
    features,
    request: () =>
      new Observable<ReplyFrame>(subscriber => {
        const answer = () => {
          const start = performance.now();
          while (performance.now() - start < answerAfter);
          subscriber.next({ ok: false, error: { name, message: 'as the other process says it' } });
        };
        setTimeout(answer, 1);
      }),
  },
  pattern: 'cqrs.query.charge',
  frame: { kind: 'query' } as RequestFrame,
  limit: LIMIT,
  signal: undefined,
  tooLate: () => new Error('too late'),
});

describe('A call whose limit the other process notices first', () => {
  it('fails as if the caller had noticed', async () => {
    await expect(callRemote(call('DispatchTimeoutException', LIMIT))).rejects.toThrow('too late');
  });

  it('gets another failure as it is', async () => {
    expect(await callRemote(call('RangeError', LIMIT))).toMatchObject({ ok: false, error: { name: 'RangeError' } });
  });

  it('gets the failure of a shorter limit of the other process as it is', async () => {
    const answer = await callRemote({ ...call('DispatchTimeoutException', 0), limit: 60_000 });
    expect(answer).toMatchObject({ ok: false, error: { name: 'DispatchTimeoutException' } });
  });
});
