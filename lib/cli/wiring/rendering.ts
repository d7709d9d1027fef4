import type { Observed, Wiring, WiringDocument, WiringEntry } from '../../index.js';
import { paintedWiring, type Paint } from './colours.js';
import { wiringPage } from './page.js';

/** What is shown, and how. */
export interface Rendering {
  readonly format: 'text' | 'json' | 'mermaid' | 'html';
  readonly module: string | undefined;
  readonly message: string | undefined;
  readonly observed: Observed | undefined;
}

export function rendered(
  wiring: Wiring,
  document: WiringDocument,
  { format, module, message, observed }: Rendering,
  paint: Paint,
): string {
  switch (format) {
    case 'json':
      return JSON.stringify(document, undefined, 2);
    case 'html':
      return wiringPage(document);
    case 'mermaid':
      return wiring.toMermaid({
        observed,
        ...(module !== undefined && { module }),
        ...(message !== undefined && { message, depth: 2 }),
      });
    case 'text':
      return paintedWiring(part(wiring, { module, message, observed }) || 'No messages are handled.', paint);
  }
}

/** A map of the modules, and a file for each. */
export const renderedFiles = (
  wiring: Wiring,
  { modules }: WiringDocument,
  { observed }: Rendering,
): [name: string, text: string][] => [
  ['index.mmd', wiring.toMermaid({ observed })],
  ...[...new Set(modules.map(({ name }) => name))].map((name): [string, string] => [
    `${name.replace(/[^\p{L}\p{N}_.-]/gu, '_')}.mmd`,
    wiring.toMermaid({ module: name, observed }),
  ]),
];

function part(wiring: Wiring, { module, message, observed }: Omit<Rendering, 'format'>): string {
  if (module === undefined && message === undefined) return wiring.toText({ notProvided: true, observed });
  const only = (entry: WiringEntry) =>
    (module === undefined || entry.module === module) &&
    (message === undefined || entry.message.split(', ').includes(message));
  return wiring.toText({ observed, only });
}
