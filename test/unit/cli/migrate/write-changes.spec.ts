import { rmSync } from 'node:fs';
import type { Change } from '../../../../lib/cli/migrate/change.js';
import { NotWritten, writeChanges } from '../../../../lib/cli/migrate/write-changes.js';
import { TemporaryProject } from '../temporary-project.js';

const project = new TemporaryProject();
afterAll(() => project[Symbol.dispose]());

function changeOf(file: string, text: string): Change {
  project.write(file, text);
  const edits = [
    { start: 0, end: 1, text: 'one', at: 0, from: '', to: '' },
    { start: 2, end: 3, text: 'two', at: 2, from: '', to: '' },
  ];
  return { source: { file: `${project.folder}/${file}`, text }, edits };
}

describe('changes', () => {
  it('are written, all edits of a file at once', () => {
    writeChanges([changeOf('a.ts', '1 2 3'), changeOf('b.ts', '1 2')]);
    expect([project.read('a.ts'), project.read('b.ts')]).toEqual(['one two 3', 'one two']);
  });

  it('are not written if a file has gone meanwhile', () => {
    const changes = [changeOf('a.ts', '1 2'), changeOf('gone.ts', '1 2')];
    rmSync(`${project.folder}/gone.ts`);
    expect(() => writeChanges(changes)).toThrow(NotWritten);
    expect(() => writeChanges(changes)).toThrow(/gone\.ts cannot be written: .*Nothing was written\.$/s);
    expect(project.read('a.ts')).toBe('1 2');
  });

  it('are not written if a file has changed meanwhile', () => {
    const changes = [changeOf('a.ts', '1 2'), changeOf('b.ts', '1 2')];
    project.write('b.ts', '1 2 new');
    expect(() => writeChanges(changes)).toThrow(/b\.ts has changed since it was read\. Nothing was written/);
    expect([project.read('a.ts'), project.read('b.ts')]).toEqual(['1 2', '1 2 new']);
  });

  it('that were written before one fails are named', () => {
    const [first, second, third] = ['a.ts', 'folder/b.ts', 'c.ts'].map(file => changeOf(file, '1 2')) as Change[];
    const lost: Change = {
      source: second!.source,
      get edits() {
        project.remove('folder');
        return second!.edits;
      },
    };
    expect(() => writeChanges([first!, lost, third!])).toThrow(
      new RegExp(`b\\.ts cannot be written: ENOENT.*\\. Already written:\n  ${project.folder}/a\\.ts$`, 's'),
    );
    expect([project.read('a.ts'), project.read('c.ts')]).toEqual(['one two', '1 2']);
  });
});
