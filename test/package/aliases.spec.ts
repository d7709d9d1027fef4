import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { consumers, run, Workspace } from './workspace.js';

jest.setTimeout(240_000);

const nest = { '@nestjs/common': '^11.0.0' };
const cqrs = { '@nestjs/cqrs': '^11.0.0' };
/** The manifests of the same library before version 12: with a peer, and with a copy of its own. */
const librariesOf11 = {
  'library-of-peer-11': { peerDependencies: { ...nest, ...cqrs } },
  'library-of-its-own-11': { peerDependencies: nest, dependencies: cqrs },
};

const workspace = new Workspace();
let registry: string;

beforeAll(async () => {
  await workspace.pack();
  registry = (await run('npm', ['config', 'get', 'registry'], workspace.folder)).output.trim();
  const library = workspace.copy('incumbent-library');
  for (const [name, sections] of Object.entries(librariesOf11)) {
    cpSync(library, join(workspace.folder, name), { recursive: true });
    const text = JSON.stringify({ name, version: '1.0.0', main: './index.js', ...sections });
    writeFileSync(join(workspace.folder, name, 'package.json'), text);
  }
});

afterAll(() => workspace.remove());

const npm = ['npm', 'install', '--install-links', '--prefer-offline', '--no-audit', '--no-fund', '--strict-peer-deps'];
const pnpm = ['npx', '-y', 'pnpm@10.34.9', 'install', '--prefer-offline', '--no-frozen-lockfile'];
const yarn1 = ['npx', '-y', 'yarn@1.22.22', 'install', '--prefer-offline', '--no-progress', '--non-interactive'];
const yarn4 = ['npx', '-y', '@yarnpkg/cli-dist@4.18.1', 'install', '--no-immutable'];

const one = { reserved: ['12A'], copies: 1 };
const two = { reserved: [], copies: 2, failure: 'UnknownDependenciesException' };

describe.each([
  // pnpm gives both names the same folder.
  ['npm', npm, two],
  ['pnpm', pnpm, one],
  ['yarn 1', yarn1, two],
  ['yarn 4', yarn4, two],
])('A library of @nestjs/cqrs, installed by %s with the alias,', (manager, command, byBothNames) => {
  let plain: string;
  let overridden: string;

  beforeAll(async () => {
    plain = await install('alias', manager, command);
    overridden = await install('alias-overrides', manager, command);
  });

  it('shares one copy with an application that imports @nestjs/cqrs', async () => {
    expect(await runApp(plain, '@nestjs/cqrs', 'incumbent-library')).toEqual(one);
  });

  it('has a copy of its own beside an application that imports nestjs-cqrs, unless both names have one folder', async () => {
    expect(await runApp(plain, 'nestjs-cqrs', 'incumbent-library')).toEqual(byBothNames);
  });

  it.each(Object.keys(librariesOf11))('shares one copy with overrides: %s', async library => {
    expect(await runApp(overridden, '@nestjs/cqrs', library)).toEqual(one);
  });
});

it('A library that asks for version 11 as its peer is refused by npm without overrides', async () => {
  const folder = project('alias-overrides', 'npm without overrides', manifest => {
    delete manifest['overrides'];
  });
  const { code, output } = await run(npm[0]!, [...npm.slice(1), '--dry-run'], folder);
  expect(code).not.toBe(0);
  expect(output).toContain('ERESOLVE');
});

/** A copy of a consumer in which `npm:nestjs-cqrs@…`, as a user writes it, is the tarball. */
function project(
  name: string,
  manager: string,
  change: (manifest: Record<string, unknown>) => void = () => {},
): string {
  const folder = join(workspace.folder, `${name} by ${manager}`.replaceAll(' ', '-'));
  cpSync(join(consumers, name), folder, { recursive: true });
  cpSync(join(consumers, 'shared/alias-app.mjs'), join(folder, 'alias-app.mjs'));
  const packed = (text: string) =>
    text.replaceAll(/npm:nestjs-cqrs@\S+?(?=["\n])|(?<="nestjs-cqrs": ")[^"]+/g, 'file:../nestjs-cqrs.tgz');
  const manifest = JSON.parse(packed(readFileSync(join(folder, 'package.json'), 'utf8'))) as Record<string, unknown>;
  change(manifest);
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  if (name === 'alias-overrides') {
    const settings = join(folder, 'pnpm-workspace.yaml');
    writeFileSync(settings, packed(readFileSync(settings, 'utf8')));
  }
  return folder;
}

async function install(name: string, manager: string, [command, ...args]: string[]): Promise<string> {
  const folder = project(name, manager);
  // yarn asks a registry of its own if it is not told.
  writeFileSync(join(folder, '.npmrc'), `registry=${registry}\n`);
  if (manager === 'yarn 4') {
    writeFileSync(join(folder, '.yarnrc.yml'), `nodeLinker: node-modules\nnpmRegistryServer: '${registry}'\n`);
    writeFileSync(join(folder, 'yarn.lock'), '');
  }
  const { code, output } = await run(command!, args, folder);
  if (code !== 0) throw new Error(`${manager} failed:\n${output}`);
  return folder;
}

async function runApp(folder: string, name: string, library: string): Promise<unknown> {
  const { code, output } = await run(process.execPath, ['alias-app.mjs', name, library], folder);
  if (code !== 0) throw new Error(output);
  return JSON.parse(output);
}
