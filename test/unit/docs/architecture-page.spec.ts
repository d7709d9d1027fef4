import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LAYERS } from '../architecture/rules.js';

const root = join(import.meta.dirname, '../../..');
const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
const tree = readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'));

/** The files that a part of the page names. */
const named = (text: string): string[] => [...text.matchAll(/`([\w./-]+\.ts)`/g)].map(([, file]) => file!);

const section = (title: string): string => page.split(`\n## ${title}\n`)[1]!.split('\n## ')[0]!;

/** The files of the library that hold a text. */
const holding = (text: string): string[] =>
  tree.filter(file => readFileSync(join(root, 'lib', file), 'utf8').includes(text)).toSorted();

describe('docs/architecture.md', () => {
  it('names files that there are', () => {
    expect(named(page).length).toBeGreaterThan(40);
    expect(named(page).filter(file => !tree.includes(file))).toEqual([]);
  });

  it('names the layers in their order, in one line each', () => {
    const rows = [...section('Layers').matchAll(/^\| `(\w+)\/`/gm)].map(([, layer]) => layer);
    expect(rows).toEqual(LAYERS);
  });

  it('names every file that keeps a fact beside an object', () => {
    const facts = named(section('Beside the call')).filter(file => file !== 'messages/beside.ts');
    expect(facts.toSorted()).toEqual(
      [...holding('new Beside<'), 'events/event-subject.ts', 'dispatch/probes.ts'].toSorted(),
    );
  });

  it('names every file that keeps a fact around the running code', () => {
    const rows = [...section('Around the running code').matchAll(/^\| `([^`]+)`/gm)].map(([, file]) => file!);
    expect(rows.toSorted()).toEqual(['context/context-storage.ts', ...holding('newStorage<')].toSorted());
  });

  it('names every file that declares a private header', () => {
    const rows = [...section('Private headers').matchAll(/^\| `([^`]+)`/gm)].map(([, file]) => file!);
    const declaring = tree.filter(file =>
      /^(export )?const \w+ = (header|libraryHeader)</m.test(readFileSync(join(root, 'lib', file), 'utf8')),
    );
    expect(rows.toSorted()).toEqual(declaring.filter(file => !file.startsWith('testing/')).toSorted());
  });

  it('names every file with a mark of speed', () => {
    expect(named(section('Marks of speed')).toSorted()).toEqual(holding('perf:'));
  });
});
