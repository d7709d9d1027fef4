import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { LiveEvents } from './live-events.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

interface Running {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts the game with one of the scripts of the package, as a player does. */
async function start(script: string): Promise<Running> {
  const child = spawn(npm, ['run', '--silent', '--ignore-scripts', script], {
    cwd: root,
    env: { ...process.env, PORT: '0', NODE_OPTIONS: '', NO_COLOR: '1' },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const url = await printedUrl(child);
  return {
    url,
    stop: async () => {
      const closed = once(child, 'close');
      process.kill(-child.pid!, 'SIGTERM');
      await closed;
    },
  };
}

async function printedUrl(child: ChildProcess): Promise<string> {
  const output: string[] = [];
  child.stderr!.on('data', (text: Buffer) => output.push(String(text)));
  for await (const line of createInterface({ input: child.stdout! })) {
    output.push(line);
    const [, url] = /The game is at (\S+)/.exec(line) ?? [];
    if (url) {
      child.stdout!.resume();
      return url;
    }
  }
  throw new Error(`The game ended before it began:\n${output.join('\n')}`);
}

/** Plays a game and notes everything that a player sees. */
async function play(url: string): Promise<unknown[]> {
  const seen: unknown[] = [];
  const live = await LiveEvents.open(url);
  const ask = async (method: string, path: string) => {
    const response = await fetch(url + path, { method });
    const text = await response.text();
    return { path, status: response.status, body: text && (JSON.parse(text) as unknown) };
  };
  try {
    seen.push(await (await fetch(url)).text(), await ask('GET', '/game'));
    seen.push(await ask('POST', '/heroes/sigurd/kill/fafnir'), await live.next(2), await ask('GET', '/heroes/sigurd'));
    seen.push(await ask('POST', '/heroes/atalanta/kill/fafnir'));
    seen.push(await ask('POST', '/heroes/nobody/kill/ladon'), await ask('POST', '/heroes/sigurd/kill/nessie'));
    const rivals = await Promise.all([
      ask('POST', '/heroes/sigurd/kill/ladon'),
      ask('POST', '/heroes/sigurd/kill/ladon'),
    ]);
    seen.push(rivals.map(({ status }) => status).toSorted(), await live.next(2));
    seen.push(await ask('POST', '/heroes/atalanta/kill/yamata'), await live.next(2));
    seen.push(await ask('GET', '/heroes/nobody'), await ask('GET', '/game'));
  } finally {
    live.close();
  }
  return seen;
}

/** Plays a game that was started with a script. */
async function playWith(script: string): Promise<unknown[]> {
  const game = await start(script);
  try {
    return await play(game.url);
  } finally {
    await game.stop();
  }
}

describe('the game on @nestjs/cqrs', () => {
  beforeAll(() => {
    if (!existsSync(`${root}dist/index.js`)) execFileSync(npm, ['run', '--silent', 'build'], { cwd: root });
  }, 120_000);

  it('loads @nestjs/cqrs in place of this package', () => {
    const code =
      "const { CommandBus } = await import('nestjs-cqrs'); const { CommandBus: incumbent } = await import('@nestjs/cqrs'); process.stdout.write(String(CommandBus === incumbent))";
    const run = (...args: string[]) =>
      execFileSync(process.execPath, [...args, '--input-type=module', '--eval', code], { cwd: root, encoding: 'utf8' });

    expect(run('--import', './sample/02-heroes/incumbent/register.js')).toBe('true');
    expect(run()).toBe('false');
  }, 60_000);

  it('looks the same to a player: the same answers, the same events in the same order', async () => {
    const ours = await playWith('start:heroes');
    const theirs = await playWith('start:heroes:incumbent');

    expect(ours).toEqual(theirs);
    expect(ours[0]).toContain('<title>Heroes and dragons</title>');
    expect(ours.flat().filter(entry => (entry as { type?: string }).type)).toHaveLength(6);
  }, 120_000);
});
