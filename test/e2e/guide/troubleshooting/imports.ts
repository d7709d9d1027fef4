import { createRequire } from 'node:module';
import { jest } from '@jest/globals';
import * as nest from '@nestjs/common';
import { Inject, Injectable, Module, type Type } from '@nestjs/common';
import * as incumbent from '@nestjs/cqrs';
import { transformSync } from '@swc/core';
import ts from 'typescript';
import * as library from '../../../../lib/index.js';
import { Command, CommandBus, CommandHandler, CqrsModule } from '../../../../lib/index.js';
import { start } from '../../../support/application.js';
import { textOf } from '../../mistakes/texts.js';
import { firstLine, type Symptoms } from './symptoms.js';

const USERS = `
  import { Injectable, Module } from '@nestjs/common';
  import { Command, CommandHandler } from 'nestjs-cqrs';
  export class CreateUser extends Command {}
  class UserStore {
    add() {}
  }
  @CommandHandler(CreateUser)
  class CreateUserHandler {
    constructor(private readonly users: UserStore) {}
    async execute(command: CreateUser) {
      this.users.add(command);
    }
  }
  @Module({ providers: [UserStore, CreateUserHandler] })
  export class UsersModule {}
`;

const typeOnly = (declaration: string) => `
  import { Injectable, Module } from '@nestjs/common';
  ${declaration}
  @Injectable()
  class UsersService {
    constructor(readonly users: UserStore) {}
  }
  @Module({ providers: [UsersService] })
  export class UsersModule {}
`;

/** What a user writes is compiled with these settings, and loaded. */
const tsc = (compilerOptions: ts.CompilerOptions) => (source: string) =>
  ts.transpileModule(source, {
    compilerOptions: { ...compilerOptions, module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  }).outputText;

const withMetadata = tsc({ experimentalDecorators: true, emitDecoratorMetadata: true });
const withoutMetadata = tsc({ experimentalDecorators: true });
const standardDecorators = tsc({});
const swc = (source: string) =>
  transformSync(source, {
    swcrc: false,
    module: { type: 'commonjs' },
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
    },
  }).code;

interface Users {
  readonly UsersModule: Type;
  readonly CreateUser: Type<Command>;
}

function load(code: string): Users {
  const require = createRequire(import.meta.url);
  const modules: Record<string, unknown> = { '@nestjs/common': nest, 'nestjs-cqrs': library };
  const exports: Record<string, unknown> = {};
  new Function('exports', 'require', code)(exports, (name: string) => modules[name] ?? require(name));
  return exports as unknown as Users;
}

/** What an application of such a file fails with, at its start or with its first message. */
const failureOf = (code: string) =>
  textOf(async () => {
    const { UsersModule, CreateUser } = load(code);
    const { commands } = await start({ imports: [CqrsModule.forRoot(), UsersModule] });
    await commands.dispatch(new CreateUser());
  });

/** Another copy of the package, as a second version or a bundle brings it. */
async function otherCopy(): Promise<typeof library> {
  jest.resetModules();
  return import('../../../../lib/index.js');
}

function serviceWith(bus: Type): Type {
  @Injectable()
  class UsersService {
    constructor(@Inject(bus) readonly commands: object) {}
  }
  return UsersService;
}

function moduleOf(...providers: Type[]): Type {
  @Module({ providers })
  class UsersModule {}
  return UsersModule;
}

export const imports: Symptoms = {
  "`Nest can't resolve dependencies … argument CommandBus at index [0]`": async () => {
    const other = await otherCopy();
    const failing = [
      { imports: [moduleOf(serviceWith(CommandBus))] },
      { imports: [CqrsModule.forRoot(), moduleOf(serviceWith(incumbent.CommandBus))] },
      { imports: [CqrsModule.forRoot(), moduleOf(serviceWith(other.CommandBus))] },
    ];
    const texts = await Promise.all(failing.map(metadata => textOf(() => start(metadata))));
    return texts.map(firstLine);
  },

  "`Nest can't resolve dependencies … argument at index [0]`": async () => {
    const declarations = ["import type { UserStore } from './user-store.js';", 'interface UserStore {}'];
    const compiled = declarations.map(typeOnly).flatMap(source => [withMetadata(source), swc(source)]);
    return (await Promise.all(compiled.map(failureOf))).map(firstLine);
  },

  '`@CommandHandler is called as a standard decorator of JavaScript`': async () => [
    await failureOf(standardDecorators(USERS)),
  ],

  '`Cannot read properties of undefined`': async () => [await failureOf(withoutMetadata(USERS))],

  '`comes from another copy of nestjs-cqrs`': async () => {
    const other = await otherCopy();
    class CreateUser extends Command {}
    other.Timeout(1_000)(CreateUser);
    @CommandHandler(CreateUser)
    class CreateUserHandler {
      execute(_command: CreateUser) {}
    }
    @Module({ imports: [incumbent.CqrsModule] })
    class LibraryModule {}
    const { log } = await start({ imports: [CqrsModule.forRoot(), LibraryModule] });
    const refused = await textOf(() => start({ imports: [CqrsModule.forRoot()], providers: [CreateUserHandler] }));
    // The folders of the two copies.
    return [refused.replace(/(this copy|the other): .+?(?=; |\. )/g, '$1: …'), ...log.warnings];
  },
};
