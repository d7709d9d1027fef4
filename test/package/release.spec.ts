import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addressOf, withAddresses } from '../../.ci/repository-links.mjs';

const scripts = join(import.meta.dirname, '../../.ci');

describe('the address of a file in the repository', () => {
  it.each([
    'owner/name',
    'github:owner/name',
    'https://github.com/owner/name',
    'git+https://github.com/owner/name.git',
    'git+ssh://git@github.com/owner/name.git',
    { type: 'git', url: 'git+https://github.com/owner/name.git' },
  ])('is known from %j', repository => {
    expect(addressOf('docs/a.md#b', 'v1.2.3', { repository })).toBe(
      'https://github.com/owner/name/blob/v1.2.3/docs/a.md#b',
    );
  });

  it.each([undefined, '', 'gitlab:owner/name', 'https://example.com/owner/name.git', {}])(
    'is not known from %j',
    repository => {
      expect(addressOf('docs/a.md', 'v1.2.3', { repository })).toBeUndefined();
    },
  );
});

describe('a page with addresses', () => {
  const at = 'https://github.com/owner/name/blob/v1.2.3/';

  it('has them in place of relative links', () => {
    const page = 'See [a](docs/a.md#b), [the license](LICENSE) and [`c`](sample/c).\n';
    expect(withAddresses(page, 'v1.2.3', { repository: 'owner/name' })).toBe(
      `See [a](${at}docs/a.md#b), [the license](${at}LICENSE) and [\`c\`](${at}sample/c).\n`,
    );
  });

  it.each(['[a](https://example.com/a)', '[a](#a)', '[a](/a)', '[a](mailto:a@example.com)', '```ts\nlist[0](a);\n```'])(
    'keeps %j',
    page => {
      expect(withAddresses(page, 'v1.2.3', { repository: 'owner/name' })).toBe(page);
    },
  );

  it('keeps its relative links where the repository is not known', () => {
    expect(withAddresses('[a](docs/a.md)', 'v1.2.3', {})).toBe('[a](docs/a.md)');
  });
});

describe('the scripts of a release', () => {
  let folder: string;
  const put = (file: string, text: string) => writeFileSync(join(folder, file), text);
  const run = (script: string, ...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(scripts, script), ...args], {
      cwd: folder,
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nestjs-cqrs-release-'));
    put('package.json', JSON.stringify({ version: '1.2.3' }));
    put('README.md', '[a](docs/a.md)\n');
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('print the notes of the version', () => {
    put(
      'CHANGELOG.md',
      '# Changelog\n\n## Unreleased\n\n## 1.2.3\n\n- Add a thing.\n\n### More\n\n## 1.2.2\n\n- Old.\n',
    );
    expect(run('release-notes.mjs', 'v1.2.3')).toEqual({
      status: 0,
      stdout: '- Add a thing.\n\n### More\n',
      stderr: '',
    });
  });

  it('refuse a tag of another version', () => {
    put('CHANGELOG.md', '## 1.2.3\n\n- Add a thing.\n');
    const stderr = 'The tag v1.2.4 is not that of version 1.2.3 in package.json.\n';
    expect(run('release-notes.mjs', 'v1.2.4')).toEqual({ status: 1, stdout: '', stderr });
  });

  it.each(['## 1.2.2\n\n- Old.\n', '## 1.2.3\n\n## 1.2.2\n\n- Old.\n'])('refuse the changelog %j', changelog => {
    put('CHANGELOG.md', changelog);
    const stderr = 'CHANGELOG.md says nothing under "## 1.2.3".\n';
    expect(run('release-notes.mjs')).toEqual({ status: 1, stdout: '', stderr });
  });

  it('give the README addresses', () => {
    put('package.json', JSON.stringify({ repository: 'owner/name' }));
    expect(run('package-readme.mjs', 'v1.2.3').stdout).toBe(
      'README.md: relative links lead to the repository at v1.2.3.\n',
    );
    expect(readFileSync(join(folder, 'README.md'), 'utf8')).toBe(
      '[a](https://github.com/owner/name/blob/v1.2.3/docs/a.md)\n',
    );
  });

  it('leave the README as it is where the repository is not known, and say so', () => {
    expect(run('package-readme.mjs', 'v1.2.3').stdout).toBe(
      'README.md keeps its relative links: package.json names no repository on GitHub.\n',
    );
    expect(readFileSync(join(folder, 'README.md'), 'utf8')).toBe('[a](docs/a.md)\n');
  });
});
