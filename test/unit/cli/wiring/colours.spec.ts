import { paintedExplanation, paintedWiring, paintFor } from '../../../../lib/cli/wiring/colours.js';

const paint = (style: unknown, text: string) => `<${String(style)}>${text}</>`;

describe('the colours of a terminal', () => {
  it('are used only if it shows them', () => {
    expect(paintFor(true)('bold', 'a')).toBe('\u001B[1ma\u001B[22m');
    expect(paintFor(false)('bold', 'a')).toBe('a');
    expect(paintFor(undefined)('bold', 'a')).toBe('a');
  });

  it('set off the headings and arrows of a wiring', () => {
    expect(paintedWiring('Commands\n  Pay → Audit → PayHandler', paint)).toBe(
      '<bold>Commands</>\n  Pay<dim> → </>Audit<dim> → </>PayHandler',
    );
  });

  it('set off the heading and places of an explanation', () => {
    const text = 'command Pay   src/pay.ts:1\n  handled by   PayHandler   src/pay.handler.ts:12\n  routes   none';
    expect(paintedExplanation(text, paint)).toBe(
      [
        '<bold>command Pay</><dim>   src/pay.ts:1</>',
        '  handled by   PayHandler<dim>   src/pay.handler.ts:12</>',
        '  routes   none<dim></>',
      ].join('\n'),
    );
  });
});
