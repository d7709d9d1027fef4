import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { describeWithRedis } from '../../../test/support/brokers.js';
import { saying } from '../../../test/support/broker-process.js';
import { eventsIn } from '../../../test/support/server-sent-events.js';

jest.setTimeout(300_000);

const root = join(import.meta.dirname, '../../..');
const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const inChromium = executablePath ? describe : describe.skip;

describeWithRedis('the board, in two processes on one Redis, started by npm run start:board', redis => {
  let board: ChildProcess;
  let addresses: string[];
  let text = '';

  beforeAll(async () => {
    const { NODE_OPTIONS: _, DATABASE_URL: __, ...env } = process.env;
    board = spawn('npm', ['run', 'start:board', '--ignore-scripts'], {
      cwd: root,
      env: { ...env, PORT: '0', REDIS_URL: redis.url, NO_COLOR: '1' },
    });
    board.stdout!.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await saying(board, 'Ctrl+C stops it');
    addresses = [...text.matchAll(/^ +(http:\S+)$/gm)].map(([, address]) => address!);
  });

  afterAll(() => void board.kill('SIGTERM'));

  const send = (address: string, method: string, path: string, body: object) =>
    fetch(`${address}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  it('a client of one process is told what the other changes', async () => {
    const [one, other] = addresses;
    const leaving = new AbortController();
    const live = eventsIn(await fetch(`${other}/live`, { signal: leaving.signal }));
    const first = [(await live.next()).value!, (await live.next()).value!];
    expect(new Set(first.map(({ type }) => type))).toEqual(new Set(['tasks', 'counts']));
    await send(one!, 'POST', '/tasks', { title: 'Sweep the floor' });
    const next = [(await live.next()).value!, (await live.next()).value!];
    expect(next).toContainEqual({ type: 'tasks', data: [{ id: 1, title: 'Sweep the floor', state: 'open' }] });
    expect(next).toContainEqual({ type: 'counts', data: { open: 1, done: 0 } });
    leaving.abort();
    await send(one!, 'PUT', '/tasks/1', { state: 'done' });
  });

  inChromium('in Chromium', () => {
    it('each page shows what is changed on the other', async () => {
      const profile = mkdtempSync(join(tmpdir(), 'board-'));
      let browser: BrowserContext | undefined;
      try {
        browser = await chromium.launchPersistentContext(profile, {
          executablePath: executablePath!,
          headless: true,
          args: ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
        });
        const open = async (address: string): Promise<Page> => {
          const page = await browser!.newPage();
          await page.goto(address);
          await page.locator('#counts').getByText('open').waitFor();
          return page;
        };
        const [one, other] = [await open(addresses[0]!), await open(addresses[1]!)];
        await one.getByLabel('Title').fill('Paint the door');
        await one.getByRole('button', { name: 'Add' }).click();
        const task = (page: Page) => page.getByRole('listitem').filter({ hasText: 'Paint the door' });
        await task(other).waitFor();
        await task(other).getByRole('button', { name: 'Done' }).click();
        await task(one).getByRole('button', { name: 'Again' }).waitFor();
        for (const page of [one, other]) await page.getByText('0 open, 2 done').waitFor();
        expect(await one.getByRole('listitem').count()).toBe(2);
      } finally {
        await browser?.close();
        rmSync(profile, { recursive: true, force: true });
      }
    });
  });

  it('ends with the board, which does not wait for open pages', async () => {
    const live = eventsIn(await fetch(`${addresses[0]}/live`));
    await live.next();
    const ended = once(board, 'exit');
    board.kill('SIGTERM');
    let last = await live.next();
    while (last.done !== true) last = await live.next();
    await ended;
    expect(text).not.toContain('Closed while');
  });
});
