import { join } from 'node:path';
import * as incumbent from '@nestjs/cqrs';
import * as ours from 'nestjs-cqrs';
import * as keys from 'nestjs-cqrs/decorators/constants';
import * as underDist from 'nestjs-cqrs/dist';
import * as saga from 'nestjs-cqrs/dist/decorators/saga.decorator';
import * as keysUnderDist from 'nestjs-cqrs/dist/decorators/constants';
import * as keysWithExtension from 'nestjs-cqrs/dist/decorators/constants.js';
import ts from 'typescript';

const root = join(import.meta.dirname, '../../..');

describe('Every public name of @nestjs/cqrs 12', () => {
  it('that is a value is exported, and is of the same sort', () => {
    const sortOf = (value: unknown) =>
      typeof value === 'function' && value.prototype ? 'class or function' : typeof value;
    const expected = Object.entries(incumbent).map(([name, value]) => [name, sortOf(value)]);
    const present = Object.entries(ours).map(([name, value]) => [name, sortOf(value)]);
    const functions = new Set(['class or function', 'function']);
    const missing = expected.filter(
      ([name, sort]) =>
        !present.some(
          ([own, ownSort]) => own === name && (ownSort === sort || (functions.has(sort!) && functions.has(ownSort!))),
        ),
    );
    expect(expected.length).toBeGreaterThan(20);
    expect(missing).toEqual([]);
  });

  it('that is a type is exported', () => {
    const theirs = join(root, 'node_modules/@nestjs/cqrs/dist/index.d.ts');
    const own = join(root, 'lib/index.ts');
    const program = ts.createProgram([theirs, own], {
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      target: ts.ScriptTarget.ES2022,
      experimentalDecorators: true,
      noEmit: true,
    });
    const present = new Set(namesOf(program, own));
    const expected = namesOf(program, theirs);
    expect(expected.length).toBeGreaterThan(50);
    expect(expected.filter(name => !present.has(name))).toEqual([]);
  }, 60_000);

  it('is the same by a path below dist', () => {
    expect({ ...underDist }).toEqual({ ...ours });
    expect(saga.Saga).toBe(ours.Saga);
  });

  it('under decorators/constants is exported, with the same value, by all paths', () => {
    expect({ ...keysUnderDist }).toEqual({ ...keys });
    expect({ ...keysWithExtension }).toEqual({ ...keys });
    expect({ ...keys }).toEqual({
      COMMAND_METADATA: '__command__',
      COMMAND_HANDLER_METADATA: '__commandHandler__',
      QUERY_METADATA: '__query__',
      QUERY_HANDLER_METADATA: '__queryHandler__',
      EVENT_METADATA: '__event__',
      EVENTS_HANDLER_METADATA: '__eventsHandler__',
      SAGA_METADATA: '__saga__',
    });
  });

  it.each(
    Object.entries(incumbent)
      .filter(([, value]) => typeof value === 'function' && value.toString().startsWith('class'))
      .map(([name, type]) => [name, type as unknown as new (...args: never[]) => object] as const),
  )('%s has every public method and property that it has there', (name, type) => {
    const own = (ours as unknown as Record<string, typeof type>)[name]!;
    const missing = [...membersOf(type)].filter(member => !membersOf(own).has(member));
    expect(missing.filter(member => !NOT_CARRIED_OVER.has(`${name}.${member}`))).toEqual([]);
  });
});

/** What does not carry over: private members, and hooks that only Nest calls. */
const NOT_CARRIED_OVER = new Set([
  'CommandBus.getCommandId',
  'CommandBus.getCommandName',
  'CommandBus.reflectCommandId',
  'CommandBus.useDefaultPublisher',
  'QueryBus.getQueryId',
  'QueryBus.getQueryName',
  'QueryBus.reflectQueryId',
  'QueryBus.useDefaultPublisher',
  'EventBus.mapToUnhandledErrorInfo',
  'EventBus.useDefaultPublisher',
  'UnhandledExceptionBus.useDefaultPublisher',
  'CqrsModule.createAsyncProviders',
]);

function membersOf(type: new (...args: never[]) => object): Set<string> {
  const members = new Set(Object.getOwnPropertyNames(type).map(name => `static ${name}`));
  for (
    let host = type.prototype as object | null;
    host && host !== Object.prototype;
    host = Object.getPrototypeOf(host)
  )
    for (const member of Object.getOwnPropertyNames(host)) members.add(member);
  for (const builtIn of ['length', 'name', 'prototype', 'createAsyncProviders']) members.delete(`static ${builtIn}`);
  return members;
}

function namesOf(program: ts.Program, file: string): string[] {
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(file)!)!;
  return checker.getExportsOfModule(module).map(({ name }) => name);
}
