import { map, NEVER, Observable, of, throwError } from 'rxjs';
import { TransportException, type RemoteTransport, type ReplyFrame, type RequestFrame } from 'nestjs-cqrs/extension';
import { MemoryRemote, remoteConformance, serveConformance, type RemoteConformanceAdapter } from 'nestjs-cqrs/testing';
import { memoryAdapter } from './memory-adapter.js';

type Request = RemoteTransport['request'];
type Breakage = (adapter: RemoteConformanceAdapter) => RemoteConformanceAdapter;

/** Replaces how requests are sent; `mute` drops what cancels them, and asks for rows. */
const sending =
  (change: (request: Request) => Request, { mute = false } = {}): Breakage =>
  () =>
    memoryAdapter(transport => {
      const request = change((pattern, frame) => transport.request(pattern, frame));
      return { ...transport, request, ...(mute && { emit: async () => undefined }) };
    });

const replies = (change: (reply: ReplyFrame) => ReplyFrame): Breakage =>
  sending(request => (pattern, frame) => request(pattern, frame).pipe(map(change)));

const frames = (change: (frame: RequestFrame) => object, options = {}): Breakage =>
  sending(request => (pattern, frame) => request(pattern, change(frame) as RequestFrame), options);

const failures = (change: (error: Extract<ReplyFrame, { ok: false }>['error']) => object): Breakage =>
  replies(reply =>
    'ok' in reply && !reply.ok ? { ...reply, error: change(reply.error) as typeof reply.error } : reply,
  );

const without = <T extends object>(object: T, ...keys: (keyof T)[]): object =>
  Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key as keyof T)));

const withHeaders = (frame: RequestFrame, headers: Readonly<Record<string, unknown>>): RequestFrame => {
  const { envelope } = frame;
  return { ...frame, envelope: { ...envelope, meta: { ...envelope.meta, headers } } };
};

/** How an adapter is broken, and the case that tells. */
const BROKEN: readonly (readonly [how: string, breakage: Breakage, told: RegExp])[] = [
  ['more is promised than it does', promisesLess, /^client and server have/],
  ['results are lost', replies(reply => ('ok' in reply && reply.ok ? { ok: true } : reply)), /^a result is revived/],
  ['failures lose their fields', failures(error => without(error, 'fields')), /^a failure of a known class/],
  [
    'stacks travel',
    failures(error => ({ ...error, message: `${error.message} at framedError (server-handlers.js)` })),
    /^a failure of an unknown class/,
  ],
  ['failures lose their class', failures(({ message }) => ({ name: 'Error', message })), /^an HttpException/],
  ['answers meet the wrong callers', sending(swapped), /^128 messages at once/],
  ['headers are lost', frames(frame => withHeaders(frame, {})), /^context, headers/],
  [
    'all headers travel',
    frames(frame => withHeaders(frame, { ...frame.envelope.meta.headers, 'conformance-secret': 's-2' })),
    /^in-process headers/,
  ],
  ['the limit is lost', frames(frame => without(frame, 'timeout')), /^the time limit shrinks/],
  ['the end is lost', frames(frame => without(frame, 'expires')), /^a stale request/],
  ['a late answer is told as "not-handled"', sending(toldAsNotHandled), /^an answer that does not come/],
  ['it is silent where nobody listens', sending(silentWithoutServer), /^no server is there/],
  ['a first failure is kept', sending(failureKept), /^a server that starts later/],
  ['what is not exposed is answered', sending(unknownAnswered), /^a message that is not exposed/],
  [
    'hostile frames are not answered',
    sending(request => (pattern, frame) => (isWhole(frame) ? request(pattern, frame) : NEVER)),
    /^a hostile frame/,
  ],
  [
    'refusals look like failures of handlers',
    replies(reply => without(reply as ReplyFrame & { refused?: true }, 'refused') as ReplyFrame),
    /^closing/,
  ],
  ['every request is sent twice', sending(sentTwice), /^two servers share the load/],
  ['an event is not waited for', sending(eventNotAwaited), /^an event reaches/],
  ['nothing can be cancelled', sending(request => request, { mute: true }), /^cancelled by its signal/],
  [
    'neither limits nor cancelling arrive',
    frames(frame => without(frame, 'timeout'), { mute: true }),
    /^cancelled by its time limit/,
  ],
  [
    'handlers outlive their caller',
    frames(frame => without(frame, 'timeout'), { mute: true }),
    /^the process of the caller/,
  ],
  [
    'rows arrive in another order',
    replies(reply => ('rows' in reply ? { ...reply, rows: reply.rows.toReversed() } : reply)),
    /^rows arrive in order/,
  ],
  ['a source does not learn of its reader', sending(request => request, { mute: true }), /^a reader that stops early/],
  [
    'the source is given all credit',
    frames(frame => (frame.rows === undefined ? frame : { ...frame, rows: { ...frame.rows, credit: 1024 } })),
    /^a slow reader/,
  ],
  ['rows that fail look complete', sending(rowsNeverFail), /^a failure in the middle of rows/],
  ['requests stay with the first server', staysWithFirst, /^a server that is killed/],
  ['a rejection is left alone', leavesRejection, /^no promise was rejected/],
];

describe('the conformance suite', () => {
  for (const [how, breakage, told] of BROKEN)
    it(`tells that ${how}`, async () => {
      const { cases, close } = remoteConformance({ ...breakage(memoryAdapter()), patience: 700 });
      const found = cases.filter(({ name }) => told.test(name));
      expect(found).toHaveLength(1);
      const failure = await found[0]!.run().catch((error: unknown) => error);
      expect(failure).toBeDefined();
      await close().catch(() => undefined);
    });

  it('has a broken adapter for each case of an adapter with all features', () => {
    const { cases } = remoteConformance(memoryAdapter());
    const needed = cases.filter(({ skipped }) => skipped === undefined).map(({ name }) => name);
    expect(needed.filter(name => !BROKEN.some(([, , told]) => told.test(name)))).toEqual([]);
    expect(BROKEN).toHaveLength(needed.length);
  });
});

function promisesLess(adapter: RemoteConformanceAdapter): RemoteConformanceAdapter {
  return { ...adapter, features: { ...adapter.features, tellsNobodyListens: false } };
}

/** Two queries that come one after the other get the answers of each other. */
function swapped(request: Request): Request {
  let waiting: { readonly ask: () => Observable<ReplyFrame>; readonly answer: (of: Observable<ReplyFrame>) => void };
  let isWaiting = false;
  return (pattern, frame) => {
    const ask = () => request(pattern, frame);
    if (!pattern.endsWith('.echo')) return ask();
    return new Observable(subscriber => {
      const answer = (replies: Observable<ReplyFrame>) => void replies.subscribe(subscriber);
      isWaiting = !isWaiting;
      if (isWaiting) return void (waiting = { ask, answer });
      answer(waiting.ask());
      waiting.answer(ask());
    });
  };
}

function toldAsNotHandled(request: Request): Request {
  return (pattern, frame) =>
    new Observable(subscriber => {
      const fail = () => subscriber.error(new TransportException('not-handled', 'is late'));
      const timer = setTimeout(fail, 100);
      return request(pattern, frame)
        .subscribe(subscriber)
        .add(() => clearTimeout(timer));
    });
}

function silentWithoutServer(request: Request): Request {
  return (pattern, frame) =>
    new Observable(subscriber =>
      request(pattern, frame).subscribe({
        next: reply => subscriber.next(reply),
        complete: () => subscriber.complete(),
        error: () => undefined,
      }),
    );
}

function failureKept(request: Request): Request {
  let failure: unknown;
  return (pattern, frame) =>
    new Observable(subscriber => {
      const replies = failure === undefined ? request(pattern, frame) : throwError(() => failure);
      return replies.subscribe({
        next: reply => subscriber.next(reply),
        complete: () => subscriber.complete(),
        error: error => subscriber.error((failure = error)),
      });
    });
}

function unknownAnswered(request: Request): Request {
  return (pattern, frame) => (pattern.endsWith('.hidden') ? of({ ok: true }) : request(pattern, frame));
}

const isWhole = (frame: unknown): boolean => typeof frame === 'object' && frame !== null && 'envelope' in frame;

function sentTwice(request: Request): Request {
  return (pattern, frame) => {
    request(pattern, frame).subscribe();
    return request(pattern, frame);
  };
}

function eventNotAwaited(request: Request): Request {
  return (pattern, frame) => {
    if (frame.kind !== 'event') return request(pattern, frame);
    request(pattern, frame).subscribe();
    return of({ ok: true });
  };
}

function rowsNeverFail(request: Request): Request {
  return (pattern, frame) => {
    const replies = request(pattern, frame);
    if (frame.rows === undefined) return replies;
    return replies.pipe(map(reply => ('ok' in reply ? { ok: true } : reply)));
  };
}

function staysWithFirst(adapter: RemoteConformanceAdapter): RemoteConformanceAdapter {
  const [first, other] = [new MemoryRemote('conformance'), new MemoryRemote('other')];
  let started = 0;
  return {
    ...adapter,
    transport: () => first.transport(),
    startServer: note => serveConformance((started++ === 0 ? first : other).server(), note),
  };
}

function leavesRejection(adapter: RemoteConformanceAdapter): RemoteConformanceAdapter {
  return {
    ...adapter,
    startServer: note => {
      note({ what: 'rejection', key: 'server', detail: 'Error: left alone' });
      return adapter.startServer(note);
    },
  };
}
