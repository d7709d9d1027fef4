import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { jest } from '@jest/globals';
import { root, run, userEnvironment, Workspace } from './workspace.js';

/** Pastes docs/getting-started.md into fresh projects, and does what the page says. Needs a built `dist/`. */
jest.setTimeout(480_000);

const page = readFileSync(join(root, 'docs/getting-started.md'), 'utf8');

/** The files of the page, each under the name that stands above it. */
const files = [...page.matchAll(/^`(src\/\S+)`\n\n<!-- from .+ -->\n\n```ts\n([^]*?)^```$/gm)].map(
  ([, name, code]) => [name!, code!] as const,
);
/** The lines that the page asks to try, each with the answer below it. */
const calls = [...page.matchAll(/^```sh\n(curl .+)\n```\n\n```json\n(.+)\n```$/gm)].map(([, line, answer]) => ({
  line: line!,
  answer: answer!,
}));
/** What follows `npx @nestjs/cli` on the page. */
const [, creation] = /^npx @nestjs\/cli (new .+)$/m.exec(page)!;
const [, logged] = /^```text\n(.+)\n```$/m.exec(page)!;

const workspace = new Workspace();

/** The folder of each project; both are installed at the same time. */
let projects: Record<'nest-11' | 'nest-12', string>;

beforeAll(async () => {
  await workspace.pack();
  const [eleven, twelve] = await Promise.all([workspace.install('nest-11-new'), newProject()]);
  projects = { 'nest-11': eleven, 'nest-12': twelve };
});

afterAll(() => workspace.remove());

describe('the page', () => {
  it('gives every block of code the name of its file', () => {
    expect(files).toHaveLength(page.match(/^```ts$/gm)!.length);
    expect(files.filter(([name]) => !name.endsWith('.spec.ts'))).toHaveLength(6);
  });

  it('shows the answer to every call', () => {
    expect(calls).toHaveLength(page.match(/^curl /gm)!.length);
    expect(calls.length).toBeGreaterThan(0);
  });
});

describe.each([
  ['Nest 12 and ES modules, from nest new,', 'nest-12', (code: string) => code, 'typescript-7'],
  ['Nest 11 and CommonJS', 'nest-11', withoutEndings, 'typescript-5.9'],
] as const)('pasted into a project of %s the page', (_, name, paste, compiler) => {
  let folder: string;

  beforeAll(() => {
    folder = projects[name];
    for (const [file, code] of files) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), paste(code));
    }
  });

  it('compiles', async () => {
    const tsc = join(root, 'node_modules', compiler, 'bin/tsc');
    const { output } = await run(process.execPath, [tsc, '--noEmit', '-p', 'tsconfig.json'], folder);
    expect(output).toBe('');
  });

  it('starts, answers and logs as it shows', async () => {
    const app = await StartedApplication.start(folder);
    try {
      const answers: string[] = [];
      for (const { line } of calls) answers.push(await app.call(line));
      expect(answers).toEqual(calls.map(({ answer }) => answer));
      expect(app.console).toContain(logged);
    } finally {
      await app.stop();
    }
  });

  it('passes its test', async () => {
    const { code, output } = await run('npm', ['test', '--', 'src/users/users.spec.ts'], folder);
    expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
  });
});

/** What the page tells projects of CommonJS. */
function withoutEndings(code: string): string {
  return code.replaceAll(/(from '\.\S+)\.js'/g, "$1'");
}

/** What `nest new` makes, with the tarball, and without tools that are not used here or come from this repository. */
async function newProject(): Promise<string> {
  const nest = join(root, 'node_modules/@nestjs/cli/bin/nest.js');
  const args = [...creation!.split(' '), '--skip-install', '--skip-git', '-p', 'npm'];
  const { code, output } = await run(process.execPath, [nest, ...args], workspace.folder);
  if (code !== 0) throw new Error(`nest new failed:\n${output}`);
  const folder = join(workspace.folder, 'users');
  // Needs supertest, which is among these tools.
  rmSync(join(folder, 'test'), { recursive: true });
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
    devDependencies: Record<string, string>;
  };
  manifest.dependencies['nestjs-cqrs'] = `file:${workspace.tarball}`;
  const used = ['@nestjs/testing', '@types/node', 'vite-tsconfig-paths', 'vitest'];
  manifest.devDependencies = Object.fromEntries(
    Object.entries(manifest.devDependencies).filter(([name]) => used.includes(name)),
  );
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  return workspace.installIn(folder);
}

/** `npm start` in a project, with the Nest CLI of this repository. */
class StartedApplication {
  console = '';

  private constructor(
    private readonly child: ChildProcess,
    private readonly port: number,
  ) {}

  static async start(folder: string): Promise<StartedApplication> {
    const port = await freePort();
    const env = userEnvironment();
    const PATH = `${env['PATH']}${delimiter}${join(root, 'node_modules/.bin')}`;
    // A group of its own: npm, the CLI and the application are ended together.
    const child = spawn('npm', ['start'], { cwd: folder, env: { ...env, PATH, PORT: String(port) }, detached: true });
    const app = new StartedApplication(child, port);
    await app.started();
    return app;
  }

  private started(): Promise<void> {
    return new Promise((resolve, reject) => {
      const read = (chunk: Buffer): void => {
        this.console += stripVTControlCharacters(chunk.toString());
        if (this.console.includes('Nest application successfully started')) resolve();
      };
      this.child.stdout!.on('data', read);
      this.child.stderr!.on('data', read);
      this.child.on('error', reject);
      this.child.on('exit', code => reject(new Error(`npm start ended with code ${code}:\n${this.console}`)));
    });
  }

  /** The answer to a line of the page; where curl is not installed, to what curl would send. */
  async call(line: string): Promise<string> {
    const here = line.replace('localhost:3000', `localhost:${this.port}`);
    const { code, output } = await run('sh', ['-c', `${here} -sS`], root);
    return code === 127 ? send(here) : output;
  }

  stop(): Promise<void> {
    const ended = new Promise<void>(resolve => this.child.once('close', () => resolve()));
    process.kill(-this.child.pid!, 'SIGTERM');
    return ended;
  }
}

async function send(line: string): Promise<string> {
  const [, address] = /(localhost:\S+)/.exec(line)!;
  const [, type, body] = /-H 'content-type: (\S+)' -d '(.+)'$/.exec(line) ?? [];
  const request = body === undefined ? {} : { method: 'POST', headers: { 'content-type': type! }, body };
  return (await fetch(`http://${address}`, request)).text();
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
