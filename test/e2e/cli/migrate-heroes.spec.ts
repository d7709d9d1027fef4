import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import manifest from '../../../package.json' with { type: 'json' };
import { TemporaryProject } from '../../unit/cli/temporary-project.js';

// TypeScript is loaded anew for each file of tests, which takes seconds on a busy machine.
jest.setTimeout(60_000);

const SAMPLE = join(import.meta.dirname, '../../../sample/02-heroes/src');

const CONFIG = {
  compilerOptions: { module: 'nodenext', target: 'es2022', strict: true, experimentalDecorators: true },
};

const packageJson = (...dependency: [name: string, range: string]) => {
  const dependencies = { '@nestjs/core': '^12.0.0', ...Object.fromEntries([dependency]), rxjs: '^7.8.0' };
  return `${JSON.stringify({ name: 'heroes', type: 'module', dependencies }, undefined, 2)}\n`;
};

/** The files of the sample, by path. */
const sample = new Map(
  readdirSync(SAMPLE, { recursive: true, encoding: 'utf8' })
    .filter(file => /\.\w+$/.test(file))
    .map(file => [`src/${file}`, readFileSync(join(SAMPLE, file), 'utf8')] as const),
);

/** The sample as it was on `@nestjs/cqrs`. */
function heroes(): TemporaryProject {
  const project = new TemporaryProject({
    'package.json': packageJson('@nestjs/cqrs', '^12.0.0'),
    'tsconfig.json': JSON.stringify(CONFIG),
  });
  for (const [file, text] of sample) project.write(file, text.replaceAll(`'nestjs-cqrs'`, `'@nestjs/cqrs'`));
  return project.withPackages().commit();
}

const textsOf = (project: TemporaryProject) => [...sample.keys()].map(file => [file, project.read(file)]);

/** What a person must look at in the sample. */
const AWAITED = [
  'src/game/commands/give-item.handler.ts:15:11  await hero.commit(…)',
  'src/game/commands/kill-dragon.handler.ts:17:11  await dragon.commit(…)',
];

describe('migrating sample/02-heroes from @nestjs/cqrs', () => {
  const project = heroes();
  afterAll(() => project[Symbol.dispose]());

  it('gives the sample itself, and tells what it awaits', async () => {
    const { code, output, errors } = await project.run('migrate');
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(output).toContain('src/app.module.ts:2:29  @nestjs/cqrs → nestjs-cqrs\n');
    expect(output).toContain('16 places in 16 files changed.');
    expect(output).toContain('Then run: npm install\n');
    expect(output).toContain('2 places to look at:');
    for (const line of AWAITED) expect(output).toContain(line);
    expect(textsOf(project)).toEqual([...sample]);
    expect(project.read('package.json')).toBe(packageJson('nestjs-cqrs', `^${manifest.version}`));
  });

  it('changes nothing the second time, and says so', async () => {
    const { code, output, errors } = await project.run('migrate');
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(output).toMatch(/^Nothing to change\.\n/);
    for (const line of AWAITED) expect(output).toContain(line);
    expect(textsOf(project)).toEqual([...sample]);
    expect(project.read('package.json')).toBe(packageJson('nestjs-cqrs', `^${manifest.version}`));
  });
});
