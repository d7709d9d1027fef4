import type { WiringDocument } from '../../../../lib/index.js';
import { remarksOn } from '../../../../lib/cli/wiring/remarks.js';

const paint = (style: unknown, text: string) => `<${String(style)}>${text}</>`;

const remarks = (document: object) => remarksOn({ problems: [], ...document } as unknown as WiringDocument, paint);

const problem = { code: 'CQRS_X', what: 'It is wrong.', remedy: 'Repair it.' };
const maker = { provider: 'MAKER', why: 'a factory makes it' };

describe('remarks on a wiring', () => {
  it('are none if all is well and seen', () => {
    expect(remarks({})).toBe('');
    expect(remarks({ unseen: [] })).toBe('');
  });

  it('tell each mistake: what, where, what to do, and its code', () => {
    expect(remarks({ problems: [problem] })).toBe(
      '<bold>The wiring has 1 problem:</>\n  <red>It is wrong.</> Repair it. [CQRS_X]',
    );
    expect(remarks({ problems: [problem, { ...problem, where: 'Shop' }] })).toBe(
      [
        '<bold>The wiring has 2 problems:</>',
        '  <red>It is wrong.</> Repair it. [CQRS_X]',
        '  <red>It is wrong.</> Where: Shop. Repair it. [CQRS_X]',
      ].join('\n'),
    );
  });

  it('tell what could not be seen, after the mistakes', () => {
    expect(
      remarks({ problems: [problem], unseen: [maker] })
        .split('\n')
        .slice(2),
    ).toEqual([
      '<bold>INCOMPLETE: without instances, 1 provider could not be seen. --instantiate shows all.</>',
      '  <yellow>MAKER</>: a factory makes it',
    ]);
    expect(remarks({ unseen: [maker, maker] })).toMatch(/^<bold>INCOMPLETE: without instances, 2 providers could/);
  });
});
