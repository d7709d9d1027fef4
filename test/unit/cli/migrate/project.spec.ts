import { mkdirSync, symlinkSync } from 'node:fs';
import { readProject } from '../../../../lib/cli/migrate/project.js';
import { TemporaryProject } from '../temporary-project.js';

const SOURCE = `import '@nestjs/cqrs';\n`;

const filesOf = ({ folder }: TemporaryProject) => {
  const project = readProject(folder);
  const relative = (files: readonly { file: string }[]) => files.map(({ file }) => file.slice(folder.length + 1));
  return {
    sources: relative(project.sources),
    manifests: relative(project.manifests),
    configurations: relative(project.configurations),
    findings: project.findings.map(({ kind, place, what }) => `${kind} ${place.file.slice(folder.length + 1)} ${what}`),
  };
};

const FILES = {
  'src/a.ts': SOURCE,
  'src/b c/ä.tsx': SOURCE,
  'src/d.mts': SOURCE,
  'src/e.cjs': SOURCE,
  'src/irrelevant.ts': 'run();\n',
  'README.md': SOURCE,
  'node_modules/x/index.js': SOURCE,
  'packages/p/node_modules/x/index.js': SOURCE,
  'dist/a.js': SOURCE,
  '.pnp.cjs': SOURCE,
  'package.json': '{}',
  'packages/p/package.json': '{"dependencies": {"@nestjs/cqrs": "12"}}',
  ...Object.fromEntries(['coverage', '.yarn', '.pnpm-store'].map(folder => [`${folder}/a.js`, SOURCE])),
  'tsconfig.json': '{"paths": {"@nestjs/cqrs": []}}',
  'package-lock.json': '{"packages": {"@nestjs/cqrs": {}}}',
  'pnpm-workspace.yaml': 'catalog: { "@nestjs/cqrs": 12 }',
  'other.json': '{}',
};

const READ = {
  sources: ['src/a.ts', 'src/b c/ä.tsx', 'src/d.mts', 'src/e.cjs'],
  manifests: ['package.json', 'packages/p/package.json'],
  configurations: ['pnpm-workspace.yaml', 'tsconfig.json'],
  findings: [],
};

describe('the files read from a project', () => {
  it('are all files outside of git, except installed and built ones', () => {
    const folders = ['build', 'out', '.next', '.nx', '.turbo', '.cache', 'tmp', '.git'];
    const built = Object.fromEntries(folders.map(folder => [`${folder}/a.js`, SOURCE]));
    using project = new TemporaryProject({ ...FILES, ...built });
    expect(filesOf(project)).toEqual(READ);
  });

  it('are the files that git tracks or would add', () => {
    using project = new TemporaryProject({ ...FILES, 'gone.ts': SOURCE });
    project.commit();
    project.write('.gitignore', 'node_modules\nignored.ts\n');
    project.write('ignored.ts', SOURCE);
    project.write('src/new.ts', SOURCE);
    expect(filesOf(project)).toEqual({ ...READ, sources: ['gone.ts', ...READ.sources, 'src/new.ts'] });
  });

  it('do not include the targets of links, in git or outside of it', () => {
    using outside = new TemporaryProject({ 'x.ts': SOURCE, 'folder/y.ts': SOURCE });
    using project = new TemporaryProject({ 'a.ts': SOURCE, 'folder/y.ts': SOURCE });
    symlinkSync(`${outside.folder}/x.ts`, `${project.folder}/link.ts`);
    symlinkSync(outside.folder, `${project.folder}/linked`);
    symlinkSync(`${project.folder}/a.ts`, `${project.folder}/own.ts`);
    expect(filesOf(project).sources).toEqual(['a.ts', 'folder/y.ts']);
    project.commit();
    expect(filesOf(project).sources).toEqual(['a.ts', 'folder/y.ts']);
  });

  it('do not include a folder that became a link, though git lists its files', () => {
    using outside = new TemporaryProject({ 'y.ts': SOURCE });
    using project = new TemporaryProject({ 'a.ts': SOURCE, 'folder/y.ts': SOURCE });
    project.commit();
    project.remove('folder');
    symlinkSync(outside.folder, `${project.folder}/folder`);
    expect(filesOf(project).sources).toEqual(['a.ts']);
  });

  it('do not include folders named like a source, or deleted files', () => {
    using project = new TemporaryProject({ 'a.ts': SOURCE, 'gone.ts': SOURCE });
    project.commit();
    project.remove('gone.ts');
    mkdirSync(`${project.folder}/folder.ts`);
    expect(filesOf(project).sources).toEqual(['a.ts']);
  });

  it('include a folder that the repository around it ignores', () => {
    using project = new TemporaryProject({ 'a.ts': '', 'node_modules/nested/b.ts': SOURCE });
    project.commit();
    const { sources } = readProject(`${project.folder}/node_modules/nested`);
    expect(sources.map(({ file }) => file)).toEqual([`${project.folder}/node_modules/nested/b.ts`]);
  });

  it('come with a note on files that mention the package and are not UTF-8, or large', () => {
    using project = new TemporaryProject({
      'latin.ts': Buffer.from(`// caf\u00e9\n${SOURCE}`, 'latin1'),
      'latin-other.ts': Buffer.from('// caf\u00e9\n', 'latin1'),
      'utf16.ts': Buffer.from(`\uFEFF${SOURCE}`, 'utf16le'),
      'large.js': SOURCE.padEnd(1_000_001),
      'less-large.js': SOURCE.padEnd(1_000_000),
    });
    expect(filesOf(project)).toEqual({
      sources: ['less-large.js'],
      manifests: [],
      configurations: [],
      findings: [
        'unreadable large.js larger than a megabyte',
        'unreadable latin.ts not encoded in UTF-8',
        'unreadable utf16.ts not encoded in UTF-8',
      ],
    });
  });
});
