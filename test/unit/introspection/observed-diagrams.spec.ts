import type { WiringDocument } from '../../../lib/index.js';
import { Senders } from '../../../lib/introspection/senders.js';
import { wiringMermaid } from '../../../lib/introspection/wiring-mermaid.js';

const numbers = Array.from({ length: 30 }, (_, i) => i);

const entries = numbers.map(i => ({
  kind: 'command' as const,
  message: `Do${i}`,
  middleware: [],
  handler: `Does${i}`,
  module: 'AppModule',
}));

const document = {
  modules: [{ id: 'AppModule', name: 'AppModule' }],
  messages: numbers.map(i => ({ id: `command:Do${i}`, kind: 'command', name: `Do${i}`, bases: [] })),
  handlers: numbers.map(i => ({ id: `AppModule/Does${i}`, name: `Does${i}`, module: 'AppModule' })),
  sagas: [],
} as unknown as WiringDocument;

/** Each of so many handlers sends each message. */
const diagram = (senders: number) => {
  const links = numbers
    .slice(0, senders)
    .flatMap(i => numbers.map(j => ({ from: `AppModule/Does${i}`, to: `command:Do${j}`, count: 2 })));
  return wiringMermaid(entries, {}, new Senders(document, { since: '2026-01-01', links }))
    .split('\n')
    .slice(1);
};

const isDashed = (line: string) => line.includes('-.->|"2"|');

describe('A diagram of what was observed', () => {
  it('has a dashed arrow for each link', () => {
    expect(diagram(15).filter(isDashed)).toHaveLength(450);
  });

  it('shows the ways alone where Mermaid would refuse the arrows', () => {
    expect(diagram(16)).toEqual(diagram(0));
    expect(diagram(0)).toHaveLength(30);
  });
});
