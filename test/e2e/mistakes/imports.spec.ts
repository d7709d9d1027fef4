import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as nest from '@nestjs/common';
import { Injectable, Module, type Type } from '@nestjs/common';
import * as incumbent from '@nestjs/cqrs';
import ts from 'typescript';
import { CommandHandler, CqrsModule, type MessageType } from '../../../lib/index.js';
import { start } from '../../support/application.js';
import { runProgram } from '../faults/program.js';
import { refusalText, textOf } from './texts.js';

/** The first line of what Nest says; the others are general advice. */
const firstLine = (text: string) => text.split('\n', 1)[0];

/** What `circular/rename-user.handler.cjs` exports. */
interface CircularHandler {
  readonly RenameUserHandler: Type<{ execute(command: object): void }>;
  readonly given: MessageType;
}

const USER_STORE = 'export class UserStore {}';
const USERS_SERVICE = `
  import { Injectable } from '@nestjs/common';
  import type { UserStore } from './user-store.js';
  @Injectable()
  export class UsersService {
    constructor(readonly users: UserStore) {}
  }
`;

/** `UsersService` as the compiler makes it, which writes the types of parameters for Nest. */
function usersService(): Type {
  const sources = new Map([
    ['/users/user-store.ts', USER_STORE],
    ['/users/users.service.ts', USERS_SERVICE],
  ]);
  const options: ts.CompilerOptions = {
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    module: ts.ModuleKind.CommonJS,
    target: ts.ScriptTarget.ES2022,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const { readFile } = host;
  host.fileExists = file => sources.has(file);
  host.readFile = file => sources.get(file) ?? readFile(file);
  let code = '';
  ts.createProgram([...sources.keys()], options, host).emit(undefined, (file, text) => {
    if (file.endsWith('users.service.js')) code = text;
  });
  const exports: Record<string, unknown> = {};
  new Function('exports', 'require', code)(exports, () => nest);
  return exports['UsersService'] as Type;
}

describe('Mistakes in imports', () => {
  it('`import type` of an injected service', async () => {
    const UsersService = usersService();
    @Module({ providers: [UsersService] })
    class UsersModule {}
    const text = await textOf(() => start({ imports: [CqrsModule.forRoot(), UsersModule] }));
    expect(firstLine(text)).toBe(
      "Nest can't resolve dependencies of the UsersService (?). Please make sure that the argument at index [0] is available in the current module.",
    );
  });

  it('a circular import, CommonJS', async () => {
    const require = createRequire(import.meta.url);
    require('./circular/rename-user.command.cjs');
    const { RenameUserHandler, given } = require('./circular/rename-user.handler.cjs') as CircularHandler;
    CommandHandler(given)(RenameUserHandler);
    @Module({ providers: [RenameUserHandler] })
    class UsersModule {}
    expect(await refusalText({ imports: [CqrsModule.forRoot(), UsersModule] })).toBe(
      '@CommandHandler() was given undefined in place of a message class (circular import?). Where: RenameUserHandler in UsersModule. Let the message live in a file of its own that imports none of those that name it. [CQRS_INVALID_MESSAGE_TYPE]',
    );
  });

  it('a circular import, ES modules', async () => {
    expect(await textOf(() => import('./circular/create-user.command.js'))).toBe(
      "Cannot access 'CreateUser' before initialization",
    );
  });

  it('`extends Event` without the import', async () => {
    class UserCreated extends globalThis.Event {}
    const create = UserCreated as unknown as new () => object;
    expect(await textOf(() => new create())).toBe(
      'TypeError [ERR_MISSING_ARGS]: The "type" argument must be specified',
    );
  });
});

describe('A forgotten import of @nestjs/cqrs', () => {
  it('a message, and a decorator of a handler, work', async () => {
    class CreateUser extends incumbent.Command<string> {}
    @incumbent.CommandHandler(CreateUser)
    class CreateUserHandler {
      async execute(_command: CreateUser) {
        return 'u1';
      }
    }
    const { commands } = await start({ imports: [CqrsModule.forRoot()], providers: [CreateUserHandler] });
    expect(await commands.execute(new CreateUser())).toBe('u1');
  });

  it('the bus in a service is not found', async () => {
    @Injectable()
    class UsersService {
      constructor(readonly commands: incumbent.CommandBus) {}
    }
    @Module({ providers: [UsersService] })
    class UsersModule {}
    const text = await textOf(() => start({ imports: [CqrsModule.forRoot(), UsersModule] }));
    expect(firstLine(text)).toBe(
      "Nest can't resolve dependencies of the UsersService (?). Please make sure that the argument CommandBus at index [0] is available in the UsersModule module.",
    );
  });
});

describe('`await` forgotten', () => {
  it('where the handler fails, it ends the process as every unhandled rejection', async () => {
    const { code, errors } = await runProgram(join(import.meta.dirname, 'forgotten-await.ts'));
    expect(code).toBe(1);
    expect(errors.split('\n').find(line => line.startsWith('Error'))).toBe('Error: the name is taken');
  }, 60_000);
});
