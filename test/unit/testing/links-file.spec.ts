import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { addToFile } from '../../../lib/testing/links-file.js';
import { runProgram } from '../../support/program.js';

// Processes that load TypeScript.
jest.setTimeout(60_000);

const adding = join(import.meta.dirname, 'adding-links.program.ts');

describe('addToFile', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nestjs-cqrs-links-'));
    file = join(folder, 'observed.json');
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  const written = () => JSON.parse(readFileSync(file, 'utf8')) as object;

  it('adds counts, keeps the earliest beginning, and sorts', () => {
    addToFile(file, { since: '2026-02', links: [{ from: 'outside', to: 'event:B', count: 1 }], missed: 1 });
    addToFile(file, {
      since: '2026-01',
      links: [
        { from: 'outside', to: 'event:B', count: 2 },
        { from: 'M/H', to: 'event:A', count: 5 },
      ],
      missed: 2,
    });
    addToFile(file, { since: '2026-03', links: [] });
    expect(written()).toEqual({
      schema: 'nestjs-cqrs/observed@1',
      since: '2026-01',
      links: [
        { from: 'M/H', to: 'event:A', count: 5 },
        { from: 'outside', to: 'event:B', count: 3 },
      ],
      missed: 3,
    });
    expect(readdirSync(folder)).toEqual(['observed.json']);
  });

  it('tells of no missed messages where there were none', () => {
    addToFile(file, { since: '2026-01', links: [] });
    addToFile(file, { since: '2026-02', links: [] });
    expect(written()).toEqual({ schema: 'nestjs-cqrs/observed@1', since: '2026-01', links: [] });
  });

  it('loses no count of processes that write at the same time', async () => {
    const ended = await Promise.all([1, 2, 3].map(() => runProgram(adding, [file, '50'])));
    expect(ended.filter(({ code }) => code !== 0)).toEqual([]);
    expect(written()).toMatchObject({ links: [{ from: 'outside', to: 'event:A', count: 150 }] });
    expect(readdirSync(folder)).toEqual(['observed.json']);
  });

  it('takes the turn of a process that was killed', () => {
    writeFileSync(`${file}.lock`, '');
    addToFile(file, { since: '2026-01', links: [] }, 3);
    expect(written()).toMatchObject({ since: '2026-01' });
    expect(readdirSync(folder)).toEqual(['observed.json']);
  });

  it('fails if the folder is missing, and makes none', () => {
    expect(() => addToFile(join(folder, 'none', 'observed.json'), { since: '2026-01', links: [] })).toThrow('ENOENT');
    expect(readdirSync(folder)).toEqual([]);
  });

  const odd = [{}, { since: '2026-01' }, { since: 1, links: [] }, { since: '2026-01', links: [null] }].map(fields =>
    JSON.stringify({ schema: 'nestjs-cqrs/observed@1', ...fields }),
  );

  it.each(['{}', 'no JSON', 'null', ...odd])('refuses a file of another kind, and leaves it: %s', text => {
    writeFileSync(file, text);
    expect(() => addToFile(file, { since: '2026-01', links: [] })).toThrow(/is not a file of collectLinks/);
    expect(readFileSync(file, 'utf8')).toBe(text);
    expect(readdirSync(folder)).toEqual(['observed.json']);
  });
});
