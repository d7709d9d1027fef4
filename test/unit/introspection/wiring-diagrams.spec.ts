import { Wiring, type WiringEntry } from '../../../lib/index.js';
import { largeWiring } from '../../support/large-wiring.js';

describe('a diagram of the wiring', () => {
  it.each([10, 38, 100, 1000, 5000])('of %i messages stays within 500 arrows and 50,000 characters', messages => {
    const chart = largeWiring(messages).toMermaid();
    expect(chart.length).toBeLessThanOrEqual(50_000);
    expect(chart.split('\n').length - 1).toBeLessThanOrEqual(500);
  });

  it('shows up to 40 ways, above that the modules with how many messages of each kind they handle', () => {
    expect(largeWiring(38).toMermaid()).toContain('-->|"Timing → Transaction → AuditMiddleware"|');
    expect(largeWiring(39, 2).toMermaid()).toBe(
      [
        'flowchart LR',
        '  n0["commands"] -->|"7"| n1["Module0"]',
        '  n2["events"] -->|"7"| n1["Module0"]',
        '  n3["queries"] -->|"6"| n1["Module0"]',
        '  n4["events of sagas"] -->|"1"| n1["Module0"]',
        '  n0["commands"] -->|"6"| n5["Module1"]',
        '  n2["events"] -->|"6"| n5["Module1"]',
        '  n3["queries"] -->|"7"| n5["Module1"]',
        '  n6["messages of any kind"] -->|"1"| n7["billing (tcp)"]',
      ].join('\n'),
    );
  });

  /** A way for each name of a message, all of one module. */
  const waysOf = (names: readonly string[]) => {
    const wiring = new Wiring();
    const entry = { kind: 'command', middleware: [], handler: 'Does', module: 'A' } as const;
    wiring.record(names.map(message => ({ ...entry, message })));
    return wiring.toMermaid({ module: 'A' });
  };

  const numbered = (length: number) => Array.from({ length }, (_, i) => `Do${i}`);

  it('shows 500 ways of a part, and counts 501', () => {
    expect(waysOf(numbered(500)).split('\n')).toHaveLength(501);
    expect(waysOf(numbered(501))).toBe('flowchart LR\n  n0["commands"] -->|"501"| n1["Does"]');
  });

  it('shows 50,000 characters of a part, and counts more', () => {
    const names = numbered(400);
    const missing = 50_000 - waysOf(names).length;
    const padded = names.map((name, i) => name.padEnd(name.length + Math.floor((missing + i) / 400), 'x'));
    expect(waysOf(padded)).toHaveLength(50_000);
    expect(waysOf([`${padded[0]}x`, ...padded.slice(1)])).toContain('-->|"400"|');
  });

  it('cuts labels that are longer than 200 characters', () => {
    const shown = (length: number) => /n0\["([^"]+)"\]/.exec(waysOf(['x'.repeat(length)]))![1];
    expect(shown(200)).toBe('x'.repeat(200));
    expect(shown(201)).toBe(`${'x'.repeat(199)}…`);
  });

  it('is of one module, if asked for', () => {
    const chart = largeWiring(1000).toMermaid({ module: 'Module7' });
    expect(chart.split('\n').filter(line => line.includes('-->'))).toHaveLength(40);
    expect(chart).not.toContain('subgraph');
    expect(chart).not.toContain('Module8');
  });

  it('counts for each handler where one module has hundreds of ways', () => {
    const chart = largeWiring(1000, 1).toMermaid({ module: 'Module0' });
    expect(chart).toContain('-->|"84"| n5["Handlers0"]');
    expect(chart).toContain('["672 more"]');
    expect(chart.length).toBeLessThanOrEqual(50_000);
  });

  it('is of one message and what is so many arrows away', () => {
    const wiring = new Wiring();
    const entry = { middleware: [], module: 'OrderModule' };
    wiring.record([
      { ...entry, kind: 'command', message: 'PlaceOrder', handler: 'Orders.place' },
      { ...entry, kind: 'query', message: 'GetOrder', handler: 'Orders.get' },
      { ...entry, kind: 'event', message: 'OrderPlaced', handler: 'Mails.send' },
      { ...entry, kind: 'event', message: 'OrderShipped', handler: 'Mails.send' },
      { ...entry, kind: 'saga', message: 'OrderPlaced, OrderPaid', handler: 'Shipping.go' },
      { ...entry, kind: 'event', message: 'OrderPaid', handler: 'Books.write' },
    ]);
    const of = (message: string, depth?: number) =>
      wiring
        .toMermaid({ message, ...(depth !== undefined && { depth }) })
        .split('\n')
        .filter(line => line.includes('-->'))
        .map(line => line.replace(/^.*--> n\d+\["(.+) \(OrderModule\)"\]$/, '$1'));
    expect(of('PlaceOrder')).toEqual(['Orders.place']);
    expect(of('PlaceOrder', 2)).toEqual(['Orders.place', 'Orders.get']);
    expect(of('OrderPlaced')).toEqual(['Mails.send', 'Shipping.go']);
    expect(of('OrderPlaced', 2)).toEqual(['Mails.send', 'Mails.send', 'Shipping.go', 'Books.write']);
  });

  it('has a frame for each module, and a border for each kind, where there are several', () => {
    const entry = { middleware: [], handler: 'Orders.place' };
    const wiring = new Wiring();
    const diagram = (...entries: WiringEntry[]) => {
      wiring.record(entries);
      return wiring.toMermaid().split('\n').slice(1);
    };
    const place = { ...entry, kind: 'command', message: 'PlaceOrder', module: 'OrderModule' } as const;
    const ship = { ...entry, kind: 'command', message: 'Ship', module: 'OrderModule' } as const;
    const arrows = ['  n0["PlaceOrder"] --> n1["Orders.place (OrderModule)"]'];
    expect(diagram(place)).toEqual(arrows);
    arrows.push('  n2["Ship"] --> n1["Orders.place (OrderModule)"]');
    expect(diagram(place, ship)).toEqual(arrows);
    arrows.push(
      '  n3["Paid"] --> n4["Bills.send (Bill#quot;Module)"]',
      '  n5["Paid"] --> n6["Bills.on (Bill#quot;Module)"]',
    );
    const paid = { ...entry, message: 'Paid', module: 'Bill"Module' };
    const bills = [
      { ...paid, kind: 'event', handler: 'Bills.send' },
      { ...paid, kind: 'saga', handler: 'Bills.on' },
    ] as const;
    expect(diagram(place, ship, ...bills)).toEqual([
      ...arrows,
      '  subgraph m0["OrderModule"]',
      '    n1',
      '  end',
      '  subgraph m1["Bill#quot;Module"]',
      '    n4',
      '    n6',
      '  end',
      '  classDef command stroke:#2563eb,stroke-width:2px',
      '  class n0,n2 command',
      '  classDef event stroke:#d97706,stroke-width:4px',
      '  class n3 event',
      '  classDef saga stroke:#9333ea,stroke-width:2px,stroke-dasharray:2 2',
      '  class n5 saga',
    ]);
  });

  it('has neither where Mermaid would refuse them', () => {
    const charts = Array.from({ length: 100 }, (_, i) => largeWiring(230 + i, 1).toMermaid({ module: 'Module0' }));
    const [decorated, plain, counted] = [
      charts.findIndex(chart => chart.includes('  class ')),
      charts.findIndex(chart => !chart.includes('  class ') && chart.includes('AuditMiddleware')),
      charts.findIndex(chart => !chart.includes('AuditMiddleware')),
    ];
    expect(decorated).toBe(0);
    expect(plain).toBeGreaterThan(decorated);
    expect(counted).toBeGreaterThan(plain);
    expect(Math.max(...charts.map(({ length }) => length))).toBeLessThanOrEqual(50_000);
  });
});
