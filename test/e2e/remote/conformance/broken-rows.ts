import { filter, map, NEVER, Observable, of, throwError } from 'rxjs';
import { TransportException, type RemoteTransport, type ReplyFrame, type RequestFrame } from 'nestjs-cqrs/extension';
import { MemoryRemote, serveConformance, type RemoteConformanceAdapter } from 'nestjs-cqrs/testing';
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

/** Answers such frames as if a handler had run. */
const answering = (isSuch: (frame: RequestFrame) => boolean): Breakage =>
  sending(request => (pattern, frame) => (isSuch(frame) ? of({ ok: true }) : request(pattern, frame)));

const A_HOSTILE = /^a hostile frame/;

/** How an adapter is broken, and the cases that tell: each has such a name. */
export const BROKEN: readonly (readonly [how: string, breakage: Breakage, ...told: RegExp[]])[] = [
  ['more is promised than it does', promisesLess, /^client and server have/],
  ['results are lost', replies(reply => ('ok' in reply && reply.ok ? { ok: true } : reply)), /^a result is revived/],
  ['failures lose their fields', failures(error => without(error, 'fields')), /^a failure of a known class/],
  [
    'long results are cut',
    replies(reply =>
      'ok' in reply && reply.ok && typeof reply.value === 'string' && reply.value.length > 100_000
        ? { ...reply, value: reply.value.slice(0, 100_000) }
        : reply,
    ),
    /^closing/,
  ],
  ['a server does not wait for what runs', stopsAtOnce, /^closing/],
  [
    'stacks travel',
    failures(error => ({ ...error, message: `${error.message} at framedError (server-handlers.js)` })),
    /^a failure of an unknown class/,
  ],
  [
    'failures lose their class',
    failures(({ message }) => ({ name: 'Error', message })),
    /^an HttpException/,
    /^a failure of an unknown class/,
    /^a failure of a known class/,
    /^a hostile frame/,
  ],
  ['answers meet the wrong callers', sending(swapped), /^128 messages at once/],
  ['headers are lost', frames(frame => withHeaders(frame, {})), /^context, headers/],
  [
    'all headers travel',
    frames(frame => withHeaders(frame, { ...frame.envelope.meta.headers, 'conformance-secret': 's-2' })),
    /^in-process headers/,
  ],
  ['the limit is lost', frames(frame => without(frame, 'timeout')), /^the time limit shrinks/],
  ['the end is lost', frames(frame => without(frame, 'expires')), /^a stale request/],
  [
    'what has an end is refused',
    frames(frame => (frame.expires === undefined ? frame : { ...frame, expires: 1 })),
    /^a stale request/,
  ],
  [
    'short messages are not sent',
    sending(request => (pattern, frame) => (pattern.endsWith('.brief.ask') ? NEVER : request(pattern, frame))),
    /^an answer that does not come/,
  ],
  ['a late answer is told as "not-handled"', sending(toldAsNotHandled), /^an answer that does not come/],
  ['it is silent where nobody listens', sending(silentWithoutServer), /^no server is there/],
  ['a first failure is kept', sending(failureKept), /^a server that starts later/],
  ['what is not exposed is answered', sending(unknownAnswered), /^a message that is not exposed/],
  [
    'hostile frames are not answered',
    sending(request => (pattern, frame) => (isWhole(frame) ? request(pattern, frame) : NEVER)),
    /^a hostile frame/,
  ],
  ['numbers are answered', answering(frame => typeof frame === 'number'), A_HOSTILE],
  ['texts are answered', answering(frame => typeof frame === 'string'), A_HOSTILE],
  ['lists are answered', answering(frame => Array.isArray(frame)), A_HOSTILE],
  ['nothing is answered', answering(frame => !Array.isArray(frame) && isOfFields(frame, '')), A_HOSTILE],
  ['a kind alone is answered', answering(frame => isOfFields(frame, 'kind')), A_HOSTILE],
  ['another kind is answered', answering(({ kind }) => kind === 'command'), A_HOSTILE],
  [
    'unknown names are answered',
    answering(frame => isOfFields(frame, 'kind,envelope') && frame.envelope.meta.name.endsWith('.unheard')),
    A_HOSTILE,
  ],
  ['times before now are answered', answering(({ timeout }) => timeout === -1), A_HOSTILE],
  ['too many rows are answered', answering(({ rows }) => rows?.credit === 1e9), A_HOSTILE],
  ['a hostile frame ends it', endsAfterHostile, A_HOSTILE],
  [
    'refusals look like failures of handlers',
    replies(reply => without(reply as ReplyFrame & { refused?: true }, 'refused') as ReplyFrame),
    /^closing/,
    /^a hostile frame/,
  ],
  ['every request is sent twice', sending(sentTwice), /^two servers share the load/, /^a server that is killed/],
  ['commands stay with one server', sending(commandsStay), /^two servers share the load/],
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
    /^a slow reader/,
  ],
  ['a source does not learn of its reader', sending(request => request, { mute: true }), /^a reader that stops early/],
  [
    'the source is given all credit',
    frames(frame => (frame.rows === undefined ? frame : { ...frame, rows: { ...frame.rows, credit: 1024 } })),
    /^a slow reader/,
  ],
  [
    'rows before a failure are lost',
    sending(request => (pattern, frame) => request(pattern, frame).pipe(filter(reply => !('rows' in reply)))),
    /^a failure in the middle of rows/,
  ],
  [
    'rows lose their class',
    replies(reply =>
      'rows' in reply ? { ...reply, rows: reply.rows.map(row => ({ ...(row as object), price: 1 })) } : reply,
    ),
    /^rows arrive in order/,
  ],
  ['rows that fail look complete', sending(rowsNeverFail), /^a failure in the middle of rows/],
  ['requests stay with the first server', staysWithFirst, /^a server that is killed/],
  ['a rejection is left alone', leavesRejection, /^no promise was rejected/],
];

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

const isOfFields = (frame: object, fields: string): boolean =>
  typeof frame === 'object' && frame !== null && Object.keys(frame).join() === fields;

/** For those who ask it for an echo. */
function endsAfterHostile(adapter: RemoteConformanceAdapter): RemoteConformanceAdapter {
  let hasEnded = false;
  const breakage = sending(request => (pattern, frame) => {
    if (!isWhole(frame)) hasEnded = true;
    const isOver = hasEnded && pattern.endsWith('.echo');
    return isOver ? throwError(() => new TransportException('not-handled', 'has ended')) : request(pattern, frame);
  });
  return breakage(adapter);
}

/** Servers take turns: each second one is passed over. */
function commandsStay(request: Request): Request {
  return (pattern, frame) => {
    if (frame.kind === 'command') request('none', frame).subscribe({ error: () => undefined });
    return request(pattern, frame);
  };
}

/** Says at once that it has stopped. */
function stopsAtOnce(adapter: RemoteConformanceAdapter): RemoteConformanceAdapter {
  return {
    ...adapter,
    startServer: async note => {
      const { tell } = await adapter.startServer(note);
      return {
        tell: order => {
          if (order.order === 'stop') note({ what: 'stopped', key: order.key });
          tell(order);
        },
      };
    },
  };
}

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
