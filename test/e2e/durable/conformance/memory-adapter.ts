import type { DurableTransport } from 'nestjs-cqrs/extension';
import { MemoryTransport, type DurableConformanceAdapter } from 'nestjs-cqrs/testing';

/**
 * Processes in this process, and virtual time.
 * @param change of each transport
 */
export function memoryAdapter(
  change: (transport: DurableTransport) => DurableTransport = transport => transport,
  options: { readonly lease?: number } = {},
): DurableConformanceAdapter & { readonly engine: MemoryTransport } {
  const lease = options.lease ?? 5_000;
  const engine = new MemoryTransport({ lease, grace: 10 });
  return {
    engine,
    name: 'memory',
    features: engine.features,
    lease,
    scheduleRun: 60_000,
    transport: async () => change(engine.another()),
    wait: milliseconds => engine.clock.advance(milliseconds),
    now: () => engine.clock.now.getTime(),
    begin: async () => engine.begin(),
  };
}
