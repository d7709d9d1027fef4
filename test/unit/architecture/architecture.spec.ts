import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { LAYERS, RULES } from './rules.js';
import { readTree } from './source-tree.js';

const lib = join(import.meta.dirname, '../../../lib');

/** For each rule trees that break it, and what is then said. */
const VIOLATIONS: Record<keyof typeof RULES, readonly [tree: Record<string, string>, said: string][]> = {
  'a layer imports from its own folder and from those to its left': [
    [{ 'messages/a.ts': `import { b } from '../buses/b.js';` }, 'messages/a.ts imports buses/b.ts'],
    [{ 'messages/a.ts': `import type { B } from '../buses/b.js';` }, 'messages/a.ts imports buses/b.ts'],
    [{ 'messages/a.ts': `export { b } from '../buses/b.js';` }, 'messages/a.ts imports buses/b.ts'],
    [{ 'module/a.ts': `const b = await import('../testing/b.js');` }, 'module/a.ts imports testing/b.ts'],
    [{ 'buses/a.ts': `import { b } from '../index.js';` }, 'buses/a.ts imports index.ts'],
  ],
  'errors to pipeline import nothing of Nest': [
    [{ 'pipeline/a.ts': `import { Logger } from '@nestjs/common';` }, 'pipeline/a.ts imports @nestjs/common'],
    [{ 'errors/a.ts': `import type { Type } from '@nestjs/core/x.js';` }, 'errors/a.ts imports @nestjs/core/x.js'],
  ],
  'the core imports its peers, Node, and nothing else': [
    [{ 'envelope/a.ts': `import superjson from 'superjson';` }, 'envelope/a.ts imports superjson'],
    [{ 'index.ts': `export { z } from 'zod';` }, 'index.ts imports zod'],
    [{ 'buses/a.ts': `import { x } from 'rxjs-more';` }, 'buses/a.ts imports rxjs-more'],
  ],
  'an entry point imports the public pages and itself': [
    [{ 'testing/a.ts': `import { b } from '../buses/b.js';` }, 'testing/a.ts imports buses/b.ts'],
    [{ 'integrations/x/a.ts': `import '../y/b.js';` }, 'integrations/x/a.ts imports integrations/y/b.ts'],
    [{ 'integrations/x/a.ts': `import '../../testing/b.js';` }, 'integrations/x/a.ts imports testing/b.ts'],
    [{ 'validation.ts': `import { b } from './errors/b.js';` }, 'validation.ts imports errors/b.ts'],
  ],
  'an integration imports one engine beside the peers and Node': [
    [
      { 'integrations/x/a.ts': `import 'bullmq';`, 'integrations/x/b.ts': `import { Redis } from 'ioredis/built/x';` },
      'integrations/x imports bullmq, ioredis',
    ],
  ],
  'a fenced folder is imported by one file, through one door': [
    [
      { 'module/a.ts': `import { b } from '../scopes/plans/planned-provider.js';` },
      'module/a.ts imports scopes/plans/planned-provider.ts',
    ],
    [
      { 'scopes/scoped-provider.ts': `import type { B } from './plans/b.js';` },
      'scopes/scoped-provider.ts imports scopes/plans/b.ts',
    ],
    [{ 'handlers/a.ts': `export { b } from '../scopes/plans/b.js';` }, 'handlers/a.ts imports scopes/plans/b.ts'],
  ],
  'reflection, asynchronous storage, the inspector, channels and the container have one file each': [
    [{ 'buses/a.ts': `Reflect.getMetadata('x', y);` }, 'buses/a.ts uses Reflect'],
    [{ 'buses/a.ts': `import { AsyncLocalStorage } from 'node:async_hooks';` }, 'buses/a.ts uses AsyncLocalStorage'],
    [{ 'cli/a.ts': `import { Session } from 'node:inspector';` }, 'cli/a.ts uses Session'],
    [
      { 'module/a.ts': `import { channel } from 'node:diagnostics_channel';` },
      'module/a.ts uses node:diagnostics_channel',
    ],
    [{ 'sagas/a.ts': `import { DiscoveryService } from '@nestjs/core';` }, 'sagas/a.ts uses DiscoveryService'],
    [{ 'module/a.ts': `import { ModulesContainer } from '@nestjs/core';` }, 'module/a.ts uses ModulesContainer'],
  ],
  'no file is much longer than 250 lines': [[{ 'buses/a.ts': 'run();\n'.repeat(261) }, 'buses/a.ts has 261 lines']],
  'no file imports itself by way of others': [
    [
      {
        'buses/a.ts': `import './b.js';`,
        'buses/b.ts': `import './c.js';`,
        'buses/c.ts': `import type { A } from './a.js';`,
      },
      'buses/a.ts → buses/b.ts → buses/c.ts → buses/a.ts',
    ],
    [{ 'buses/a.ts': `import './a.js';` }, 'buses/a.ts → buses/a.ts'],
  ],
  'nothing is exported wholesale': [
    [{ 'index.ts': `export * from './buses/a.js';` }, 'index.ts has an export *'],
    [{ 'index.ts': `export * as buses from './buses/a.js';` }, 'index.ts has an export *'],
  ],
  'no layer has a page that hands on its files': [[{ 'buses/index.ts': '' }, 'buses/index.ts is a barrel']],
  'names are in kebab-case, with the role as a suffix': [
    [{ 'buses/eventBus.ts': '' }, 'buses/eventBus.ts'],
    [{ 'Buses/event-bus.ts': '' }, 'Buses/event-bus.ts'],
    [{ 'buses/event_bus.ts': '' }, 'buses/event_bus.ts'],
  ],
  'a folder is a concept, never a kind of file': [
    [{ 'utils/a.ts': '' }, 'utils/a.ts'],
    [{ 'buses/interfaces/a.ts': '' }, 'buses/interfaces/a.ts'],
  ],
};

describe('the shape of lib', () => {
  const tree = readTree(lib);

  it.each(Object.keys(RULES))('%s', rule => {
    expect(RULES[rule]!(tree)).toEqual([]);
  });

  it('has every layer that has a name', () => {
    const folders = readdirSync(lib, { withFileTypes: true }).filter(entry => entry.isDirectory());
    expect(folders.map(({ name }) => name)).toEqual(expect.arrayContaining(LAYERS));
  });
});

describe.each(Object.entries(VIOLATIONS))('the rule that %s', (rule, violations) => {
  it.each(violations)('is broken by %j', (files, said) => {
    expect(RULES[rule]!(new Map(Object.entries(files)))).toEqual([said]);
  });

  it('is not broken by what resembles a violation', () => {
    const harmless = new Map([
      ['errors/a.ts', `// Reflect\nimport './b.js';\nimport { randomUUID } from 'node:crypto';`],
      ['errors/b.ts', `const text = "export * from './a.js'";`],
      [
        'handlers/provider-handlers.ts',
        `import { type DiscoveryService } from '@nestjs/core';\nimport '../errors/a.js';`,
      ],
      ['scopes/scoped-provider.ts', `import { a } from './plans/planned-provider.js';`],
      ['scopes/plans/planned-provider.ts', `import type { B } from './b.js';\nimport '../context.js';`],
      ['messages/metadata.ts', `import 'reflect-metadata';\nReflect.getMetadata('x', y);`],
      ['integrations/x/a.ts', `import '../../extension.js';\nimport './b.js';\nimport '@x/bullmq/deep';`],
      [
        'integrations/x/b.ts',
        `import { Logger } from '@nestjs/common';\nimport type { Q } from '@x/bullmq';\nimport type { Command } from '../../index.js';`,
      ],
      ['index.ts', `export { a } from './errors/a.js';`],
      ['extension.ts', `export type { A } from './module/a.js';`],
      ['buses/long.ts', 'run();\n'.repeat(260)],
    ]);
    expect(RULES[rule]!(harmless)).toEqual([]);
  });
});
