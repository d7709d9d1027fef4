import { Wiring, type WiringEntry } from '../../lib/index.js';

/** A wiring of any size, with long names and quotes in them. */
export function largeWiring(messages: number, modules = 25): Wiring {
  const entries = Array.from({ length: messages }, (_, i): WiringEntry => {
    const name = `Message${i}WithALongAndTelling"Name"`;
    return {
      kind: (['command', 'query', 'event'] as const)[i % 3]!,
      message: name,
      middleware: ['Timing', 'Transaction', 'AuditMiddleware'],
      handler: i % 4 === 0 ? `Handlers${i % modules}.on${i}` : `${name}Handler`,
      module: `Module${i % modules}`,
    };
  });
  const wiring = new Wiring();
  wiring.record([
    ...entries,
    {
      kind: 'saga',
      message: `${entries[2]!.message}, ${entries[5]!.message}`,
      middleware: [],
      handler: 'Sagas.go',
      module: 'Module0',
    },
    { kind: 'any', message: 'billing.*', middleware: [], handler: 'billing', transport: 'tcp' },
  ]);
  return wiring;
}
