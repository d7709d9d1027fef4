import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { type Browser, chromium, type Page } from 'playwright-core';
import { Wiring } from '../../../lib/index.js';
import { largeWiring } from '../../support/large-wiring.js';

jest.setTimeout(120_000);

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
if (!executablePath && process.env['CQRS_REQUIRE_SERVICES'] === '1') throw new Error('Chromium is not installed.');
const inChromium = executablePath ? describe : describe.skip;

/** The script of a page. */
declare const mermaid: {
  initialize(options: object): void;
  render(id: string, text: string): Promise<{ readonly svg: string }>;
};
declare const document: {
  readonly body: { innerHTML: string };
  querySelectorAll(selector: string): Iterable<{ readonly textContent: string }>;
};

inChromium('Mermaid, with its limits as they are by default', () => {
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox', '--disable-gpu'] });
    page = await browser.newPage();
    await page.addScriptTag({ path: join(import.meta.dirname, '../../../node_modules/mermaid/dist/mermaid.min.js') });
  });

  afterAll(() => browser.close());

  const drawn = (text: string) =>
    page.evaluate(async diagram => {
      mermaid.initialize({ startOnLoad: false });
      const { svg } = await mermaid.render('diagram', diagram);
      return svg;
    }, text);

  it.each([10, 100, 1000])('draws the wiring of %i messages', async messages => {
    const svg = await drawn(largeWiring(messages).toMermaid());
    expect(svg).toMatch(/^<svg .*flowchart/s);
    expect(svg).toContain(messages === 10 ? 'Message0WithALongAndTelling' : 'Module24');
    expect(/class="cluster[ "]/.test(svg)).toBe(messages === 10);
    expect(svg.includes('#2563eb')).toBe(messages === 10);
  });

  it('draws parts: a module, a module with hundreds of ways, a message and its neighbours', async () => {
    const name = 'Message4WithALongAndTelling"Name"';
    expect(await drawn(largeWiring(1000).toMermaid({ module: 'Module7' }))).toContain('Module7');
    expect(await drawn(largeWiring(1000, 1).toMermaid({ module: 'Module0' }))).toContain('commands');
    expect(await drawn(largeWiring(1000).toMermaid({ message: name, depth: 2 }))).toContain('Handlers4.on4');
  });

  it('draws names as they are, whatever is in them', async () => {
    const wiring = new Wiring();
    const names = ['Saved<User>', '`a` # &lt; "]-->', '<img src=x onerror=alert(1)>', 'end'];
    wiring.record(names.map(message => ({ kind: 'event', message, middleware: [message], handler: message })));
    const texts = await page.evaluate(
      svg => {
        document.body.innerHTML = svg;
        return [...document.querySelectorAll('.nodeLabel, .edgeLabel p')].map(({ textContent }) => textContent);
      },
      await drawn(wiring.toMermaid()),
    );
    expect(new Set(texts)).toEqual(new Set(names));
  });

  it('draws who sends what with dashed arrows', async () => {
    const map = readFileSync(join(import.meta.dirname, '../../../sample/03-context/test/map.mmd'), 'utf8');
    expect(await drawn(map)).toMatch(/edge-pattern-dotted.*outside/s);
  });

  it('refuses one arrow more', async () => {
    const arrows = Array.from({ length: 501 }, (_, i) => `  n0["a"] --> n${i + 1}["b"]`);
    await expect(drawn(['flowchart LR', ...arrows].join('\n'))).rejects.toThrow(/500/);
  });
});
