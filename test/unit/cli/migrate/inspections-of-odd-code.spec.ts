import { jest } from '@jest/globals';
import { TemporaryProject } from '../temporary-project.js';
import { CONFIG, testWhatIsTold, toldIn, type ToldCase } from './told-findings.js';

// TypeScript is loaded anew for each file of tests, which takes seconds on a busy machine.
jest.setTimeout(60_000);

const LONG = 'aVeryLongNameOfAnEventBusThatMakesTheLineOfTheReportTooLong';

const CASES: readonly ToldCase[] = [
  [
    'calls-that-are-no-publisher',
    `import { EventBus, EventPublisher } from '@nestjs/cqrs';
import { Missing, mixed } from 'not-installed';
class Own { async publish(event: object) { return event; } }
const cqrs = { EventBus };
export async function run(app: any, own: Own, log: (value: unknown) => void, bus: EventBus, text: 'a' | 'b') {
  await own.publish({});
  await app.get().publish({});
  await app.make(EventBus).publish({});
  await app.get(missing.EventBus).publish({});
  await (text as any).publish({});
  log(bus.publish({}));
  await app.get(arguments.EventBus).publish({});
  await app.get(undefined).publish({});
  return [cqrs, EventPublisher];
}
class Mixed extends mixed(Own) { declare publish: any }
class Foreign extends Missing { declare publish: any }
export const others = async (a: Mixed, b: Foreign) => [await a.publish({}), await b.publish({})];`,
    [],
  ],
  [
    'calls-that-are',
    `import { EventBus } from '@nestjs/cqrs';
export async function run(app: any, bus: EventBus, ${LONG}: EventBus) {
  await (app.none ?? bus).publish({});
  await app.get(EventBus).publish({});
  void ${LONG}.publish([{}, {}]);
  void bus.publish(['${'x'.repeat(43)}']);
  void bus.publish(['${'x'.repeat(44)}']);
}`,
    [
      '3 waits await (app.none ?? bus).publish(…)',
      '4 waits await app.get(EventBus).publish(…)',
      `5 list ${LONG}…`,
      `6 list bus.publish(['${'x'.repeat(43)}'])`,
      `7 list bus.publish(['${'x'.repeat(44)}'…`,
    ],
  ],
  [
    'script.cjs',
    `const { EventBus } = require('@nestjs/cqrs');
/** @param {import('@nestjs/cqrs').EventBus} bus */
exports.run = bus => { return bus.publish({}); };
return app.get(EventBus).publish({});`,
    [],
  ],
  ['messages/default', `export default class {}`, ['1 sameName class Fallback']],
  [
    'handlers-without-names',
    `import { CommandHandler } from '@nestjs/cqrs';
import { Message } from 'nestjs-cqrs';
import Fallback from './messages/default.js';
const NAME = 'shop.Pay';
@Message({ name: NAME })
class Computed {}
@Message({ name: 'shop.Named' })
class Named {}
@Message({ description: 'x', name: 'shop.Named' })
class Other {}
@Message()
class Plain {}
@CommandHandler(Fallback)
export default class { async execute() {} }
@CommandHandler(Fallback, Computed, Named, Other, Plain)
export class Second { async execute() {} }`,
    [
      '8 sameName class Named, named "shop.Named"',
      '10 sameName class Other, named "shop.Named"',
      '13 duplicateHandler a class handles Fallback',
      '15 duplicateHandler Second handles Fallback',
    ],
  ],
  [
    'handlers-of-a-namesake',
    `import { CommandHandler } from '@nestjs/cqrs';
class Fallback {}
@CommandHandler(Fallback)
export class Third { async execute() {} }`,
    ['2 sameName class Fallback'],
  ],
];

testWhatIsTold('in code that is rare', CASES);

it.each([
  ['', './cqrs.js'],
  [' under a path of its tsconfig.json', 'own/cqrs'],
])('a bus that the project exports anew%s is known by its types', async (_where, path) => {
  const { compilerOptions } = JSON.parse(CONFIG) as { compilerOptions: object };
  using project = new TemporaryProject({
    'tsconfig.json': JSON.stringify({ compilerOptions: { ...compilerOptions, paths: { 'own/*': ['./src/*.ts'] } } }),
    'src/cqrs.ts': `export * from '@nestjs/cqrs';`,
    'src/a.ts': `import { EventBus, Saga } from '${path}';
class Own extends EventBus {}
export const run = async (app: any) => [await app.get(EventBus).publish({}), Own, Saga];`,
  }).withPackages();
  const { output } = await project.run('migrate', '--dry-run');
  expect(toldIn(output).get('src/a.ts')).toEqual([
    '3 waits await app.get(EventBus).publish(…)',
    '2 subclass class Own extends EventBus',
  ]);
});
