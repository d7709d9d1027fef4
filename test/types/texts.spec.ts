import { join } from 'node:path';
import ts from 'typescript';

/** What the compiler tells a user of a mistake, against the built declarations of `dist/`. */
const root = join(import.meta.dirname, '../..');

const PRELUDE = `
import { Injectable } from '@nestjs/common';
import { of, type Observable } from 'rxjs';
import { Command, CommandBus, CommandHandler, EventsHandler, Query, QueryBus, QueryHandler, Saga, StreamQuery, type MiddlewareFunction, type CqrsMiddleware, type Next } from 'nestjs-cqrs';
class CreateUser extends Command<{ id: string }> { constructor(readonly name: string) { super(); } }
class RenameUser extends Command { constructor(readonly to: string) { super(); } }
class GetUser extends Query<string> {}
class ListUsers extends StreamQuery<string> {}
class UserCreated { constructor(readonly id: string) {} }
declare const commands: CommandBus, queries: QueryBus;
`;

/** The mistake, a snippet that makes it, and the text of the compiler. */
const MISTAKES: readonly (readonly [mistake: string, snippet: string, text: string])[] = [
  [
    'another message in the decorator than in the method',
    '@CommandHandler(RenameUser) export class Handler { execute(_: CreateUser) {} }',
    `Unable to resolve signature of class decorator when called as an expression.
  Argument of type 'typeof Handler' is not assignable to parameter of type 'abstract new (...args: never[]) => { execute: HandlerMethod<RenameUser, void>; }'.
    Construct signature return types 'Handler' and '{ execute: HandlerMethod<RenameUser, void>; }' are incompatible.
      The types of 'execute' are incompatible between these types.
        Type '(_: CreateUser) => void' is not assignable to type 'HandlerMethod<RenameUser, void>'.
          Types of parameters '_' and 'message' are incompatible.
            Property 'name' is missing in type 'RenameUser' but required in type 'CreateUser'.`,
  ],
  [
    'a wrong result of a handler',
    '@CommandHandler(CreateUser) export class Handler { execute(_: CreateUser) { return 5; } }',
    '',
  ],
  ['a handler without execute()', '@CommandHandler(RenameUser) export class Handler { handle(_: RenameUser) {} }', ''],
  ['the result of dispatch()', "export const { id } = await commands.dispatch(new CreateUser('Ada'));", ''],
  ['ask() of a StreamQuery', 'export const rows = await queries.ask(new ListUsers());', ''],
  ['stream() of a Query', 'export const rows = queries.stream(new GetUser());', ''],
  [
    '`extends Event` without the import',
    'export class UserDeleted extends Event { constructor(readonly id: string) { super(); } }',
    '',
  ],
  [
    'a middleware class that returns nothing',
    'export class Audit implements CqrsMiddleware { intercept(message: object, next: Next) { void next(message); } }',
    '',
  ],
  ['next() without a message', 'export const audit: MiddlewareFunction = (_message, next) => next();', ''],
  ['a middleware without intercept()', 'export const bus = new CommandBus({ middleware: [{ use() {} }] });', ''],
  [
    '@Saga() on a function of one event',
    "export class Sagas { @Saga() created(_event: UserCreated) { return new RenameUser('Ada'); } }",
    '',
  ],
  ['a saga that returns a text', "export class Sagas { @Saga(UserCreated) created() { return 'welcome'; } }", ''],
  ['a class in place of an instance', 'await commands.dispatch(CreateUser); export {};', ''],
  ['a misspelled option', "await commands.dispatch(new CreateUser('Ada'), { timeOut: 1 }); export {};", ''],
];

const fileOf = (mistake: string) => join(root, 'test/types', `${mistake.replaceAll(/\W+/g, '-')}.mts`);

/** Compiles every snippet at once; none of them is written to a disk. */
function compile(): Map<string, string[]> {
  const sources = new Map(MISTAKES.map(([mistake, snippet]) => [fileOf(mistake), PRELUDE + snippet]));
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(root, 'test/types/tsconfig.json'), ts.sys.readFile).config,
    ts.sys,
    join(root, 'test/types'),
  );
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists } = host;
  host.readFile = file => sources.get(file) ?? readFile(file);
  host.fileExists = file => sources.has(file) || fileExists(file);
  const program = ts.createProgram([...sources.keys()], { ...options, skipLibCheck: true }, host);
  const texts = new Map<string, string[]>();
  for (const { file, messageText } of ts.getPreEmitDiagnostics(program)) {
    const name = file?.fileName ?? 'no file';
    texts.set(name, [...(texts.get(name) ?? []), ts.flattenDiagnosticMessageText(messageText, '\n')]);
  }
  return texts;
}

describe('The compiler says of', () => {
  let texts: Map<string, string[]>;

  beforeAll(() => {
    texts = compile();
  }, 120_000);

  it.each(MISTAKES)('%s', (mistake, _snippet, text) => {
    expect(texts.get(fileOf(mistake))?.join('\n')).toBe(text);
  });
});
