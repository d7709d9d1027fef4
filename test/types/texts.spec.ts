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
    `Unable to resolve signature of class decorator when called as an expression.
  Argument of type 'typeof Handler' is not assignable to parameter of type 'abstract new (...args: never[]) => { execute: HandlerMethod<CreateUser, { id: string; }>; }'.
    Construct signature return types 'Handler' and '{ execute: HandlerMethod<CreateUser, { id: string; }>; }' are incompatible.
      The types returned by 'execute(...)' are incompatible between these types.
        Type 'number' is not assignable to type '{ id: string; } | PromiseLike<{ id: string; }>'.`,
  ],
  [
    'a handler without execute()',
    '@CommandHandler(RenameUser) export class Handler { handle(_: RenameUser) {} }',
    `Unable to resolve signature of class decorator when called as an expression.
  Argument of type 'typeof Handler' is not assignable to parameter of type 'abstract new (...args: never[]) => { execute: HandlerMethod<unknown, void>; }'.
    Property 'execute' is missing in type 'Handler' but required in type '{ execute: HandlerMethod<unknown, void>; }'.`,
  ],
  [
    'the result of dispatch()',
    "export const { id } = await commands.dispatch(new CreateUser('Ada'));",
    "Property 'id' does not exist on type 'void'.",
  ],
  [
    'ask() of a StreamQuery',
    'export const rows = await queries.ask(new ListUsers());',
    `Argument of type 'ListUsers' is not assignable to parameter of type 'IQuery & object & NotAClass & Askable'.
  Type 'StreamQuery<string>' is not assignable to type 'Askable'.
    Types of property '[ROW_TYPE]' are incompatible.
      Type 'string' is not assignable to type 'undefined'.`,
  ],
  [
    'stream() of a Query',
    'export const rows = queries.stream(new GetUser());',
    `Argument of type 'GetUser' is not assignable to parameter of type 'StreamQuery<unknown>'.
  Property '[ROW_TYPE]' is missing in type 'Query<string>' but required in type 'StreamQuery<unknown>'.`,
  ],
  [
    '`extends Event` without the import',
    'export class UserDeleted extends Event { constructor(readonly id: string) { super(); } }',
    'Expected 1-2 arguments, but got 0.',
  ],
  [
    'a middleware class that returns nothing',
    'export class Audit implements CqrsMiddleware { intercept(message: object, next: Next) { void next(message); } }',
    `Property 'intercept' in type 'Audit' is not assignable to the same property in base type 'CqrsMiddleware'.
  Type '(message: object, next: Next) => void' is not assignable to type '(message: object, next: Next, context: MessageContext) => MiddlewareResult'.
    Type 'void' is not assignable to type 'MiddlewareResult'.`,
  ],
  [
    'next() without a message',
    'export const audit: MiddlewareFunction = (_message, next) => next();',
    'Expected 1 arguments, but got 0.',
  ],
  [
    'a middleware without intercept()',
    'export const bus = new CommandBus({ middleware: [{ use() {} }] });',
    "Object literal may only specify known properties, and 'use' does not exist in type 'MiddlewareReference'.",
  ],
  [
    '@Saga() on a function of one event',
    "export class Sagas { @Saga() created(_event: UserCreated) { return new RenameUser('Ada'); } }",
    `Unable to resolve signature of method decorator when called as an expression.
  Argument of type 'TypedPropertyDescriptor<(_event: UserCreated) => RenameUser>' is not assignable to parameter of type 'TypedPropertyDescriptor<StreamSagaFunction>'.
    Types of property 'value' are incompatible.
      Type '((_event: UserCreated) => RenameUser) | undefined' is not assignable to type 'StreamSagaFunction | undefined'.
        Type '(_event: UserCreated) => RenameUser' is not assignable to type 'StreamSagaFunction'.
          Type 'RenameUser' is not assignable to type 'SagaCommands'.`,
  ],
  [
    'a saga that returns a text',
    "export class Sagas { @Saga(UserCreated) created() { return 'welcome'; } }",
    `Unable to resolve signature of method decorator when called as an expression.
  Argument of type 'TypedPropertyDescriptor<() => string>' is not assignable to parameter of type 'TypedPropertyDescriptor<PlainSagaFunction<unknown>>'.
    Types of property 'value' are incompatible.
      Type '(() => string) | undefined' is not assignable to type 'PlainSagaFunction<unknown> | undefined'.
        Type '() => string' is not assignable to type 'PlainSagaFunction<unknown>'.
          Type 'string' is not assignable to type 'SagaReaction | PromiseLike<SagaReaction>'.`,
  ],
  [
    'a class in place of an instance',
    'await commands.dispatch(CreateUser); export {};',
    `Argument of type 'typeof CreateUser' is not assignable to parameter of type 'ICommand & object & NotAClass'.
  Type 'typeof CreateUser' is not assignable to type 'NotAClass'.
    Types of property '[Symbol.hasInstance]' are incompatible.
      Type '(value: any) => boolean' is not assignable to type 'undefined'.`,
  ],
  [
    'a misspelled option',
    "await commands.dispatch(new CreateUser('Ada'), { timeOut: 1 }); export {};",
    "Object literal may only specify known properties, and 'timeOut' does not exist in type 'BareOptions | DispatchOptions'.",
  ],
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

describe('The error of the compiler for', () => {
  let texts: Map<string, string[]>;

  beforeAll(() => {
    texts = compile();
  }, 120_000);

  it.each(MISTAKES)('%s', (mistake, _snippet, text) => {
    expect(texts.get(fileOf(mistake))?.join('\n')).toBe(text);
  });
});
