import { join } from 'node:path';
import { readTree } from './source-tree.js';
import { kitCalls } from './test-kit.js';

const root = join(import.meta.dirname, '../../..');

/** Files of tests by their path, and what they call of the kit. */
const specsIn = (folder: string) =>
  [...readTree(join(root, folder))]
    .filter(([file]) => file.endsWith('.spec.ts') && !file.includes('node_modules/'))
    .map(([file, text]) => ({ file, calls: kitCalls(text) }));

const users = (specs: ReturnType<typeof specsIn>) => specs.filter(({ calls }) => calls.length > 0);

describe('a file uses the test kit', () => {
  it.each([
    ['where it calls what it imports', `import { track } from 'nestjs-cqrs/testing'; track(app);`, ['track']],
    ['from lib, too', `import { stub } from '../../../lib/testing/index.js'; { stub(app, A); }`, ['stub']],
    ['not where it imports alone', `import { track } from 'nestjs-cqrs/testing';`, []],
    ['not where it makes an engine', `import { MemoryRemote } from 'nestjs-cqrs/testing'; new MemoryRemote();`, []],
    ['not where a comment calls', `import { track } from 'nestjs-cqrs/testing'; // track(app)`, []],
    ['not by a type', `import { type track } from 'nestjs-cqrs/testing'; track(app);`, []],
    ['not by a name of its own', `import { track } from './track.js'; track(app);`, []],
    [
      'not where it runs a suite of conformance',
      `import { remoteConformance } from 'nestjs-cqrs/testing'; remoteConformance(adapter);`,
      [],
    ],
  ])('%s', (_how, text, calls) => {
    expect(kitCalls(text)).toEqual(calls);
  });
});

describe('the test kit of the package', () => {
  it('is used by a third of the files of e2e tests, or more', () => {
    const specs = specsIn('test/e2e');
    const own = users(specs).map(({ file }) => file);
    expect(specs.length).toBeGreaterThan(200);
    // Of those that have folders of the kit itself: also without them, more than a quarter.
    expect(own.length).toBeGreaterThanOrEqual(specs.length / 3);
    expect(own.filter(file => !file.startsWith('testing/')).length).toBeGreaterThan(specs.length / 4);
  });

  it('is used by each sample, save the one without a bus, the first steps, and the one of two processes', () => {
    const samples = (specs: ReturnType<typeof specsIn>) => [...new Set(specs.map(({ file }) => file.split('/')[0]))];
    const specs = specsIn('sample');
    const own = samples(users(specs));
    expect(samples(specs).filter(sample => !own.includes(sample))).toEqual([
      '00-getting-started',
      '04-envelopes',
      '06-board',
    ]);
  });
});
