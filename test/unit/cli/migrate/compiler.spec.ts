import ts from 'typescript';
import { jest } from '@jest/globals';
import { compilerOf, NoCompiler } from '../../../../lib/cli/migrate/compiler.js';
import { TemporaryProject } from '../temporary-project.js';

// TypeScript is loaded anew for each file of tests, which takes seconds on a busy machine.
jest.setTimeout(60_000);

const EMPTY = new TemporaryProject();
afterAll(() => EMPTY[Symbol.dispose]());

const VERSION_7 = 'node_modules/typescript-7';

const usable = (folder: string, version: string): Record<string, string> => ({
  [`${folder}/typescript/package.json`]: '{"name": "typescript", "main": "index.cjs"}',
  [`${folder}/typescript/index.cjs`]: `module.exports = { version: '${version}', createProgram() {}, getDecorators() {} };`,
});

describe('the compiler', () => {
  it('is that of the project', () => {
    using project = new TemporaryProject().withPackages();
    expect(compilerOf(project.folder, EMPTY.folder).version).toBe(ts.version);
  });

  it('is that of a folder above, in a monorepo', () => {
    using project = new TemporaryProject({ 'packages/a/x.ts': '', ...usable('node_modules', '5.5.0') });
    expect(compilerOf(`${project.folder}/packages/a`, EMPTY.folder).version).toBe('5.5.0');
  });

  it('is that of the Nest CLI where the project has version 7', () => {
    using project = new TemporaryProject({
      'node_modules/@nestjs/cli/package.json': '{"name": "@nestjs/cli"}',
      ...usable('node_modules/@nestjs/cli/node_modules', '6.0.0'),
    });
    project.link('node_modules/typescript', VERSION_7);
    expect(compilerOf(project.folder, EMPTY.folder).version).toBe('6.0.0');
  });

  it('is the one beside this package where the project has none', () => {
    using beside = new TemporaryProject(usable('node_modules', '6.1.0'));
    expect(compilerOf(EMPTY.folder, beside.folder).version).toBe('6.1.0');
  });

  it('is missed with a command that brings one', () => {
    const search = () => compilerOf(EMPTY.folder, EMPTY.folder);
    expect(search).toThrow(NoCompiler);
    expect(search).toThrow(
      /^No TypeScript found for .*\n {2}npx -y -p typescript@6 -p nestjs-cqrs nestjs-cqrs migrate$/s,
    );
  });

  it('before 4.8 is refused, as it cannot tell decorators', () => {
    using project = new TemporaryProject({
      'node_modules/typescript/package.json': '{"name": "typescript", "main": "index.cjs"}',
      'node_modules/typescript/index.cjs': `module.exports = { version: '4.7.4', createProgram() {} };`,
    });
    expect(() => compilerOf(project.folder, EMPTY.folder)).toThrow(/^TypeScript 4\.7\.4 lacks /);
  });

  it('of version 7 is refused with the same command', () => {
    using project = new TemporaryProject({ 'node_modules/other/package.json': '{}' });
    project.link('node_modules/typescript', VERSION_7);
    const search = () => compilerOf(project.folder, EMPTY.folder);
    expect(search).toThrow(/^TypeScript 7\.\d+\.\d+ lacks .*\n {2}npx -y -p typescript@6/s);
  });
});
