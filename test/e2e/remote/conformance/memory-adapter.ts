import { MemoryRemote, serveConformance, type RemoteConformanceAdapter } from 'nestjs-cqrs/testing';

/** Client and servers in this process. */
export function memoryAdapter(): RemoteConformanceAdapter {
  const remote = new MemoryRemote('conformance');
  return {
    name: 'memory',
    features: remote.transport().features,
    transport: () => remote.transport(),
    startServer: note => serveConformance(remote.server(), note),
  };
}
