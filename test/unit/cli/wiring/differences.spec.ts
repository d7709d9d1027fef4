import type { WiringDocument } from '../../../../lib/index.js';
import { differences } from '../../../../lib/cli/wiring/differences.js';

/** A document with some lists. */
const documentOf = (lists: object): WiringDocument =>
  ({ schema: 'nestjs-cqrs/wiring@1', library: 'nestjs-cqrs', complete: true, ...lists }) as unknown as WiringDocument;

const changesOf = (before: object, now: object) => differences(documentOf(before), documentOf(now));

const layer = (id: string, because = 'in the order of the list') => ({ id, declaredAt: 'forRoot', because });
const pipeline = (...middleware: object[]) => ({
  pipelines: [{ message: 'command:Pay', handler: 'Pays', middleware }],
});

describe('the difference of two documents', () => {
  it.each<[list: string, word: string, item: object, name: string]>([
    ['modules', 'module', { id: 'Shop' }, 'Shop'],
    ['messages', 'message', { id: 'command:Pay' }, 'command:Pay'],
    ['handlers', 'handler', { id: 'Shop/Pays' }, 'Shop/Pays'],
    ['middleware', 'middleware', { id: 'Audit' }, 'Audit'],
    ['pipelines', 'pipeline', { message: 'command:Pay', handler: 'Shop/Pays' }, 'command:Pay → Shop/Pays'],
    ['sagas', 'saga', { id: 'Shop/Sagas.pay' }, 'Shop/Sagas.pay'],
    ['routes', 'route', { message: 'billing.*', to: 'billing' }, 'billing.* → billing'],
    ['exposures', 'exposure', { server: 'orders' }, 'orders'],
    ['queues', 'queue', { name: 'mails' }, 'mails'],
    ['schedules', 'schedule', { name: 'nightly' }, 'nightly'],
    ['problems', 'problem', { code: 'CQRS_X', what: 'It is wrong.' }, 'CQRS_X: It is wrong.'],
    ['unseen', 'unseen', { provider: 'MAKER' }, 'MAKER'],
  ])('%s: what is new, gone or changed', (list, word, item, name) => {
    expect(changesOf({}, { [list]: [item] })).toEqual([`  + ${word} ${name}`]);
    expect(changesOf({ [list]: [item] }, { [list]: [] })).toEqual([`  - ${word} ${name}`]);
    expect(changesOf({ [list]: [{ ...item, more: 1 }] }, { [list]: [{ ...item, more: 2 }] })).toEqual([
      `  ~ ${word} ${name}`,
      '      more: 1 → 2',
    ]);
    expect(changesOf({ [list]: [item] }, { [list]: [item] })).toEqual([]);
  });

  it('in the order of names; several of one name are numbered', () => {
    const before = {
      exposures: [
        { server: 'b', messages: ['x'] },
        { server: 'b', messages: ['y'] },
      ],
    };
    const now = { exposures: [{ server: 'c' }, { server: 'b', messages: ['x'] }, { server: 'a' }] };
    expect(changesOf(before, now)).toEqual(['  + exposure a', '  - exposure b (1)', '  + exposure c']);
  });

  it('tells the file of what is new or gone, and a move to another file; lines do not count', () => {
    const at = (file: string, line: number) => ({ messages: [{ id: 'command:Pay', source: { file, line } }] });
    expect(changesOf({}, at('a.ts', 1))).toEqual(['  + message command:Pay   a.ts']);
    expect(changesOf(at('a.ts', 1), {})).toEqual(['  - message command:Pay   a.ts']);
    expect(changesOf(at('a.ts', 1), at('a.ts', 2))).toEqual([]);
    expect(changesOf(at('a.ts', 1), at('b.ts', 1))).toEqual(['  ~ message command:Pay', '      source: a.ts → b.ts']);
  });

  it('tells each field that differs, also one that is new or gone', () => {
    const message = (more: object) => ({ messages: [{ id: 'command:Pay', kind: 'command', ...more }] });
    expect(changesOf(message({ bases: [], rows: true }), message({ bases: ['Base'], schema: 'zod' }))).toEqual([
      '  ~ message command:Pay',
      '      bases: none → ["Base"]',
      '      rows: true → none',
      '      schema: none → zod',
    ]);
  });

  it('names the middleware of a way; with its reasons where the names are the same', () => {
    expect(changesOf(pipeline(layer('Audit'), layer('Retry')), pipeline(layer('Audit')))).toEqual([
      '  ~ pipeline command:Pay → Pays',
      '      middleware: Audit, Retry → Audit',
    ]);
    expect(changesOf(pipeline(layer('Audit')), pipeline())).toEqual([
      '  ~ pipeline command:Pay → Pays',
      '      middleware: Audit → none',
    ]);
    expect(changesOf(pipeline(layer('Audit')), pipeline(layer('Audit', 'another')))).toEqual([
      '  ~ pipeline command:Pay → Pays',
      `      middleware: ${JSON.stringify([layer('Audit')])} → ${JSON.stringify([layer('Audit', 'another')])}`,
    ]);
  });

  it('shows as they are lists of anything else, and values that are no lists', () => {
    const saga = (events: unknown) => ({ sagas: [{ id: 'Sagas.pay', events }] });
    const lines = (before: unknown, now: unknown) => changesOf(saga(before), saga(now)).at(-1)?.trim();
    expect(lines('*', ['event:Paid'])).toBe('events: * → ["event:Paid"]');
    expect(lines([null], [{ id: 'a' }])).toBe('events: [null] → [{"id":"a"}]');
    expect(lines([layer('a'), 1], { id: 'a' })).toBe(`events: [${JSON.stringify(layer('a'))},1] → {"id":"a"}`);
    expect(lines([], [1])).toBe('events: none → [1]');
  });
});
