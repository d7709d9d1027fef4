import { Scope } from '@nestjs/common';
import { SCOPE_OPTIONS_METADATA } from '@nestjs/common/constants.js';
import { CommandHandler, EventsHandler, QueryHandler } from '../../../lib/index.js';
import { declarationsOf, declaredHandlers } from '../../../lib/handlers/handler-declaration.js';
import { messageTypeId } from '../../../lib/handlers/handler.decorators.js';
import * as keys from '../../../lib/handlers/metadata-keys.js';

class Create {}
class Find {}
class Created {}
class Renamed {}

describe('the decorators of handlers', () => {
  it('declare what a class handles, by which method', () => {
    @CommandHandler(Create)
    class CreateHandler {
      execute() {}
    }
    @QueryHandler(Find)
    class FindHandler {
      execute() {}
    }
    @EventsHandler(Created, Renamed)
    class Projection {
      handle() {}
    }
    expect(declarationsOf(CreateHandler)).toEqual([
      { kind: 'command', types: [Create], method: 'execute', on: 'class', declaredBy: CreateHandler },
    ]);
    expect(declarationsOf(FindHandler)).toEqual([
      { kind: 'query', types: [Find], method: 'execute', on: 'class', declaredBy: FindHandler },
    ]);
    expect(declarationsOf(Projection)).toEqual([
      { kind: 'event', types: [Created, Renamed], method: 'handle', on: 'class', declaredBy: Projection },
    ]);
    expect(declaredHandlers(Create)).toEqual([CreateHandler]);
  });

  it('declare what methods handle, symbols and several decorators on one method included', () => {
    const project = Symbol('project');
    class Users {
      @CommandHandler(Create)
      create(_command: Create) {}

      @EventsHandler(Created)
      @EventsHandler(Renamed)
      [project](_event: object) {}
    }
    const declared = declarationsOf(Users).map(({ kind, types, method, on }) => [kind, types, method, on]);
    expect(declared).toContainEqual(['command', [Create], 'create', 'method']);
    expect(declared).toContainEqual(['event', [Created], project, 'method']);
    expect(declared).toContainEqual(['event', [Renamed], project, 'method']);
  });

  it('are inherited by subclasses, with the declaring class', () => {
    class Users {
      @CommandHandler(Create)
      create(_command: Create) {}
    }
    class MoreUsers extends Users {}
    expect(declarationsOf(MoreUsers)).toMatchObject([{ method: 'create', declaredBy: Users }]);
  });

  it('of a subclass stand in place of what it inherits for the same method', () => {
    @CommandHandler(Create)
    class Base {
      execute(_command: object) {}

      @EventsHandler(Created)
      project(_event: object) {}
    }
    class Other {}
    @CommandHandler(Other)
    class Sub extends Base {}
    expect(declarationsOf(Sub).map(({ kind, types, declaredBy }) => [kind, types, declaredBy])).toEqual([
      ['command', [Other], Sub],
      ['event', [Created], Base],
    ]);
  });

  it('may be those of @nestjs/cqrs, whose metadata say the same', () => {
    class CreateHandler {}
    class Projection {}
    Reflect.defineMetadata(keys.COMMAND_HANDLER_METADATA, Create, CreateHandler);
    Reflect.defineMetadata(keys.EVENTS_HANDLER_METADATA, [Created, Renamed], Projection);
    expect(declarationsOf(CreateHandler)).toMatchObject([{ kind: 'command', types: [Create], method: 'execute' }]);
    expect(declarationsOf(Projection)).toMatchObject([{ kind: 'event', types: [Created, Renamed], method: 'handle' }]);
  });

  it('keep what they were given, unchecked: a circular import leaves undefined', () => {
    class Broken {
      execute() {}
      handle() {}
    }
    CommandHandler(undefined as unknown as abstract new () => object)(Broken);
    EventsHandler(undefined as never)(Broken);
    expect(declarationsOf(Broken).map(({ types }) => types)).toEqual([[undefined], [undefined]]);
  });

  it('hand scope and durability to Nest', () => {
    @CommandHandler(Create, { scope: Scope.REQUEST })
    class CreateHandler {
      execute() {}
    }
    @EventsHandler(Created, Renamed, { durable: true, scope: Scope.REQUEST })
    class Projection {
      handle() {}
    }
    @QueryHandler(Find)
    class FindHandler {
      execute() {}
    }
    expect(Reflect.getMetadata(SCOPE_OPTIONS_METADATA, CreateHandler)).toEqual({ scope: Scope.REQUEST });
    expect(Reflect.getMetadata(SCOPE_OPTIONS_METADATA, Projection)).toEqual({ durable: true, scope: Scope.REQUEST });
    expect(Reflect.getMetadata(SCOPE_OPTIONS_METADATA, FindHandler)).toBeUndefined();
    expect(declarationsOf(Projection)[0]!.types).toEqual([Created, Renamed]);
  });

  it('leave the metadata of @nestjs/cqrs, one identifier a message class', () => {
    @CommandHandler(Create)
    class One {
      execute() {}
    }
    @CommandHandler(Create)
    class Two {
      execute() {}
    }
    @EventsHandler(Created, Renamed)
    class Three {
      handle() {}
    }
    expect(Reflect.getMetadata(keys.COMMAND_HANDLER_METADATA, One)).toBe(Create);
    expect(Reflect.getMetadata(keys.COMMAND_HANDLER_METADATA, Two)).toBe(Create);
    expect(Reflect.getMetadata(keys.EVENTS_HANDLER_METADATA, Three)).toEqual([Created, Renamed]);
    expect(messageTypeId('command', Create)).toBe(Reflect.getMetadata(keys.COMMAND_METADATA, Create).id);
    expect(messageTypeId('event', Created)).not.toBe(messageTypeId('event', Renamed));
    expect(messageTypeId('event', class {})).toBeUndefined();
  });
});
