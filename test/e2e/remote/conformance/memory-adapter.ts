import { Observable, Subscription } from 'rxjs';
import type { RemoteTransport } from 'nestjs-cqrs/extension';
import {
  callConformance,
  MemoryRemote,
  serveConformance,
  type ConformanceProcess,
  type NoteTaker,
  type RemoteConformanceAdapter,
} from 'nestjs-cqrs/testing';

/**
 * Client and servers in this process.
 * @param change of the clients
 */
export function memoryAdapter(
  change: (transport: RemoteTransport) => RemoteTransport = transport => transport,
): RemoteConformanceAdapter {
  const remote = new MemoryRemote('conformance');
  const transport = () => change(remote.transport());
  return {
    name: 'memory',
    features: remote.transport().features,
    transport,
    startServer: note => serveConformance(remote.server(), note),
    startCaller: note => startCaller(transport(), note),
  };
}

/** When it is killed, nothing comes from it any more. */
async function startCaller(transport: RemoteTransport, note: NoteTaker): Promise<ConformanceProcess> {
  const requests = new Subscription();
  const { tell, stopped } = await callConformance(
    {
      ...transport,
      request: (pattern, frame) =>
        new Observable(subscriber => void requests.add(transport.request(pattern, frame).subscribe(subscriber))),
      emit: async (pattern, frame) => (requests.closed ? undefined : transport.emit?.(pattern, frame)),
    },
    note,
  );
  const kill = () => {
    requests.unsubscribe();
    tell({ order: 'stop', key: 'caller' });
    return stopped;
  };
  return { tell, kill };
}
