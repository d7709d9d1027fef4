import type { WiringDocument } from '../../../../lib/index.js';
import { wiringPage } from '../../../../lib/cli/wiring/page.js';

const documentOf = (lists: object): WiringDocument =>
  ({
    schema: 'nestjs-cqrs/wiring@1',
    messages: [],
    pipelines: [],
    sagas: [],
    routes: [],
    queues: [],
    problems: [],
    ...lists,
  }) as unknown as WiringDocument;

const rowsOf = (page: string) => page.match(/<tr><td>.*<\/tr>/g);
const notesOf = (page: string) => page.match(/<li>.*?<\/li>/g) ?? [];

describe('the page of a wiring', () => {
  it('has a row for each message: its ways, sagas, routes and queues', () => {
    const page = wiringPage(
      documentOf({
        messages: [
          { id: 'event:Paid', kind: 'event', name: 'Paid', source: { file: 'src/paid.ts', line: 3 } },
          { id: 'command:Pay', kind: 'command', name: 'Pay' },
        ],
        pipelines: [
          {
            message: 'event:Paid',
            handler: 'Shop/Ledger',
            middleware: [{ id: 'Audit', declaredAt: 'forRoot', because: 'first' }],
          },
          { message: 'event:Paid', handler: 'Shop/Mails', middleware: [] },
        ],
        sagas: [
          { id: 'Shop/Sagas.paid', events: ['event:Paid'] },
          { id: 'Shop/Sagas.all', events: '*' },
          { id: 'Shop/Sagas.sold', events: ['event:Sold'] },
        ],
        routes: [{ message: 'command:Pay', to: 'billing', engine: 'TCP' }],
        queues: [{ name: 'mails', engine: 'pg-boss', messages: ['event:Paid'] }],
      }),
    );
    expect(rowsOf(page)).toEqual([
      '<tr><td>event</td><td><b>Paid</b><br><small>src/paid.ts:3</small></td><td>' +
        '<span title="forRoot: first">Audit</span> → <b>Shop/Ledger</b><br><b>Shop/Mails</b><br>' +
        'saga Shop/Sagas.paid<br>queue mails (pg-boss)</td></tr>',
      '<tr><td>command</td><td><b>Pay</b><br><small></small></td><td>to billing (TCP)</td></tr>',
    ]);
    expect(notesOf(page)).toEqual([]);
    expect(page).not.toContain('<ul>');
  });

  it('says who sent what, where that was observed', () => {
    const messages = [
      { id: 'event:Paid', kind: 'event', name: 'Paid' },
      { id: 'event:Sold', kind: 'event', name: 'Sold' },
    ];
    const links = [
      { from: 'Shop/Pays', to: 'event:Paid', count: 3 },
      { from: 'Shop/Refunds', to: 'event:Paid', count: 1 },
    ];
    const page = wiringPage(documentOf({ messages, observed: { since: '2026-01-01', links } }));
    expect(page).toContain('<td>sent by Shop/Pays (3), Shop/Refunds (1)</td>');
    expect(page).toContain('<td>never seen since 2026-01-01</td>');
  });

  it('begins with mistakes and with what could not be seen', () => {
    const page = wiringPage(
      documentOf({
        problems: [{ code: 'CQRS_X', what: 'It is wrong.', remedy: 'Repair it.' }],
        unseen: [{ provider: 'MAKER', why: 'a factory makes it' }],
      }),
    );
    expect(notesOf(page)).toEqual([
      '<li>It is wrong. Repair it. [CQRS_X]</li>',
      '<li>Not seen: MAKER: a factory makes it</li>',
    ]);
  });

  it('takes no name for HTML, wherever it stands', () => {
    const evil = `<img src=x onerror="alert('1')">&`;
    const page = wiringPage(
      documentOf({
        messages: [{ id: 'm', kind: 'event', name: evil, source: { file: evil, line: 1 } }],
        pipelines: [{ message: 'm', handler: evil, middleware: [{ id: evil, declaredAt: evil, because: evil }] }],
        sagas: [{ id: evil, events: ['m'] }],
        routes: [{ message: 'm', to: evil, engine: evil }],
        queues: [{ name: evil, engine: evil, messages: ['m'] }],
        problems: [{ code: evil, what: evil, remedy: evil }],
        unseen: [{ provider: evil, why: evil }],
        observed: { since: evil, links: [{ from: evil, to: 'm', count: 1 }] },
      }),
    );
    expect(page).not.toContain('<img');
    expect(page).toContain("title=\"&lt;img src=x onerror=&quot;alert('1')&quot;&gt;&amp;: ");
    expect(page.split('&lt;img').length - 1).toBe(17);
  });
});
