import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, symlinkSync, utimesSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { jest } from '@jest/globals';
import { transformSync } from '@swc/core';
import { TemporaryProject } from '../unit/cli/temporary-project.js';

jest.setTimeout(240_000);

const root = join(import.meta.dirname, '../..');

const MESSAGES = `
import { Command } from 'nestjs-cqrs';

export class Pay extends Command {}
`;

const MODULE = `
import { Module } from '@nestjs/common';
import { CommandHandler, CqrsModule } from 'nestjs-cqrs';
import { Pay } from './messages.js';

@CommandHandler(Pay)
class PayHandler {
  private readonly given!: string;
  async execute() {}
}

@Module({ imports: [CqrsModule.forRoot()], providers: [PayHandler] })
export class AppModule {}
`;

const CONFIG = {
  compilerOptions: {
    module: 'nodenext',
    target: 'es2022',
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    rootDir: 'src',
    outDir: 'dist',
  },
};

/** A project that has installed this library, Nest, and perhaps a loader of TypeScript. */
function projectWith(...packages: readonly string[]): TemporaryProject {
  const project = new TemporaryProject({
    'package.json': JSON.stringify({ name: 'payments', type: 'module' }),
    'tsconfig.json': `// a comment\n${JSON.stringify(CONFIG)}`,
    'src/messages.ts': MESSAGES,
    'src/app.module.ts': MODULE,
  });
  for (const name of ['@nestjs', 'rxjs', 'reflect-metadata', ...packages]) {
    const link = join(project.folder, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), link);
  }
  symlinkSync(root, join(project.folder, 'node_modules/nestjs-cqrs'));
  return project;
}

const run = ({ folder }: TemporaryProject, ...args: readonly string[]) => {
  const main = join(root, 'dist/cli/main.js');
  const { NODE_OPTIONS: _, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    cwd: folder,
    env,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
};

const WIRING = 'Commands\n  Pay → PayHandler (AppModule)\n';

const LOADERS = ['tsx', '@swc-node/register'];

/** One with a database, and one with sagas and aggregates. Their documents are in the repository. */
const SAMPLES = ['01-users', '02-heroes'];

/** A sample, in a project with all packages of this repository but the loaders; of those with one at most. */
function projectOf(sample: string, loader?: string): TemporaryProject {
  const project = new TemporaryProject({ 'package.json': JSON.stringify({ name: 'samples', type: 'module' }) });
  project.write(join(sample, 'tsconfig.json'), JSON.stringify(CONFIG));
  for (const part of ['src', 'wiring.json'])
    cpSync(join(root, sample, part), join(project.folder, sample, part), { recursive: true });
  mkdirSync(join(project.folder, 'node_modules'));
  for (const name of readdirSync(join(root, 'node_modules')))
    if (name === loader?.split('/')[0] || LOADERS.every(other => name !== other.split('/')[0]))
      project.link(join('node_modules', name), join('node_modules', name));
  symlinkSync(root, join(project.folder, 'node_modules/nestjs-cqrs'));
  return project;
}

/** What a compiler writes of a file, with a map to its source. */
function compile(project: TemporaryProject, source: string, target: string): void {
  const { code } = transformSync(project.read(source), {
    swcrc: false,
    sourceMaps: 'inline',
    sourceFileName: relative(dirname(target), source),
    module: { type: 'es6' },
    jsc: {
      target: 'es2022',
      keepClassNames: true,
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
    },
  });
  project.write(target, code);
}

describe('nestjs-cqrs wiring, on TypeScript', () => {
  it.each(LOADERS)('is loaded by %s of the project, with the lines of TypeScript', loader => {
    using project = projectWith(loader);
    const { status, stdout, stderr } = run(project, 'explain', 'Pay');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    // A class begins at its decorators, for swc-node.
    expect(stdout.replace('app.module.ts:6', 'app.module.ts:7')).toBe(
      'command Pay   src/messages.ts:4\n  handled by   PayHandler (AppModule), class, singleton   src/app.module.ts:7\n',
    );
  });

  it('is read compiled where no source is newer, else refused with two ways to go on', () => {
    using project = projectWith();
    for (const file of ['messages', 'app.module']) compile(project, `src/${file}.ts`, `dist/${file}.js`);
    expect(run(project, 'wiring')).toEqual({ status: 0, stdout: WIRING, stderr: '' });
    utimesSync(join(project.folder, 'src/messages.ts'), new Date(), new Date(Date.now() + 60_000));
    const { status, stderr } = run(project, 'wiring');
    expect(status).toBe(2);
    expect(stderr).toContain('npx nest build');
    expect(stderr).toContain('npm install --save-dev tsx');
  });
});

describe('nestjs-cqrs wiring, on the samples', () => {
  const checked = (project: TemporaryProject, sample: string) =>
    run(project, 'wiring', `${sample}/src/app.module.ts`, '--check', `${sample}/wiring.json`);

  const asItsDocument = { status: 0, stdout: '', stderr: '' };

  describe.each(SAMPLES.map(name => `sample/${name}`))('%s is as its document says', sample => {
    it.each(LOADERS)('loaded by %s', loader => {
      using project = projectOf(sample, loader);
      expect(checked(project, sample)).toEqual(asItsDocument);
    });

    it('compiled', () => {
      using project = projectOf(sample);
      for (const file of readdirSync(join(project.folder, sample, 'src'), { recursive: true, encoding: 'utf8' }))
        if (file.endsWith('.ts'))
          compile(project, join(sample, 'src', file), join(sample, 'dist', file.replace(/ts$/, 'js')));
        else if (file.includes('.')) project.write(join(sample, 'dist', file), project.read(join(sample, 'src', file)));
      expect(checked(project, sample)).toEqual(asItsDocument);
    });
  });
});

describe('an application that requires the library', () => {
  it('is asked for its queues by its own copy', () => {
    using project = projectWith();
    project.write(
      'app.mjs',
      `import { createRequire } from 'node:module';
       import { Module } from '@nestjs/common';
       const require = createRequire(import.meta.url);
       const { CqrsModule } = require('./node_modules/nestjs-cqrs/dist/cjs/index.js');
       class AppModule {}
       Module({ imports: [CqrsModule.forRoot()] })(AppModule);
       export { AppModule };`,
    );
    const { status, stdout, stderr } = run(project, 'queues', 'app.mjs');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/Give it one: CqrsModule\.forRoot\(\{ durable: .* \[CQRS_NOT_DURABLE\]\n$/);
  });

  const onNode20 = process.versions.node.startsWith('20.') ? describe : describe.skip;

  onNode20('by tsx on Node 20', () => {
    const SECOND_COPY =
      /^Nest cannot load the application: on Node 20, tsx gives packages that require Nest 12 a second copy of it\.\nEither of these helps:\n {2}compile the application first: {2}npx nest build\n[^]*\nWhat Nest says: Nest can't resolve/;

    const requiring = () => {
      const project = projectWith('tsx');
      project.write('package.json', JSON.stringify({ name: 'payments' }));
      const compilerOptions = { ...CONFIG.compilerOptions, module: 'commonjs' };
      project.write('tsconfig.json', JSON.stringify({ compilerOptions }));
      return project;
    };

    it('is shown', () => {
      using project = requiring();
      const { status, stdout } = run(project, 'wiring');
      expect({ status, stdout }).toEqual({ status: 0, stdout: 'Commands\n  Pay → PayHandler (AppModule)\n' });
    });

    it('cannot be started: the command says what to do', () => {
      using project = requiring();
      const { status, stdout, stderr } = run(project, 'wiring', '--instantiate');
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toMatch(SECOND_COPY);
    });

    it('cannot be shown where it imports a package that requires Nest: the command says what to do', () => {
      using project = projectWith('tsx', 'nestjs-cls');
      project.write(
        'src/app.module.ts',
        MODULE.replace('\n', "\nimport { ClsModule } from 'nestjs-cls';\n").replace(
          'imports: [',
          'imports: [ClsModule.forRoot(), ',
        ),
      );
      const { status, stdout, stderr } = run(project, 'wiring');
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toMatch(SECOND_COPY);
    });
  });
});
