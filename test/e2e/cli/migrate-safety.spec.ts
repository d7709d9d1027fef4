import { spawnSync } from 'node:child_process';
import { jest } from '@jest/globals';
import manifest from '../../../package.json' with { type: 'json' };
import { run } from '../../../lib/cli/run.js';
import { TemporaryProject } from '../../unit/cli/temporary-project.js';

// TypeScript is loaded anew for each file of tests, which takes seconds on a busy machine.
jest.setTimeout(60_000);

const OLD = `import { CommandBus } from '@nestjs/cqrs';\nexport { CommandBus };\n`;
const NEW = OLD.replace('@nestjs/cqrs', 'nestjs-cqrs');
const RANGE = `^${manifest.version}`;

const packageOf = (dependencies: Record<string, string>) => JSON.stringify({ dependencies });

/** A project without packages: TypeScript is the one beside the command. */
const project = (files: Record<string, string | Uint8Array> = {}) =>
  new TemporaryProject({ 'package.json': packageOf({ '@nestjs/cqrs': '^12.0.0' }), 'src/a.ts': OLD, ...files });

describe('a git tree', () => {
  it('with uncommitted changes is refused, and left as it is', async () => {
    using dirty = project().commit();
    dirty.write('unrelated.md', 'new');
    const { code, output, errors } = await dirty.run('migrate');
    expect({ code, output }).toEqual({ code: 1, output: '' });
    expect(errors).toBe(
      'Nothing was written.\n\nThe git tree has uncommitted changes. Commit or stash them, or use --force.',
    );
    expect(dirty.read('src/a.ts')).toBe(OLD);
  });

  it('with uncommitted changes is reported on with --dry-run, with the reason why it will be refused', async () => {
    using dirty = project().commit();
    dirty.write('unrelated.md', 'new');
    const { code, output, errors } = await dirty.run('migrate', '--dry-run');
    expect(code).toBe(0);
    expect(output).toContain('2 places in 2 files would be changed');
    expect(errors).toMatch(/^Without --dry-run this is refused:\n\nThe git tree has uncommitted changes\./);
    expect(dirty.read('src/a.ts')).toBe(OLD);
  });

  it('with uncommitted changes is changed with --force', async () => {
    using dirty = project().commit();
    dirty.write('unrelated.md', 'new');
    expect(await dirty.run('migrate', '--force')).toMatchObject({ code: 0, errors: '' });
    expect([dirty.read('src/a.ts'), dirty.read('unrelated.md')]).toEqual([NEW, 'new']);
  });

  it('that is missing is refused, unless forced', async () => {
    using bare = project();
    const { code, errors } = await bare.run('migrate');
    expect(code).toBe(1);
    expect(errors).toMatch(/is in no git tree, so there would be no way back\. Commit it to one, or use --force\.$/);
    expect(bare.read('src/a.ts')).toBe(OLD);
    expect((await bare.run('migrate', '--force')).code).toBe(0);
    expect(bare.read('src/a.ts')).toBe(NEW);
  });
});

describe('a file that changes while migrate works', () => {
  it('is not written, nor is any other: exit code 1', async () => {
    using busy = project({ 'src/b.ts': OLD }).commit();
    spawnSync('git', ['update-index', '--assume-unchanged', 'src/b.ts'], { cwd: busy.folder });
    let asked = 0;
    const output: string[] = [];
    const errors: string[] = [];
    const code = await run(['migrate'], {
      get folder() {
        // Asked the second time when all has been read.
        if (++asked === 2) busy.write('src/b.ts', `${OLD}// saved\n`);
        return busy.folder;
      },
      print: text => void output.push(text),
      complain: text => void errors.push(text),
    });
    expect({ code, output, errors }).toEqual({
      code: 1,
      output: [],
      errors: [`${busy.folder}/src/b.ts has changed since it was read. Nothing was written: run migrate again.`],
    });
    expect([busy.read('src/a.ts'), busy.read('src/b.ts')]).toEqual([OLD, `${OLD}// saved\n`]);
  });
});

describe('files that git does not keep', () => {
  it('are refused where the repository ignores the folder', async () => {
    using around = new TemporaryProject();
    around.commit();
    around.write('node_modules/app/package.json', packageOf({ '@nestjs/cqrs': '^12.0.0' }));
    around.write('node_modules/app/a.ts', OLD);
    const { code, errors } = await around.run('migrate', 'node_modules/app');
    expect(code).toBe(1);
    expect(errors).toMatch(/so there would be no way back\. Commit it to one, or use --force\.$/);
    expect(around.read('node_modules/app/a.ts')).toBe(OLD);
  });

  it('are refused where git is told not to list new files', async () => {
    using quiet = project().commit();
    spawnSync('git', ['config', 'status.showUntrackedFiles', 'no'], { cwd: quiet.folder });
    quiet.write('src/new.ts', OLD);
    expect((await quiet.run('migrate')).code).toBe(1);
    expect(quiet.read('src/new.ts')).toBe(OLD);
  });
});

describe('Nest 10', () => {
  const onNest10 = () =>
    project({ 'package.json': packageOf({ '@nestjs/core': '^10.0.0', '@nestjs/cqrs': '^10.0.0' }) });

  it('has to move first: nothing is changed', async () => {
    using old = onNest10().commit();
    old.write('node_modules/@nestjs/core/package.json', '{"version": "10.4.1"}');
    const { code, errors } = await old.run('migrate');
    expect(code).toBe(1);
    expect(errors).toContain('Nest or Node is too old');
    expect(errors).toContain('package.json:1:18  @nestjs/core 10.4.1');
    expect(errors).toMatch(/\n\nOr use --force\.$/);
    expect(old.read('src/a.ts')).toBe(OLD);
    const forced = await old.run('migrate', '--force');
    expect(forced.code).toBe(0);
    expect(forced.output).toContain('package.json:1:18  @nestjs/core 10.4.1');
    expect(old.read('src/a.ts')).toBe(NEW);
  });
});

describe('a project with everything that is unusual', () => {
  const files = {
    'yarn.lock': '"@nestjs/cqrs@^12.0.0":\n',
    'package.json': packageOf({ '@nestjs/common': '^12.0.0', '@nestjs/cqrs': '^12.0.0' }),
    'packages/with space/package.json': `{\n\t"devDependencies": {\n\t\t"@nestjs/cqrs": "*"\n\t}\n}\n`,
    'packages/with space/src/über file.ts': `\uFEFF${OLD.replaceAll('\n', '\r\n')}`,
    'packages/with space/tsconfig.json': '{"compilerOptions": {"paths": {"@nestjs/cqrs": ["./x"]}}}',
    'src/latin.ts': Buffer.from(`// caf\u00e9\n${OLD}`, 'latin1'),
    'src/broken.ts': `${OLD}class {{\n`,
    'src/texts.ts': `// @nestjs/cqrs\nexport const text = 'see @nestjs/cqrs for more', name = '@nestjs/cqrs';\n`,
    'src/deep.ts': `import '@nestjs/cqrs/dist/services/explorer.service';\nimport '@nestjs/cqrs/dist/decorators/constants';\n`,
    'jest.config.js': `module.exports = { moduleNameMapper: { '^@nestjs/cqrs$': '<rootDir>/fake.ts' } };\n`,
  };

  it('is changed where it is certain, told where it is not, and the same the second time', async () => {
    using unusual = project(files).commit();
    const { code, output } = await unusual.run('migrate');
    expect(code).toBe(0);
    expect(unusual.read('packages/with space/src/über file.ts')).toBe(`\uFEFF${NEW.replaceAll('\n', '\r\n')}`);
    expect(unusual.read('packages/with space/package.json')).toBe(
      files['packages/with space/package.json'].replace('@nestjs/cqrs": "*"', `nestjs-cqrs": "${RANGE}"`),
    );
    expect(unusual.read('package.json')).toBe(packageOf({ '@nestjs/common': '^12.0.0', 'nestjs-cqrs': RANGE }));
    expect(unusual.read('src/deep.ts')).toBe(
      files['src/deep.ts'].replace(/@nestjs\/cqrs(?=\/dist\/decorators)/, 'nestjs-cqrs'),
    );
    expect(unusual.read('src/broken.ts')).toBe(`${NEW}class {{\n`);
    for (const untouched of ['src/texts.ts', 'jest.config.js', 'yarn.lock', 'packages/with space/tsconfig.json']) {
      expect(unusual.read(untouched)).toBe(files[untouched as keyof typeof files]);
    }
    expect(output).toContain('Then run: yarn install');
    const told = [
      'src/latin.ts:2:29  not encoded in UTF-8',
      'src/deep.ts:1:9  @nestjs/cqrs/dist/services/explorer.service',
      'src/texts.ts:2:58  @nestjs/cqrs',
      'jest.config.js:1:41  ^@nestjs/cqrs$',
      'packages/with space/tsconfig.json:1:32  "@nestjs/cqrs"',
    ];
    expect(output.split('\n')).toEqual(expect.arrayContaining(told.map(line => `  ${line}`)));
    expect(output).toMatch(/src\/broken\.ts:\d+:\d+ {2}\d syntax errors?/);

    const again = await unusual.run('migrate');
    expect(again.code).toBe(0);
    expect(again.output).toMatch(/^Nothing to change\.\n/);
  });

  it('can be one folder of it', async () => {
    using monorepo = project(files).commit();
    const { code, output } = await monorepo.run('migrate', 'packages/with space');
    expect(code).toBe(0);
    expect(output).toContain('2 places in 2 files changed.');
    expect(output).toContain('packages/with space/package.json:3:3  "@nestjs/cqrs": "*" → ');
    expect(monorepo.read('src/a.ts')).toBe(OLD);
    expect(monorepo.read('package.json')).toBe(files['package.json']);
  });

  it('is told how to install what its package.json names already', async () => {
    const jest = '  "jest": { "moduleNameMapper": { "@nestjs/cqrs": "x" } }';
    const manifest = `{\n  "dependencies": { "nestjs-cqrs": "^12.0.0" },\n${jest}\n}\n`;
    using half = project({ 'package.json': manifest }).commit();
    const { output } = await half.run('migrate');
    expect(output).toContain('Then run: npm install\n');
    expect(output).toContain('package.json:3:35  "@nestjs/cqrs"');
    expect(half.read('package.json')).toBe(manifest);
  });

  it('is told of libraries that need @nestjs/cqrs', async () => {
    const dependencies = { '@nestjs/cqrs': '^12.0.0', library: '^1.0.0' };
    using served = project({ 'package.json': packageOf(dependencies) }).commit();
    served.write('node_modules/library/package.json', '{"version":"1.2.3","dependencies":{"@nestjs/cqrs":"^11.0.0"}}');
    const { output } = await served.run('migrate', '--dry-run');
    expect(output).toContain('package.json:1:18  library 1.2.3 needs @nestjs/cqrs "^11.0.0"');
  });

  it('is told how to install the package where no package.json names it', async () => {
    using bare = project({ 'package.json': '{}', 'pnpm-lock.yaml': '' }).commit();
    const { output } = await bare.run('migrate');
    expect(output).toContain('Then run: pnpm add nestjs-cqrs');
    expect(output).toContain('Nothing to look at.');
  });
});

describe('an alias that gives libraries this package under the name of the incumbent', () => {
  it('stays, and so do the imports below it: with both names there would be two copies', async () => {
    const files = {
      'package.json': packageOf({ '@nestjs/cqrs': 'npm:nestjs-cqrs@^12.0.0' }),
      'src/texts.ts': `export const name = '@nestjs/cqrs';\n`,
      'src/awaits.ts': `import { EventBus } from '@nestjs/cqrs';\nexport const f = async (b: EventBus) => await b.publish({});\n`,
      'tsconfig.json': '{"compilerOptions": {"paths": {"@nestjs/cqrs": []}}}',
      'packages/other/package.json': packageOf({ '@nestjs/cqrs': '^12.0.0' }),
      'packages/other/src/b.ts': OLD,
      'packages/plain/package.json': '{}',
      'packages/plain/src/c.ts': OLD,
    };
    using aliased = project({ ...files, 'broken/package.json': '{ "dependencies": ' }).commit();
    const { code, output } = await aliased.run('migrate');
    expect(code).toBe(0);
    expect(output).toContain('2 places in 2 files changed.');
    expect(output).toContain('package.json:1:18  @nestjs/cqrs is nestjs-cqrs');
    expect(output).toContain('2 places to look at:');
    expect(output).toContain('src/awaits.ts:2:47  await b.publish(…)');
    expect(aliased.read('packages/other/src/b.ts')).toBe(NEW);
    expect(aliased.read('packages/other/package.json')).toBe(packageOf({ 'nestjs-cqrs': RANGE }));
    for (const file of ['package.json', 'src/texts.ts', 'src/awaits.ts', 'packages/plain/src/c.ts'] as const) {
      expect(aliased.read(file)).toBe(files[file]);
    }
    expect(aliased.read('src/a.ts')).toBe(OLD);
  });

  it('does not reach a library with a copy of its own: that is told', async () => {
    using aliased = project({
      'package.json': packageOf({ '@nestjs/cqrs': 'npm:nestjs-cqrs@^12.0.0', library: '1' }),
    }).commit();
    const needs = '{"version":"1.2.3","dependencies":{"@nestjs/cqrs":"^11.0.0"}}';
    aliased.write('node_modules/library/package.json', needs);
    aliased.write('node_modules/library/node_modules/@nestjs/cqrs/package.json', '{"name":"@nestjs/cqrs"}');
    expect((await aliased.run('migrate')).output).toContain('library 1.2.3 needs @nestjs/cqrs "^11.0.0"');
  });
});
