import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { jest } from '@jest/globals';
import manifest from '../../package.json' with { type: 'json' };
import { root, userEnvironment, Workspace } from './workspace.js';

/** Runs the command of the packed tarball on a project that the Nest CLI has made. Needs a built `dist/`. */
jest.setTimeout(240_000);

const packages = new Workspace();
const workspace = realpathSync(mkdtempSync(join(tmpdir(), 'nestjs-cqrs-migrate-')));
const projects = join(workspace, 'projects');
const project = join(projects, 'shop');

/** What the Nest CLI leaves to the developer. */
const FEATURE: Readonly<Record<string, string>> = {
  'src/app.module.ts': `import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { LoggingCommandBus } from './orders/logging-command-bus.js';
import { PlaceOrderHandler } from './orders/place-order.handler.js';

@Module({ imports: [CqrsModule.forRoot()], providers: [LoggingCommandBus, PlaceOrderHandler] })
export class AppModule {}
`,
  'src/orders/place-order.ts': `import { Command } from "@nestjs/cqrs";

export class PlaceOrder extends Command<string> {}
export class OrderPlaced {}
`,
  'src/orders/place-order.handler.ts': `import { CommandHandler, EventBus, type ICommandHandler } from '@nestjs/cqrs';
import { COMMAND_HANDLER_METADATA } from '@nestjs/cqrs/dist/decorators/constants';
import { OrderPlaced, PlaceOrder } from './place-order.js';

export const metadataKey: string = COMMAND_HANDLER_METADATA;

@CommandHandler(PlaceOrder)
export class PlaceOrderHandler implements ICommandHandler<PlaceOrder> {
  constructor(private readonly events: EventBus) {}

  async execute() {
    // @nestjs/cqrs does not wait here.
    await this.events.publish(new OrderPlaced());
    return 'placed';
  }
}
`,
  'src/orders/logging-command-bus.ts': `import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';

@Injectable()
export class LoggingCommandBus extends CommandBus {}
`,
  'src/orders/place-order.spec.ts': `vi.mock(import('@nestjs/cqrs'));
vi.mock('@nestjs/cqrs', async () => await vi.importActual('@nestjs/cqrs'));
`,
};

/** Where the tarball is installed; without its peers, of which the command needs none. */
const tool = join(workspace, 'tool');

let generated: string[];

beforeAll(async () => {
  await packages.pack();
  mkdirSync(tool);
  writeFileSync(
    join(tool, 'package.json'),
    JSON.stringify({ dependencies: { 'nestjs-cqrs': `file:${packages.tarball}` } }),
  );
  await packages.installIn(tool, '--legacy-peer-deps', '--offline');
  mkdirSync(projects);
  symlinkSync(join(root, 'node_modules'), join(projects, 'node_modules'));
  const nest = join(root, 'node_modules/@nestjs/cli/bin/nest.js');
  const made = run(process.execPath, [nest, 'new', 'shop', '--skip-install', '--skip-git', '-p', 'npm'], projects);
  if (made.code !== 0) throw new Error(`nest new failed:\n${made.output}${made.errors}`);

  const packageJson = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
  const { '@nestjs/common': common, '@nestjs/core': core, ...rest } = packageJson.dependencies;
  packageJson.dependencies = { '@nestjs/common': common!, '@nestjs/core': core!, '@nestjs/cqrs': '^12.0.0', ...rest };
  write('package.json', `${JSON.stringify(packageJson, undefined, 2)}\n`);
  for (const [file, text] of Object.entries(FEATURE)) write(file, text);
  write('.gitignore', 'node_modules\n');
  run('git', ['init', '-q', '.'], project);
  commit();
  generated = filesInGit();
});

afterAll(() => {
  rmSync(workspace, { recursive: true, force: true });
  packages.remove();
});

describe('npx nestjs-cqrs', () => {
  it('runs the command of the tarball', () => {
    const npx = (...args: string[]) => run('npx', ['--no-install', 'nestjs-cqrs', ...args], tool);
    expect(npx('--version')).toEqual({ code: 0, output: `${manifest.version}\n`, errors: '' });
    expect(npx('wat')).toMatchObject({ code: 2, output: '' });
    expect(npx('--help')).toMatchObject({ code: 0, errors: '' });
  });

  it.each(['wiring', 'explain', 'queues'])('says that %s needs an application', name => {
    const { code, errors } = run(join(tool, 'node_modules/.bin/nestjs-cqrs'), [name], tool);
    expect(code).toBe(2);
    expect(errors).toContain(`"${name}" needs the packages of the application.`);
  });

  it('says how to get TypeScript where there is none', () => {
    const { code, errors } = run(join(tool, 'node_modules/.bin/nestjs-cqrs'), ['migrate'], tool);
    expect(code).toBe(1);
    expect(errors).toContain('npx -y -p typescript@6 -p nestjs-cqrs nestjs-cqrs migrate');
  });
});

describe('npx nestjs-cqrs migrate, in a project of the Nest CLI', () => {
  const before = new Map<string, string>();

  it('refuses a dirty git tree', () => {
    for (const file of generated) before.set(file, read(file));
    write('new.txt', '');
    expect(command('migrate')).toMatchObject({ code: 1, output: '' });
    rmSync(join(project, 'new.txt'));
    expect(texts()).toEqual([...before]);
  });

  it('writes nothing with --dry-run', () => {
    const { code, output } = command('migrate', '--dry-run');
    expect(code).toBe(0);
    expect(output).toContain('9 places in 6 files would be changed');
    expect(texts()).toEqual([...before]);
  });

  it('changes the imports and the package.json, and reports as docs/migration.md shows', () => {
    const { code, output, errors } = command('migrate');
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    const shown = join(import.meta.dirname, 'migrate/report.txt');
    const told = output.replace(`"nestjs-cqrs": "^${manifest.version}"`, '"nestjs-cqrs": "^<version>"');
    // UPDATE_DOCS=1 brings the file up to date.
    if (process.env['UPDATE_DOCS']) writeFileSync(shown, told);
    expect(told).toBe(readFileSync(shown, 'utf8'));

    const comment = '    // @nestjs/cqrs does not wait here.';
    for (const [file, text] of before) {
      const renamed = text
        .replaceAll('@nestjs/cqrs', 'nestjs-cqrs')
        .replace(comment.replace('@nestjs/', 'nestjs-'), comment);
      if (file === 'package.json') continue;
      expect([file, read(file)]).toEqual([file, renamed]);
    }
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
    expect(dependencies['nestjs-cqrs']).toBe(`^${manifest.version}`);
    expect(Object.keys(dependencies)).toEqual([
      '@nestjs/common',
      '@nestjs/core',
      '@nestjs/platform-express',
      'nestjs-cqrs',
      'reflect-metadata',
      'rxjs',
    ]);
  });

  it('changes nothing the second time, with the package installed', () => {
    mkdirSync(join(project, 'node_modules'));
    symlinkSync(join(tool, 'node_modules/nestjs-cqrs'), join(project, 'node_modules/nestjs-cqrs'));
    const after = texts();
    const { code, output } = command('migrate');
    expect(code).toBe(0);
    expect(output).toMatch(/^Nothing to change\.\n\n2 places to look at:\n/);
    expect(texts()).toEqual(after);
  });

  it('gives a project that compiles', () => {
    const { compilerOptions } = JSON.parse(read('tsconfig.json')) as { compilerOptions: object };
    // The package is a link, and what it needs is above the project.
    const own = { noEmit: true, incremental: false, types: ['node'], preserveSymlinks: true };
    const include = ['src/app.module.ts', 'src/main.ts', 'src/orders/*.handler.ts'];
    write('tsconfig.check.json', JSON.stringify({ compilerOptions: { ...compilerOptions, ...own }, include }));
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const { output } = run(process.execPath, [tsc, '-p', 'tsconfig.check.json'], project);
    expect(output).toBe('');
  });
});

/** The command as npx runs it, by its link, in the project. */
const command = (...args: string[]) => run(join(tool, 'node_modules/.bin/nestjs-cqrs'), args, project);

const read = (file: string): string => readFileSync(join(project, file), 'utf8');

const texts = (): [string, string][] => generated.map(file => [file, read(file)]);

const filesInGit = (): string[] => run('git', ['ls-files'], project).output.trim().split('\n');

function write(file: string, text: string): void {
  mkdirSync(dirname(join(project, file)), { recursive: true });
  writeFileSync(join(project, file), text);
}

function commit(): void {
  run('git', ['add', '-A'], project);
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@localhost', '-c', 'commit.gpgsign=false'];
  run('git', [...identity, 'commit', '-q', '-m', 'all'], project);
}

/** Runs a command as a user would. */
function run(command: string, args: string[], cwd: string): { code: number | null; output: string; errors: string } {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    env: userEnvironment(),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { code: status, output: stdout, errors: stderr };
}
