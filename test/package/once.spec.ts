import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from './once.js';

describe('work that is done once in a folder', () => {
  let folder: string;
  let begun: number;
  let end: (work: Promise<string>) => void;
  let work: () => Promise<string>;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nestjs-cqrs-once-'));
    begun = 0;
    const ended = new Promise<string>(resolve => (end = resolve));
    work = () => {
      begun += 1;
      return ended;
    };
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('gives the same to who comes first, meanwhile and later', async () => {
    const callers = [once(folder, 'work', work), once(folder, 'work', work)];
    end(Promise.resolve('done'));
    expect(await Promise.all([...callers, once(folder, 'work', work)])).toEqual(['done', 'done', 'done']);
    expect(begun).toBe(1);
  });

  it('tells its failure to all of them', async () => {
    const callers = [once(folder, 'work', work), once(folder, 'work', work)];
    end(Promise.reject(new Error('no disk')));
    const all = await Promise.allSettled([...callers, once(folder, 'work', work)]);
    expect(all).toEqual(all.map(() => ({ status: 'rejected', reason: new Error('no disk') })));
    expect(begun).toBe(1);
  });

  it('is done for each name', async () => {
    end(Promise.resolve('done'));
    await Promise.all([once(folder, 'work', work), once(folder, 'other work', work)]);
    expect(begun).toBe(2);
  });
});
