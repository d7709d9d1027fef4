import { jest } from '@jest/globals';
import { testWhatIsTold, type ToldCase } from './told-findings.js';

// TypeScript is loaded anew for each file of tests, which takes seconds on a busy machine.
jest.setTimeout(60_000);

const CASES: readonly ToldCase[] = [
  [
    'awaits',
    `import { AggregateRoot, CommandBus, EventBus as Bus, type IEventBus } from '@nestjs/cqrs';
class Order extends AggregateRoot { async pay() { await this.publish(1 as any); } }
class Paid extends Order {}
export class Service {
  constructor(private readonly bus: Bus, readonly port: IEventBus, readonly commands: CommandBus) {}
  async run(order: Paid, events: object[]) {
    await this.bus.publish({});
    await Promise.all([...events.map(event => this.bus.publish(event)), (this.bus.publishAll(events))]);
    await this.port.publish({} as any);
    await order.commit();
    this.bus.publish({}).then(() => {});
    return events.length ? this.bus.publish({}) : undefined;
  }
  async drop(events: object[], other: { publish(event: object): Promise<void> }) {
    this.bus.publish({});
    void this.bus.publish({});
    events.forEach(event => this.bus.publish(event));
    await other.publish({});
    await this.commands.execute({} as any);
    await (this.bus as any).publish({});
  }
}`,
    [
      '2 waits await this.publish(…)',
      '7 waits await this.bus.publish(…)',
      '8 waits await this.bus.publish(…)',
      '8 waits await this.bus.publishAll(…)',
      '9 waits await this.port.publish(…)',
      '10 waits await order.commit(…)',
      '11 waits then this.bus.publish(…)',
      '12 waits return this.bus.publish(…)',
    ],
  ],
  [
    'publishers',
    `import type { AggregateRoot, EventBus, IAggregateRoot, IEventBus, IEventPublisher } from '@nestjs/cqrs';
export async function run(bus: EventBus, port: IEventBus, root: AggregateRoot, any: IAggregateRoot, no: IEventPublisher) {
  await bus.publish({});
  await bus.publishAll([]);
  await port.publish({} as any);
  await port.publishAll([]);
  await root.publish({} as any);
  await root.publishAll([]);
  await root.commit();
  await any.commit();
  await no.publish({} as any);
}
export const chained = (bus: EventBus) => [bus.publish({}).then(), bus.publish({}).catch(), bus.publish({}).finally()];
export const lists = (bus: EventBus) => [void bus.publish([{}]), void bus.publishAll([{}]), void bus.publish({})];
export const combined = (bus: EventBus, list: object[]) => Promise.allSettled(list.flatMap(one => bus.publish(one)));
export const waited = async (bus: EventBus, list: object[]) => {
  await Promise.all(list.flatMap(one => bus.publish(one)));
  await Promise.all(list.filter(one => bus.publish(one)));
};`,
    [
      '3 waits await bus.publish(…)',
      '4 waits await bus.publishAll(…)',
      '5 waits await port.publish(…)',
      '6 waits await port.publishAll(…)',
      '7 waits await root.publish(…)',
      '8 waits await root.publishAll(…)',
      '9 waits await root.commit(…)',
      '10 waits await any.commit(…)',
      '13 waits then bus.publish(…)',
      '13 waits catch bus.publish(…)',
      '13 waits finally bus.publish(…)',
      '14 list bus.publish([{}])',
      '17 waits await bus.publish(…)',
    ],
  ],
  [
    'lookups',
    `import * as cqrs from '@nestjs/cqrs';
import type { ModuleRef } from '@nestjs/core';
export async function run(app: ModuleRef, publisher: cqrs.EventPublisher, hero: cqrs.AggregateRoot) {
  await app.get(cqrs.EventBus).publish({});
  const bus = await app.resolve(cqrs.EventBus);
  await bus.publish([{}]);
  await publisher.mergeObjectContext(hero).commit();
  await app.create(cqrs.EventBus).publish({});
}`,
    [
      '4 waits await app.get(cqrs.EventBus).publish(…)',
      '6 list bus.publish([{}])',
      '6 waits await bus.publish(…)',
      '7 waits await publisher.mergeObjectContext(hero).commit(…)',
      '8 waits await app.create(cqrs.EventBus).publish(…)',
    ],
  ],
  [
    'subclasses',
    `import { AggregateRoot, CommandBus, EventBus, CqrsModule as Module, WithAggregateRoot, EventPublisher, UnhandledExceptionBus } from '@nestjs/cqrs';
class LoggingBus extends CommandBus {}
class Deeper extends LoggingBus {}
export const Anonymous = class extends EventBus { start() { (this as any).getCommandId({}); this.registerSagas([]); return this['handlers']; } };
class Own extends Module {}
class Base {}
class Mixed extends WithAggregateRoot(Base) {}
class Hero extends AggregateRoot {}
export async function run(bus: Deeper, mixed: Mixed) {
  bus['execute']({} as any);
  await mixed.commit();
  return [bus['moduleRef'], Own, Hero, ({} as any)['handlers']];
}
class Publisher extends EventPublisher {}
class Unhandled extends UnhandledExceptionBus {}`,
    [
      '2 subclass class LoggingBus extends CommandBus',
      '4 removedMember (this as any).getCommandId',
      "4 removedMember this['handlers']",
      '4 subclass class extends EventBus',
      '5 subclass class Own extends CqrsModule',
      '11 waits await mixed.commit(…)',
      "12 removedMember bus['moduleRef']",
      '14 subclass class Publisher extends EventPublisher',
      '15 subclass class Unhandled extends UnhandledExceptionBus',
    ],
  ],
  [
    'members',
    `import { CommandBus, EventBus, QueryBus, UnhandledExceptionBus } from '@nestjs/cqrs';
export const members = (commands: CommandBus, queries: QueryBus, events: EventBus, unhandled: UnhandledExceptionBus) => [
  commands['useDefaultPublisher'],
  queries['useDefaultPublisher'],
  events['useDefaultPublisher'],
  unhandled['useDefaultPublisher'],
];`,
    [
      "3 removedMember commands['useDefaultPublisher']",
      "4 removedMember queries['useDefaultPublisher']",
      "5 removedMember events['useDefaultPublisher']",
      "6 removedMember unhandled['useDefaultPublisher']",
    ],
  ],
  [
    'options',
    `import { ASYNC_CONTEXT_ATTRIBUTE, CqrsModule } from '@nestjs/cqrs';
export const modules = [
  CqrsModule.forRoot({ rethrowUnhandled: true }),
  CqrsModule.forRootAsync({ useFactory: () => ({ rethrowUnhandled: true }) }),
  CqrsModule,
];
export const other = { forRoot: (options: object) => options, key: ASYNC_CONTEXT_ATTRIBUTE };
other.forRoot({ rethrowUnhandled: true });`,
    [
      '1 contextAttribute ASYNC_CONTEXT_ATTRIBUTE',
      '3 forRootTwice CqrsModule.forRoot(…)',
      '3 rethrow rethrowUnhandled: true',
      '4 forRootTwice CqrsModule.forRootAsync(…)',
      '4 rethrow rethrowUnhandled: true',
    ],
  ],
  ['options.spec', `import { CqrsModule } from '@nestjs/cqrs';\nCqrsModule.forRoot();`, []],
  ['messages/nameless', `export default class {}`, []],
  ['messages/index', `export { Work, Ask as Question } from './requests.js';`, []],
  ['messages/requests', `export class Work {}\nexport class Ask {}\nexport class Once {}`, ['2 sameName class Ask']],
  [
    'handlers-a',
    `import { CommandHandler, EventsHandler, QueryHandler } from '@nestjs/cqrs';
import { Question, Work } from './messages/index.js';
import { Once } from './messages/requests.js';
@CommandHandler(Work)
export class First { async execute() {} }
@QueryHandler(Question)
export class Asked { async execute() {} }
@CommandHandler(Once)
export class OnlyOne { async execute() {} }
class Happened {}
@EventsHandler(Happened)
export class Listener { handle() {} }
@EventsHandler(Happened)
export class OtherListener { handle() {} }`,
    ['4 duplicateHandler First handles Work'],
  ],
  [
    'handlers-b',
    `import * as cqrs from '@nestjs/cqrs';
import { Work as Renamed } from './messages/requests.js';
@cqrs.CommandHandler(Renamed)
export class Second { async execute() {} }
class Ask {}
@cqrs.EventsHandler(Ask)
export class Listener { handle() {} }
@cqrs.CommandHandler(undefined as any)
export class Unknown { async execute() {} }`,
    ['3 duplicateHandler Second handles Work', '5 sameName class Ask'],
  ],
  [
    'handlers.spec',
    `import { CommandHandler } from '@nestjs/cqrs';
import { Work } from './messages/requests.js';
class Ask {}
@CommandHandler(Work)
class InTest {}
@CommandHandler(Ask)
class First {}
@CommandHandler(Ask)
class Second {}
export const all = [InTest, First, Second];`,
    [],
  ],
  [
    'named',
    `import { CommandHandler } from '@nestjs/cqrs';
import { Message } from 'nestjs-cqrs';
@Message({ name: 'other.Once' })
class Once {}
@CommandHandler(Once)
export class Handler { async execute() {} }`,
    [],
  ],
  [
    'common.cts',
    `import cqrs = require('@nestjs/cqrs');
class Own extends cqrs.QueryBus {}
class Service<T extends cqrs.AggregateRoot> {
  constructor(readonly bus: cqrs.EventBus, readonly either: cqrs.EventBus | undefined, readonly root: T) {}
  async run(event: object) {
    const published = (this.bus.publish(event) as any)!;
    await (true ? (this.bus.publish(event) as any)! : [...this.bus.publish(event)]);
    await [event].map(function (event) { return this.bus.publish(event); });
    await (this.either ?? this.bus).publish(event), await this.either?.publish(event);
    return () => this.root.commit(), this.bus.publish(event).finally(() => published);
  }
}
interface Port extends cqrs.IEventBus {}
export const used = [Own, Service];
export const run = async (port: Port, loop: Loop) => [await port.publish({} as any), await loop.publish({})];
class Loop extends Circle { declare publish: any }
class Circle extends Loop {}`,
    [
      '2 subclass class Own extends QueryBus',
      '7 waits await this.bus.publish(…)',
      '7 waits await this.bus.publish(…)',
      '9 waits await (this.either ?? this.bus).publish(…)',
      '9 waits await this.either?.publish(…)',
      '10 waits finally this.bus.publish(…)',
      '15 waits await port.publish(…)',
    ],
  ],
  [
    'unusual',
    `import { CommandHandler, EventBus, Message } from '@nestjs/cqrs';
import { Message as Own } from 'nestjs-cqrs';
import Nameless from './messages/nameless.js';
const name = 'computed';
@Own({ name, version: 2 }) class Computed {}
@Own({ name: 'long.name' }) class Long {}
@CommandHandler(Nameless, Computed) export class One { async execute() {} }
@CommandHandler(Nameless) export default class { async execute() {} }
@CommandHandler(Long) export class Three { async execute() {} }
class Again { @CommandHandler(Long) method() {} }
@Own({ name: 'long.name' }) class Longer {}
@CommandHandler(Longer, 1 as any) export class Four { async execute() {} }
export const run = async (bus: EventBus, nothing: null) => [
  bus.publish([{ a: 'a text that is longer than a line of the report', b: 'may be' }]),
  await (nothing as any).publish({}),
  await Math.max(1, bus.publish({}) as any),
  Again,
  Message,
];`,
    [
      '6 sameName class Long, named "long.name"',
      '7 duplicateHandler One handles Nameless',
      '8 duplicateHandler a class handles Nameless',
      '11 sameName class Longer, named "long.name"',
      "14 list bus.publish([{ a: 'a text that is longer than a line of the…",
    ],
  ],
  [
    'messages/expressions',
    `import { Command } from '@nestjs/cqrs';
export const Anonymous = class extends Command<void> {};
export const Given = class Inner {};
export const Alias = Anonymous;
export const all = { Kept: (class {} as unknown) as new () => object };
export const Circle: new () => object = all.Kept;`,
    [],
  ],
  [
    'expressions',
    `import { CommandHandler } from '@nestjs/cqrs';
import { Alias, all, Anonymous as Renamed, Circle, Given } from './messages/expressions.js';
@CommandHandler(Renamed) export class A { async execute() {} }
@CommandHandler(Alias) export class B { async execute() {} }
@CommandHandler(Given) export class C { async execute() {} }
@CommandHandler(Given!) export class D { async execute() {} }
@CommandHandler(all.Kept) export class E { async execute() {} }
@CommandHandler(Circle) export class F { async execute() {} }
const Round: any = Other;
const Other: any = Round;
@CommandHandler(Round) export class G { async execute() {} }
@CommandHandler(Other) export class H { async execute() {} }`,
    [
      '3 duplicateHandler A handles Anonymous',
      '4 duplicateHandler B handles Anonymous',
      '5 duplicateHandler C handles Inner',
      '6 duplicateHandler D handles Inner',
      '7 duplicateHandler E handles Kept',
      '8 duplicateHandler F handles Kept',
    ],
  ],
  [
    'javascript.mjs',
    `import { EventBus } from '@nestjs/cqrs';\nexport class Own extends EventBus {}`,
    ['2 subclass class Own extends EventBus'],
  ],
];

testWhatIsTold('in code as it is written', CASES);
