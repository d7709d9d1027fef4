import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { BuiltSite } from './built-site.js';
import { root, run } from './workspace.js';

/** Builds the documentation site once, below a path as a host of many sites has it, and reads it. */
jest.setTimeout(600_000);

const BASE = '/guide/';
const folder = mkdtempSync(join(tmpdir(), 'nestjs-cqrs-site-'));
let site: BuiltSite;

const guide = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .map(file => file.replaceAll('\\', '/'))
  .filter(file => file.endsWith('.md') && !/^(api|\.vitepress)\//.test(file));

beforeAll(async () => {
  process.env['DOCS_BASE'] = BASE;
  const { code, output } = await run('npm', ['run', 'docs:build', '--', '--outDir', join(folder, 'site')], root);
  if (code !== 0) throw new Error(output);
  site = new BuiltSite(join(folder, 'site'), BASE);
});

afterAll(() => {
  delete process.env['DOCS_BASE'];
  rmSync(folder, { recursive: true, force: true });
});

describe('the documentation site', () => {
  it('has every page of docs/, in its sidebar', () => {
    const links = guide.filter(page => page !== 'README.md').map(page => `${BASE}${page.replace(/md$/, 'html')}`);
    const page = site.pages.get(`${BASE}architecture.html`)!;
    const sidebar = page.slice(page.indexOf('id="VPSidebarNav"'), page.indexOf('id="VPContent"'));
    expect(links.filter(link => !sidebar.includes(`href="${link}"`))).toEqual([]);
    expect(links.filter(link => !site.pages.has(link))).toEqual([]);
  });

  it('has no dead link and no dead anchor', () => {
    expect(site.pages.size).toBeGreaterThan(100);
    expect(site.deadLinks()).toEqual([]);
  });

  it('shows the text of a link to a file that is not a page, and no link', () => {
    const page = readFileSync(join(root, 'docs/migration.md'), 'utf8');
    expect(page).toContain('[tested](../test/package/aliases.spec.ts)');
    expect(site.pages.get(`${BASE}migration.html`)).toContain(
      '<span title="test/package/aliases.spec.ts, in the repository">tested</span>',
    );
  });

  it('shows no comment that says where a block of code comes from', () => {
    expect([...site.pages].filter(([, html]) => html.includes('from test/e2e/')).map(([page]) => page)).toEqual([]);
  });

  it('loads what draws diagrams with the first diagram', () => {
    expect([...site.pages].filter(([, html]) => /preload"[^>]*mermaid/.test(html)).map(([page]) => page)).toEqual([]);
  });

  it.each([
    ['classes/CommandBus', 'lib/buses/command-bus.ts', 'export class CommandBus'],
    ['functions/Timeout', 'lib/pipeline/timeout.decorator.ts', 'export const Timeout'],
    ['extension/interfaces/HandlerInvoker', 'lib/handlers/handler-invoker.ts', 'export interface HandlerInvoker'],
  ])('has the doc comment of %s in the API reference', (page, file, declaration) => {
    const html = site.pages.get(`${BASE}api/nestjs-cqrs/${page}.html`)!;
    const comment = commentOf(declaration, readFileSync(join(root, file), 'utf8'));
    expect(comment).toMatch(/^[A-Z].{19}$/);
    expect(html.includes(comment)).toBe(true);
  });
});

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
if (!executablePath && process.env['CQRS_REQUIRE_SERVICES'] === '1') throw new Error('Chromium is not installed.');
const inChromium = executablePath ? describe : describe.skip;
const title = executablePath
  ? 'the documentation site in Chromium'
  : 'the documentation site in Chromium (skipped: it is not installed; apt-get install chromium)';

inChromium(title, () => {
  let server: Awaited<ReturnType<BuiltSite['serve']>>;
  let browser: BrowserContext;
  let complaints: string[];

  const open = async (path: string, colorScheme: 'light' | 'dark'): Promise<Page> => {
    const page = await browser.newPage();
    page.on('console', message => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
    page.on('pageerror', error => complaints.push(String(error)));
    page.on('requestfailed', request => complaints.push(request.url()));
    await page.emulateMedia({ colorScheme });
    await page.goto(`${server.origin}${BASE}${path}`, { waitUntil: 'networkidle' });
    return page;
  };
  beforeAll(async () => {
    server = await site.serve();
    browser = await chromium.launchPersistentContext(join(folder, 'profile'), {
      executablePath: executablePath!,
      headless: true,
      viewport: { width: 1280, height: 900 },
      args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
    });
  });

  beforeEach(() => {
    complaints = [];
  });

  afterEach(async () => {
    for (const page of browser.pages()) await page.close();
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  it.each(['light', 'dark'] as const)('draws the diagrams of docs/architecture.md, %s', async scheme => {
    const page = await open('architecture.html', scheme);
    const diagrams = page.locator('.mermaid svg');
    await diagrams.nth(2).waitFor();
    expect(await diagrams.allTextContents()).toEqual([
      expect.stringContaining('Dispatcher'),
      expect.stringContaining('CommandQueue of the saga'),
      expect.stringContaining('RemoteInvoker'),
    ]);
    for (const diagram of await diagrams.all()) {
      await diagram.scrollIntoViewIfNeeded();
      const { width, height } = (await diagram.boundingBox())!;
      expect(Math.min(width, height)).toBeGreaterThan(100);
    }
    expect(complaints).toEqual([]);
  });

  it.each(['architecture.html', 'api/nestjs-cqrs/classes/CommandBus.html'])('is light or dark: %s', async path => {
    expect(await brightnessOf(await open(path, 'light'))).toBeGreaterThan(200);
    expect(await brightnessOf(await open(path, 'dark'))).toBeLessThan(60);
    expect(complaints).toEqual([]);
  });

  it('finds a page by a word of its text', async () => {
    const page = await open('architecture.html', 'light');
    await page.getByRole('button', { name: 'Search' }).first().click();
    await page.locator('#localsearch-input').fill('upcasting');
    await page.locator('.result', { hasText: 'Upcasting' }).first().click();
    await page.waitForURL(`**${BASE}versioning.html#upcasting`);
    expect(await page.locator('h1').textContent()).toContain('Versioning');
    expect(complaints).toEqual([]);
  });
});

/** How the doc comment of a declaration begins. */
function commentOf(declaration: string, source: string): string {
  const before = source.slice(0, source.indexOf(declaration));
  return before
    .slice(before.lastIndexOf('/**') + 3)
    .replace(/^[\s*]+/, '')
    .slice(0, 20);
}

/** Of the page as it is drawn: from black, 0, to white, 255. The browser itself reads its picture. */
async function brightnessOf(page: Page): Promise<number> {
  const picture = `data:image/png;base64,${(await page.screenshot()).toString('base64')}`;
  return page.evaluate(`(async () => {
    const bitmap = await createImageBitmap(await (await fetch('${picture}')).blob());
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
    canvas.drawImage(bitmap, 0, 0);
    const { data } = canvas.getImageData(0, 0, bitmap.width, bitmap.height);
    return data.reduce((sum, value, i) => (i % 4 === 3 ? sum : sum + value), 0) / ((data.length / 4) * 3);
  })()`);
}
