import { Observable } from 'rxjs';
import {
  TransportException,
  type RemoteFeatures,
  type RemoteServer,
  type RemoteTransport,
} from 'nestjs-cqrs/extension';
import {
  MemoryRemote,
  remoteConformance,
  serveConformance,
  type ConformanceNote,
  type RemoteConformanceAdapter,
} from 'nestjs-cqrs/testing';
import { testConformance } from './cases.js';
import { memoryAdapter } from './memory-adapter.js';

const FEATURES: RemoteFeatures = {
  sharesLoad: false,
  manyReplies: false,
  addressable: false,
  tellsNobodyListens: false,
};

const serverOf = (remote: MemoryRemote): RemoteServer =>
  Object.assign(Object.create(remote.server()) as RemoteServer, { features: FEATURES });

/** What broadcasts, answers once, and needs a moment until a new server is known. */
function plainAdapter(): RemoteConformanceAdapter {
  const remote = new MemoryRemote('conformance');
  let unknown = 0;
  const transport = (): RemoteTransport => {
    const real = remote.transport();
    const request: RemoteTransport['request'] = (pattern, frame) =>
      pattern.endsWith('.echo') && unknown-- > 0
        ? new Observable(subscriber => subscriber.error(new TransportException('unknown', 'is not known yet')))
        : real.request(pattern, frame);
    return { ...real, features: FEATURES, request };
  };
  const startServer: RemoteConformanceAdapter['startServer'] = async note => {
    const served = await serveConformance(serverOf(remote), note);
    unknown = 2;
    return served;
  };
  return { name: 'plain', features: FEATURES, severalServers: false, transport, startServer };
}

describe('an engine that can do little conforms', () => {
  testConformance(plainAdapter());
});

describe('the conformance suite', () => {
  const reasonsOf = (adapter: RemoteConformanceAdapter): string[] => [
    ...new Set(remoteConformance(adapter).cases.flatMap(({ skipped }) => skipped ?? [])),
  ];

  it('skips what an adapter does not promise, and says why', () => {
    expect(reasonsOf(plainAdapter()).toSorted()).toEqual([
      'the adapter starts no callers',
      'without the feature addressable',
      'without the feature sharesLoad',
      'without the feature tellsNobodyListens',
    ]);
    expect(reasonsOf({ ...memoryAdapter(), severalServers: false })).toEqual([
      'with the features that rows need',
      'the adapter runs one server',
      'with the feature sharesLoad',
    ]);
  });

  it('rejects if the server cannot listen, and watches rejections no more', async () => {
    const watched = process.listenerCount('unhandledRejection');
    const notes: ConformanceNote[] = [];
    const listen = () => Promise.reject(new Error('the address is in use'));
    const server = Object.assign(serverOf(new MemoryRemote()), { listen });
    await expect(serveConformance(server, note => notes.push(note))).rejects.toThrow('the address is in use');
    expect([notes, process.listenerCount('unhandledRejection')]).toEqual([[], watched]);
  });
});
