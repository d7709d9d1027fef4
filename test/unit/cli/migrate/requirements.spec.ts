import { OWN_PACKAGE } from '../../../../lib/cli/own-package.js';
import { librariesOnIncumbent, tooOld } from '../../../../lib/cli/migrate/requirements.js';
import { TemporaryProject } from '../temporary-project.js';

const NODE = '24.0.0';

const manifestOf = (project: TemporaryProject, file = 'package.json') => [
  { file: `${project.folder}/${file}`, text: project.read(file) },
];

const json = (value: unknown): string => JSON.stringify(value, undefined, 2);

describe('too old', () => {
  const old = (project: TemporaryProject, node = NODE) =>
    tooOld(manifestOf(project), OWN_PACKAGE, node).map(({ place, what }) => [place.line, what]);

  it('is Nest 10 by what is installed, whatever is declared', () => {
    using project = new TemporaryProject({
      'package.json': json({ dependencies: { '@nestjs/common': '>=9', '@nestjs/core': '^11.0.0' } }),
      'node_modules/@nestjs/core/package.json': json({ version: '10.4.1' }),
      'node_modules/@nestjs/common/package.json': json({ version: '11.1.0' }),
    });
    expect(old(project)).toEqual([[4, '@nestjs/core 10.4.1']]);
  });

  it('is Nest 10 by what is declared, where nothing is installed', () => {
    const dependencies = { '@nestjs/common': '^10.0.0', '@nestjs/core': '^10.0.0 || ^11.0.0', '@nestjs/testing': '^9' };
    using project = new TemporaryProject({ 'package.json': json({ dependencies }) });
    expect(old(project)).toEqual([[3, '@nestjs/common "^10.0.0"']]);
  });

  it('is Nest 10 of the packages of a monorepo that use the incumbent, by what is declared above; no other', () => {
    using project = new TemporaryProject({
      'package.json': json({ devDependencies: { '@nestjs/core': '^10.0.0' } }),
      'apps/a/package.json': json({ dependencies: { '@nestjs/cqrs': '^10.0.0' } }),
      'apps/b/package.json': json({ dependencies: { '@nestjs/core': '^9.0.0' } }),
    });
    const manifests = ['package.json', 'apps/a/package.json', 'apps/b/package.json'];
    const found = tooOld(
      manifests.flatMap(file => manifestOf(project, file)),
      OWN_PACKAGE,
      NODE,
    );
    expect(found.map(({ place, what }) => [place.file, what])).toEqual([
      [`${project.folder}/apps/a/package.json`, '@nestjs/core "^10.0.0"'],
    ]);
  });

  it('is told by what a package of a monorepo declares itself, before what is declared above', () => {
    using project = new TemporaryProject({
      'package.json': json({ devDependencies: { '@nestjs/core': '^10.0.0' } }),
      'apps/a/package.json': json({ dependencies: { '@nestjs/core': '^11.0.0', 'nestjs-cqrs': '^12.0.0' } }),
    });
    const manifests = ['package.json', 'apps/a/package.json'].flatMap(file => manifestOf(project, file));
    expect(tooOld(manifests, OWN_PACKAGE, NODE)).toEqual([]);
  });

  it('is Node before what this package needs', () => {
    using project = new TemporaryProject({ 'package.json': '{}' });
    const [found] = tooOld(manifestOf(project), OWN_PACKAGE, '20.18.0');
    expect(found).toMatchObject({ place: { line: 1, column: 1 }, what: 'Node 20.18.0' });
    expect(old(project)).toEqual([]);
  });

  it('is nothing in a package.json that cannot be read', () => {
    using project = new TemporaryProject({ 'package.json': '{ oops' });
    expect(old(project)).toEqual([]);
    expect(librariesOnIncumbent(manifestOf(project))).toEqual([]);
  });

  it('is told by what is declared, if what is installed cannot be read', () => {
    using project = new TemporaryProject({
      'package.json': json({ dependencies: { '@nestjs/core': '^10.0.0' } }),
      'node_modules/@nestjs/core/package.json': '{ oops',
    });
    expect(old(project)).toEqual([[3, '@nestjs/core "^10.0.0"']]);
  });
});

describe('libraries that import the incumbent', () => {
  it('are found among what is installed for the project, also above it', () => {
    using project = new TemporaryProject({
      'packages/a/package.json': json({
        dependencies: { deep: '1', peer: '1', none: '1', missing: '1', '@nestjs/cqrs': '12', maybe: '1' },
      }),
      'node_modules/deep/package.json': json({ version: '1.1.0', dependencies: { '@nestjs/cqrs': '^11.0.0' } }),
      'node_modules/maybe/package.json': json({ version: '1.3.0', optionalDependencies: { '@nestjs/cqrs': '^11' } }),
      'node_modules/none/package.json': json({ version: '1.0.0', devDependencies: { '@nestjs/cqrs': '^11.0.0' } }),
      'packages/a/node_modules/peer/package.json': json({
        version: '1.2.0',
        peerDependencies: { '@nestjs/cqrs': '>=10' },
      }),
    });
    const found = librariesOnIncumbent(manifestOf(project, 'packages/a/package.json'));
    expect(found.map(({ kind, place, what }) => [kind, place.line, what])).toEqual([
      ['dependency', 3, 'deep 1.1.0 needs @nestjs/cqrs "^11.0.0"'],
      ['dependency', 4, 'peer 1.2.0 needs @nestjs/cqrs ">=10"'],
      ['dependency', 8, 'maybe 1.3.0 needs @nestjs/cqrs "^11"'],
    ]);
  });

  it('are none where an alias gives them this package, even beside another copy', () => {
    const needs = { version: '1.0.0', peerDependencies: { '@nestjs/cqrs': '^12.0.0' } };
    const dependencies = { '@nestjs/cqrs': 'npm:nestjs-cqrs@^12.0.0', served: '1', own: '1' };
    using project = new TemporaryProject({
      'package.json': json({ dependencies }),
      'node_modules/@nestjs/cqrs/package.json': json({ name: 'nestjs-cqrs' }),
      'node_modules/served/package.json': json(needs),
      'node_modules/own/package.json': json(needs),
      'node_modules/own/node_modules/@nestjs/cqrs/package.json': json({ name: '@nestjs/cqrs' }),
    });
    const found = librariesOnIncumbent(manifestOf(project));
    expect(found.map(({ what }) => what)).toEqual(['own 1.0.0 needs @nestjs/cqrs "^12.0.0"']);
  });
});
