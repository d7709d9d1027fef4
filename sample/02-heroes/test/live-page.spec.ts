import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { AppModule } from '../src/app.module.js';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const inChromium = executablePath ? describe : describe.skip;
const title = executablePath
  ? 'the live page in Chromium'
  : 'the live page in Chromium (skipped: it is not installed; apt-get install chromium)';

inChromium(title, () => {
  const profile = mkdtempSync(join(tmpdir(), 'heroes-'));
  let browser: BrowserContext;
  let app: INestApplication;
  let url: string;

  const open = async (): Promise<Page> => {
    const page = await browser.newPage();
    await page.goto(url);
    await page.getByRole('button').first().waitFor();
    return page;
  };
  const kill = (page: Page, hero: string, dragon: string) =>
    page.locator(`#${hero}`).getByRole('button', { name: `Kill ${dragon}` });
  const events = async (page: Page, count: number): Promise<string[]> => {
    const list = page.locator('#events li');
    await list.nth(count - 1).waitFor();
    return list.allTextContents();
  };

  beforeAll(async () => {
    browser = await chromium.launchPersistentContext(profile, {
      executablePath: executablePath!,
      headless: true,
      args: [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    rmSync(profile, { recursive: true, force: true });
  });

  beforeEach(async () => {
    const moduleRef = await Test.createTestingModule({ imports: [AppModule] }).compile();
    app = moduleRef.createNestApplication({ forceCloseConnections: true });
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });

  afterEach(async () => {
    for (const page of browser.pages()) await page.close();
    await app.close();
  });

  it('shows, after a click, the kill and then the item, as they happen', async () => {
    const page = await open();

    await kill(page, 'sigurd', 'Fafnir').click();

    expect(await events(page, 2)).toEqual(['sigurd killed fafnir', 'sigurd found a cursed ring']);
    await page.locator('#sigurd').getByText('carries a cursed ring').waitFor();
    await page.locator('#atalanta').getByText('carries nothing').waitFor();
  }, 60_000);

  it('keeps the order over several clicks', async () => {
    const page = await open();

    await kill(page, 'sigurd', 'Fafnir').click();
    await events(page, 2);
    await kill(page, 'atalanta', 'Ladon').click();
    await events(page, 4);
    await kill(page, 'sigurd', 'Yamata no Orochi').click();

    expect(await events(page, 6)).toEqual([
      'sigurd killed fafnir',
      'sigurd found a cursed ring',
      'atalanta killed ladon',
      'atalanta found a golden apple',
      'sigurd killed yamata',
      'sigurd found a sword found in its tail',
    ]);
    await page.locator('#sigurd').getByText('carries a cursed ring, a sword found in its tail').waitFor();
  }, 60_000);

  it('shows one player what another does', async () => {
    const [one, other] = [await open(), await open()];

    await kill(one, 'sigurd', 'Fafnir').click();

    expect(await events(other, 2)).toEqual(['sigurd killed fafnir', 'sigurd found a cursed ring']);
    await other.locator('#sigurd').getByText('carries a cursed ring').waitFor();
    expect(await kill(other, 'atalanta', 'Fafnir').isDisabled()).toBe(true);
  }, 60_000);

  it('says why a click did nothing', async () => {
    const page = await open();
    await page.route('**/game', route => route.abort());
    await kill(page, 'sigurd', 'Fafnir').click();
    await events(page, 2);

    // The page could not draw the dead dragon: its buttons are those of before.
    await kill(page, 'atalanta', 'Fafnir').click();

    await page.getByRole('status').getByText('Fafnir is already dead.').waitFor();
    expect(await page.locator('#events li').count()).toBe(2);
  }, 60_000);
});
