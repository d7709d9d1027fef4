import { Wiring, type WiringEntry } from '../../../lib/index.js';
import { throughJSON } from '../../support/json.js';

const entries: WiringEntry[] = [
  { kind: 'event', message: 'UserCreated', middleware: [], handler: 'WelcomeMail', module: 'MailModule' },
  {
    kind: 'command',
    message: 'CreateUser',
    middleware: ['Audit', 'Transaction'],
    handler: 'CreateUserHandler',
    module: 'UsersModule',
  },
  { kind: 'query', message: 'GetUser', middleware: [], handler: 'function for GetUser' },
  { kind: 'saga', message: '*', middleware: [], handler: 'Sagas.welcome', module: 'MailModule' },
  { kind: 'command', message: 'Add', middleware: ['Audit'], handler: 'Sums.add', module: 'UsersModule' },
];

function wiringOf(recorded: WiringEntry[]): Wiring {
  const wiring = new Wiring();
  wiring.record(recorded);
  return wiring;
}

describe('the wiring', () => {
  it('is empty until it was recorded', () => {
    const wiring = new Wiring();
    expect(wiring.entries).toEqual([]);
    expect(wiring.toText()).toBe('');
    expect(wiring.toMermaid()).toBe('flowchart LR');
    expect(JSON.stringify(wiring)).toBe('[]');
  });

  it.each([
    ['that was not recorded', () => new Wiring()],
    ['recorded as entries alone', () => wiringOf(entries)],
  ])('%s knows no message by itself', (_how, make) => {
    class Refund {}
    const wiring = make();
    expect(wiring.explain('Refund')).toBe('"Refund" is not the name of a message or handler of this application.');
    expect(wiring.explain(Refund).split('\n').slice(1)).toEqual(['  handled by   nothing']);
    const { library, complete, messages, handlers, queues, problems, unseen } = wiring.document();
    expect({ library, complete, messages, handlers, queues, problems, unseen }).toEqual({
      library: 'nestjs-cqrs',
      complete: true,
      messages: [],
      handlers: [],
      queues: [],
      problems: [],
    });
  });

  it('is data: one entry a way, in the order recorded, replaced as a whole', () => {
    const wiring = wiringOf(entries);
    expect(wiring.entries).toEqual(entries);
    expect(throughJSON(wiring)).toEqual(entries);
    wiring.record([]);
    expect(wiring.entries).toEqual([]);
  });

  it('is a text: by kind, one line a way, names in a column', () => {
    const text = [
      'Commands',
      '  CreateUser → Audit → Transaction → CreateUserHandler (UsersModule)',
      '  Add        → Audit → Sums.add (UsersModule)',
      'Queries',
      '  GetUser → function for GetUser',
      'Events',
      '  UserCreated → WelcomeMail (MailModule)',
      'Sagas',
      '  * → Sagas.welcome (MailModule)',
    ].join('\n');
    expect(wiringOf(entries).toText()).toBe(text);
    expect(String(wiringOf(entries))).toBe(text);
  });

  it('says where messages go that leave the process; built-in middleware of contexts only if asked for', () => {
    const middleware = ['propagateToRows', 'propagateContext', 'Audit'];
    const wiring = wiringOf([
      { kind: 'any', message: 'billing.*', middleware: [], handler: 'billing', transport: 'tcp' },
      { kind: 'query', message: 'GetUsers', middleware, handler: 'Users.all', queue: 'q', exposed: ['a', 'b'] },
    ]);
    const all = (around: string) =>
      `Queries\n  GetUsers → ${around} → Users.all, queue q, exposed on a, b\nElsewhere\n  billing.* → billing (tcp)`;
    expect(wiring.toText()).toBe(all('Audit'));
    expect(wiring.toText({ propagation: true })).toBe(all(middleware.join(' → ')));
  });

  it('is a diagram: an arrow for each way, a node for each message and each handler, whatever is in a name', () => {
    const wiring = wiringOf([
      entries[1]!,
      entries[4]!,
      { kind: 'query', message: 'Odd"Name', middleware: [], handler: 'Sums.add', module: 'UsersModule' },
      { kind: 'event', message: 'Add', middleware: ['"quoted"'], handler: 'x' },
      { kind: 'event', message: 'Saved<User>', middleware: ['two\nlines'], handler: '`#1 & <b>`' },
    ]);
    expect(wiring.toMermaid()).toBe(
      [
        'flowchart LR',
        '  n0["CreateUser"] -->|"Audit → Transaction"| n1["CreateUserHandler (UsersModule)"]',
        '  n2["Add"] -->|"Audit"| n3["Sums.add (UsersModule)"]',
        '  n4["Odd#quot;Name"] --> n3["Sums.add (UsersModule)"]',
        '  n5["Add"] -->|"#quot;quoted#quot;"| n6["x"]',
        '  n7["Saved#lt;User#gt;"] -->|"two lines"| n8["#96;#35;1 #amp; #lt;b#gt;#96;"]',
        '  subgraph m0["UsersModule"]',
        '    n1',
        '    n3',
        '  end',
        '  subgraph m1["functions"]',
        '    n6',
        '    n8',
        '  end',
        '  classDef command stroke:#2563eb,stroke-width:2px',
        '  class n0,n2 command',
        '  classDef query stroke:#16a34a,stroke-width:2px,stroke-dasharray:6 3',
        '  class n4 query',
        '  classDef event stroke:#d97706,stroke-width:4px',
        '  class n5,n7 event',
      ].join('\n'),
    );
  });
});
