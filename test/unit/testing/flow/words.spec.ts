import { AssertionError } from 'node:assert';
import { failedAssertion } from '../../../../lib/testing/flow/failed-assertion.js';
import { placeOfError } from '../../../../lib/testing/flow/spot.js';
import {
  causeText,
  errorText,
  failureText,
  handlerText,
  messageText,
  milliseconds,
  nameOf,
  sentText,
  times,
} from '../../../../lib/testing/flow/words.js';
import { RecordedMessage, RecordedRun } from '../../../../lib/testing/flow/recorded.js';

class Ship {}

const sent = (cause?: RecordedMessage, saga?: string) =>
  new RecordedMessage({ kind: 'command', message: new Ship(), cause, saga, by: undefined });

const ranBy = (recorded: RecordedMessage, ...names: string[]) => {
  for (const name of names) recorded.handlers.push(new RecordedRun({ name, module: undefined }, 1, false));
  return recorded;
};

/** An error whose stack is as given. */
const errorAt = (...lines: unknown[]) =>
  Object.assign(new Error('late'), { stack: ['Error: late', ...lines].join('\n') });

describe('names', () => {
  it('of messages without a class that has one', () => {
    const messages = [new Ship(), new (class {})(), Object.create(null) as object, { constructor: 1 }];
    expect(messages.map(nameOf)).toEqual(['Ship', '(anonymous class)', '(anonymous class)', '(anonymous class)']);
  });

  it('of handlers, with the module where it is known', () => {
    expect(handlerText({ name: 'Shipping.ship', module: 'ShopModule' })).toBe('Shipping.ship (ShopModule)');
    expect(handlerText({ name: 'Shipping.ship', module: undefined })).toBe('Shipping.ship');
  });

  it('of a message with its handler, if it has one alone', () => {
    expect(messageText(sent())).toBe('command Ship');
    expect(sentText(sent())).toBe('command Ship');
    expect(sentText(ranBy(sent(), 'A.a', 'A.a'))).toBe('command Ship → A.a');
    expect(sentText(ranBy(sent(), 'A.a', 'B.b'))).toBe('command Ship');
  });
});

describe('errors as one line', () => {
  const getter = {
    get name(): string {
      throw new Error('no name');
    },
  };

  it.each<[string, unknown, string]>([
    ['an error', new TypeError('none left'), 'TypeError: none left'],
    ['of several lines the first', new Error('none left\nof i7'), 'Error: none left'],
    ['what is no error', 'none', 'none'],
    ['undefined', undefined, 'undefined'],
    ['an object that cannot be printed', Object.create(null), 'something that cannot be printed'],
    [
      'an error whose name throws',
      Object.defineProperties(new Error('x'), Object.getOwnPropertyDescriptors(getter)),
      'something that cannot be printed',
    ],
  ])('%s', (_title, error, text) => {
    expect(errorText(error)).toBe(text);
    expect(failureText(error instanceof Error ? Object.assign(error, { stack: undefined }) : error)).toBe(text);
  });

  it('with the nearest place that is neither of Node nor of a package', () => {
    const error = errorAt(
      '    at node:internal/process/task_queues:105:5',
      '    at Client.query (/app/node_modules/pg/lib/client.js:631:17)',
      '    at async Mailer.send (/app/src/mailer.ts:17:9)',
      '    at Shop.run (/app/src/shop.ts:5:1)',
    );
    expect(failureText(error)).toBe('Error: late (mailer.ts:17)');
  });
});

describe('places of errors', () => {
  it.each<[string, unknown, string | undefined]>([
    ['a file by its URL', '    at run (file:///app/my%20shop/a.js:3:5)', 'a.js:3'],
    ['a file of Windows', '    at run (C:\\app\\shop.ts:3:5)', 'shop.ts:3'],
    ['a call without a name', '    at /app/shop.ts:3:5', 'shop.ts:3'],
    ['a call that was awaited, without a name', '    at async /app/shop.ts:3:5', 'shop.ts:3'],
    ['a line that is no call', 'of /app/shop.ts:3:5', undefined],
    ['a call without a place', '    at Array.map (<anonymous>)', undefined],
  ])('%s', (_title, line, place) => {
    expect(placeOfError(errorAt(line))).toBe(place);
  });

  it('none for what has no stack of text, or whose stack throws', () => {
    const throwing = Object.defineProperty(new Error('x'), 'stack', {
      get: () => {
        throw new Error('no stack');
      },
    });
    const noText = Object.assign(new Error('x'), { stack: [] });
    expect([{}, 'late', noText, throwing].map(placeOfError)).toEqual([undefined, undefined, undefined, undefined]);
  });
});

describe('causes', () => {
  it('of what the test has sent: the place of the test, where it is known', () => {
    expect(causeText(sent())).toBeUndefined();
    expect(causeText(sent(), 'ship.spec.ts:7')).toBe('tracked at ship.spec.ts:7');
  });

  it('the message, and the line that has sent it; of a saga its name', () => {
    const cause = ranBy(sent(), 'Shop.sell');
    expect(causeText(sent(cause), 'ship.spec.ts:7')).toMatch(
      /^caused by command Ship → Shop\.sell \(words\.spec\.ts:\d+\)$/,
    );
    expect(causeText(sent(cause, 'Sagas.ship'))).toBe('caused by the saga Sagas.ship for command Ship → Shop.sell');
  });
});

it('counts and durations', () => {
  expect([times(1), times(2), milliseconds(0.4), milliseconds(1_234.5)]).toEqual([
    'once',
    '2 times',
    '0 ms',
    '1,235 ms',
  ]);
});

describe('an assertion that failed', () => {
  it('has its text as it is, and what was compared', () => {
    const error = failedAssertion(['a', 'b'], { actual: [1], expected: [2], cause: 'c' });
    expect(error).toMatchObject({ message: 'a\nb', actual: [1], expected: [2], cause: 'c' });
    expect(Object.hasOwn(failedAssertion(['a']), 'cause')).toBe(false);
    expect(error).not.toBeInstanceOf(AssertionError);
  });

  it.each<[string, NodeJS.ProcessEnv]>([
    ['without a runner', { JEST_WORKER_ID: undefined }],
    ['in Vitest', { JEST_WORKER_ID: '1', VITEST: 'true' }],
    ['in node:test, started by Jest', { JEST_WORKER_ID: '1', NODE_TEST_CONTEXT: 'child' }],
  ])('is an error of node:assert %s', (_where, variables) => {
    const before = process.env;
    process.env = { ...before, ...variables };
    for (const [name, value] of Object.entries(variables)) if (value === undefined) delete process.env[name];
    try {
      const error = failedAssertion(['a'], { actual: 1, expected: 2 });
      expect(error).toBeInstanceOf(AssertionError);
      expect(error).toMatchObject({ message: 'a', actual: 1, expected: 2, operator: 'fail' });
    } finally {
      process.env = before;
    }
  });

  it('begins its stack where it is told to', () => {
    const first = (error: Error): string => error.stack!.split('\n').find(line => line.startsWith('    at '))!;
    const check = (): Error => failedAssertion(['a'], {}, check);
    const unknown = (): Error => failedAssertion(['a']);
    expect(first(check())).toContain('words.spec.ts');
    expect(first(unknown())).not.toContain('words.spec.ts');
  });
});
