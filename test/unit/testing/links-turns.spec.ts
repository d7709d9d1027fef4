import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as files from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';

/** What other processes do just before this one takes a turn away. */
const meanwhile = { rename: (_from: string): void => undefined };

// The files are real. What another process does in the same moment stands in a test alone.
jest.unstable_mockModule('node:fs', () => ({
  ...files,
  renameSync(from: string, to: string) {
    meanwhile.rename(from);
    files.renameSync(from, to);
  },
}));
const { addToFile } = await import('../../../lib/testing/links-file.js');

describe('several processes find the turn of one that was killed', () => {
  let folder: string;
  let file: string;
  let lock: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nestjs-cqrs-turns-'));
    file = join(folder, 'observed.json');
    lock = `${file}.lock`;
    writeFileSync(lock, 'killed');
  });

  afterEach(() => {
    meanwhile.rename = () => undefined;
    rmSync(folder, { recursive: true });
  });

  /** Does it once, before a turn is taken away. */
  const once = (run: () => void) => {
    meanwhile.rename = from => {
      if (from !== lock) return;
      meanwhile.rename = () => undefined;
      run();
    };
  };

  const added = () => {
    addToFile(file, { since: '2026-01', links: [] }, 2);
    const { since } = JSON.parse(readFileSync(file, 'utf8')) as { since: string };
    return [since, readdirSync(folder)];
  };

  it('another has taken it away', () => {
    once(() => rmSync(lock));
    expect(added()).toEqual(['2026-01', ['observed.json']]);
  });

  it('another has taken it away, and begun its own: that is given back, and waited for', () => {
    const turns: string[] = [];
    once(() => {
      files.renameSync(lock, `${lock}.before`);
      writeFileSync(lock, 'another');
      files.rmSync(`${lock}.before`);
      // It is killed, too: only after as many looks as before its turn is taken.
      meanwhile.rename = from => {
        if (!/\.lock/.test(from)) return;
        turns.push(`${from.endsWith('.lock') ? 'taken away' : 'given back'}: ${readFileSync(from, 'utf8')}`);
      };
    });
    expect(added()).toEqual(['2026-01', ['observed.json']]);
    expect(turns).toEqual(['given back: another', 'taken away: another']);
  });

  it('fails if it may not be taken away', () => {
    once(() => {
      throw Object.assign(new Error('not permitted'), { code: 'EPERM' });
    });
    expect(added).toThrow('not permitted');
    expect(readdirSync(folder)).toEqual(['observed.json.lock']);
  });
});
