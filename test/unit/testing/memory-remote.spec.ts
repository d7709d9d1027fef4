import { lastValueFrom, NEVER, Observable, of, toArray } from 'rxjs';
import { TransportException } from '../../../lib/errors/transport.exception.js';
import { MemoryRemote } from '../../../lib/testing/index.js';
import type { ReplyFrame, RequestFrame } from '../../../lib/transport/frame.js';
import type { Endpoint, RemoteTransport, ServingApplication } from '../../../lib/transport/remote-transport.js';

const application: ServingApplication = { drain: async () => undefined };

const frame = {
  kind: 'command',
  envelope: { payload: { at: new Date(0), none: undefined } },
} as unknown as RequestFrame;

const endpoint = (pattern: string, handle: Endpoint['handle']): Endpoint => ({ pattern, to: 'one', handle });

/** Answers with a name. */
const naming = (pattern: string, name: string): Endpoint =>
  endpoint(pattern, () => of({ ok: true, value: name } as const));

async function listening(remote: MemoryRemote, ...endpoints: Endpoint[]) {
  const server = remote.server();
  server.serve(endpoints, application);
  await server.listen!();
  return server;
}

const answers = (transport: RemoteTransport, pattern = 'p'): Promise<ReplyFrame[]> =>
  lastValueFrom(transport.request(pattern, frame).pipe(toArray()));

const values = async (transport: RemoteTransport, times: number): Promise<unknown[]> => {
  const all: unknown[] = [];
  for (let i = 0; i < times; i++)
    all.push(...(await answers(transport)).map(reply => 'ok' in reply && reply.ok && reply.value));
  return all;
};

const FEATURES = { sharesLoad: true, manyReplies: true, addressable: true, tellsNobodyListens: true };

describe('A service in this process', () => {
  it('has a name, on both sides, and can do everything', () => {
    for (const [remote, name] of [
      [new MemoryRemote(), 'memory'],
      [new MemoryRemote('billing'), 'billing'],
    ] as const)
      for (const side of [remote.transport(), remote.server()])
        expect({ name: side.name, engine: side.engine, features: side.features }).toEqual({
          name,
          engine: 'memory',
          features: FEATURES,
        });
  });

  it('carries frames as JSON, both ways', async () => {
    const remote = new MemoryRemote();
    const seen: unknown[] = [];
    await listening(
      remote,
      endpoint('p', given => {
        seen.push(given);
        return of({ ok: true, value: { at: new Date(1), none: undefined } } as const);
      }),
    );
    const [reply] = await answers(remote.transport());
    expect(seen).toStrictEqual([{ kind: 'command', envelope: { payload: { at: '1970-01-01T00:00:00.000Z' } } }]);
    expect(reply).toStrictEqual({ ok: true, value: { at: '1970-01-01T00:00:00.001Z' } });
  });

  it('sends a request when it is subscribed to, and gives every reply', async () => {
    const remote = new MemoryRemote();
    let asked = 0;
    await listening(
      remote,
      endpoint('p', () => {
        asked += 1;
        return of({ rows: [1], from: 0 }, { rows: [2], from: 1 }, { ok: true } as const);
      }),
    );
    const request = remote.transport().request('p', frame);
    expect(asked).toBe(0);
    expect(await lastValueFrom(request.pipe(toArray()))).toEqual([
      { rows: [1], from: 0 },
      { rows: [2], from: 1 },
      { ok: true },
    ]);
    expect(asked).toBe(1);
  });

  it('lets go of a request that is left', async () => {
    const remote = new MemoryRemote();
    let isLeft = false;
    await listening(
      remote,
      endpoint('p', () => new Observable<never>(() => () => void (isLeft = true))),
    );
    const asking = remote.transport().request('p', frame).subscribe();
    expect(isLeft).toBe(false);
    asking.unsubscribe();
    expect(isLeft).toBe(true);
  });

  it.each([
    ['is not listening', async () => new MemoryRemote()],
    [
      'does not expose it',
      async () => {
        const remote = new MemoryRemote();
        await listening(remote, naming('other', 'x'));
        return remote;
      },
    ],
  ])('says that it %s', async (why, made) => {
    const remote = await made();
    const failure = await answers(remote.transport()).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TransportException);
    expect(failure).toMatchObject({ outcome: 'not-handled', why });
  });

  it('listens no sooner than its server does, and no longer', async () => {
    const remote = new MemoryRemote();
    const server = remote.server();
    server.serve([naming('p', 'first')], application);
    await expect(answers(remote.transport())).rejects.toMatchObject({ why: 'is not listening' });
    await server.listen!();
    expect(await values(remote.transport(), 1)).toEqual(['first']);
    await server.close!();
    await expect(answers(remote.transport())).rejects.toMatchObject({ why: 'is not listening' });
  });

  it('lets its servers take turns', async () => {
    const remote = new MemoryRemote();
    const [first] = [await listening(remote, naming('p', 'first')), await listening(remote, naming('p', 'second'))];
    expect(await values(remote.transport(), 4)).toEqual(['first', 'second', 'first', 'second']);
    await first.close!();
    await first.close!();
    expect(await values(remote.transport(), 2)).toEqual(['second', 'second']);
  });

  it('does not close another server with one that has never listened', async () => {
    const remote = new MemoryRemote();
    await listening(remote, naming('p', 'first'));
    await remote.server().close!();
    expect(await values(remote.transport(), 1)).toEqual(['first']);
  });

  it('gives a control frame to every server that has its pattern', async () => {
    const remote = new MemoryRemote();
    const seen: unknown[] = [];
    const taking = (pattern: string, name: string) =>
      endpoint(pattern, given => {
        seen.push([name, given]);
        return NEVER;
      });
    await listening(remote, taking('p', 'first'));
    await listening(remote, taking('other', 'second'));
    await listening(remote, taking('p', 'third'));
    expect(await remote.transport().emit!('p', { call: 'c1', rows: undefined } as never)).toBeUndefined();
    expect(seen).toStrictEqual([
      ['first', { call: 'c1' }],
      ['third', { call: 'c1' }],
    ]);
  });
});
