import { jest } from '@jest/globals';
import { Injectable, type Provider, type Type } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import {
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  Event,
  EventBus,
  EventsHandler,
  Query,
  QueryBus,
  QueryHandler,
} from '../../../lib/index.js';
import { start } from '../../support/application.js';

class Counted {
  walks = 0;
  reads = 0;
}

/** Handlers whose method counts how often it is looked at. */
const handlers = (count: number, counted: Counted): Type<object>[] =>
  Array.from({ length: count }, (_, i) => {
    const Do = { [`Do${i}`]: class extends Command {} }[`Do${i}`]!;
    class DoHandler {
      execute() {}
    }
    const { execute } = DoHandler.prototype;
    Object.defineProperty(DoHandler.prototype, 'execute', { get: () => (counted.reads++, execute) });
    CommandHandler(Do)(DoHandler);
    Injectable()(DoHandler);
    return DoHandler;
  });

async function workOfStart(count: number): Promise<Counted> {
  const counted = new Counted();
  const walk = jest.spyOn(DiscoveryService.prototype, 'getProviders');
  try {
    const { commands } = await start({ imports: [CqrsModule.forRoot()], providers: handlers(count, counted) });
    counted.walks = walk.mock.calls.length;
    expect(commands.registry.size).toBe(count);
  } finally {
    walk.mockRestore();
  }
  return counted;
}

describe('startup', () => {
  it('walks the container and reads each provider as often for many handlers as for few', async () => {
    const [few, many] = [await workOfStart(10), await workOfStart(200)];
    expect(many.walks).toBe(few.walks);
    expect(many.reads / 200).toBe(few.reads / 10);
  });

  it('walks the container no more than a handful of times', async () => {
    expect((await workOfStart(1)).walks).toBeLessThanOrEqual(6);
  });
});

class Create extends Command {}
class Find extends Query<string> {}
class Created extends Event {}

@CommandHandler(Create)
class CreateHandler {
  async execute() {}
}
@QueryHandler(Find)
class FindHandler {
  async execute() {
    return 'found';
  }
}
@EventsHandler(Created)
class CreatedHandler {
  handle() {}
}

describe('a bus whose bind() is overridden', () => {
  const bound: string[] = [];
  const idOf = (key: string, type: object) => (Reflect.getMetadata(key, type) as { id: string }).id;
  const binding = <T extends Type<CommandBus | QueryBus | EventBus>>(Bus: T): Type<object> => {
    class Binding extends (Bus as Type<CommandBus>) {
      override bind(...[wrapper, id]: Parameters<CommandBus['bind']>): void {
        bound.push(`${String(wrapper.name)} ${id}`);
        super.bind(wrapper, id);
      }
    }
    Injectable()(Binding);
    return Binding;
  };
  const providers: Provider[] = [
    CreateHandler,
    FindHandler,
    CreatedHandler,
    { provide: CommandBus, useClass: binding(CommandBus) },
    { provide: QueryBus, useClass: binding(QueryBus) },
    { provide: EventBus, useClass: binding(EventBus) },
  ];

  it('is told each provider with the identifier of its message, and registers it', async () => {
    const { queries } = await start({ imports: [CqrsModule.forRoot()], providers });
    expect(bound.toSorted()).toEqual(
      [
        `CreateHandler ${idOf('__command__', Create)}`,
        `FindHandler ${idOf('__query__', Find)}`,
        `CreatedHandler ${idOf('__event__', Created)}`,
      ].toSorted(),
    );
    expect(await queries.ask(new Find())).toBe('found');
  });
});

describe('a handler that foreign metadata declares', () => {
  class One {}
  class Two {}
  class Foreign {
    execute(message: object) {
      return message.constructor.name;
    }
  }
  Reflect.defineMetadata('__commandHandler__', [One, Two], Foreign);

  it('serves every message that it names, whether or not a decorator gave the message an identifier', async () => {
    const { commands } = await start({ imports: [CqrsModule.forRoot()], providers: [Foreign] });
    expect(await commands.execute(new One())).toBe('One');
    expect(await commands.execute(new Two())).toBe('Two');
  });
});
