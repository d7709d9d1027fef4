import { MessageContext } from 'nestjs-cqrs';
import { seen, storage } from './storage.js';

const circular = (): unknown => {
  const value: Record<string, unknown> = {};
  value['itself'] = value;
  return value;
};

/** Nested as deep as asked. */
export const nested = (depth: number): unknown => {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = { a: value };
  return value;
};

class Unreadable extends Error {
  override get message(): string {
    throw new Error('no message');
  }
  override get name(): string {
    throw new Error('no name');
  }
}

class WithBadFields extends Error {
  readonly code = 'BAD';
  readonly listed = Symbol('no JSON');
  readonly circular = circular();
}

const THROWN: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  text: () => 'a text',
  number: () => 5,
  symbol: () => Symbol('s'),
  function: () => () => 1,
  object: () => ({ code: 'X', message: 'no error' }),
  'object without prototype': () => Object.create(null) as unknown,
  'getters that throw': () => new Unreadable('x'),
  'fields that cannot travel': () => new WithBadFields('bad'),
  'proxy that throws': () =>
    new Proxy(new Error('x'), {
      get: () => {
        throw new Error('trap');
      },
      getPrototypeOf: () => {
        throw new Error('trap');
      },
    }),
  'odd name': () => Object.assign(new Error('odd'), { name: Symbol('n') }),
  'huge message': () => new Error('x'.repeat(3_000_000)),
  'long chain of causes': () => {
    let error = new Error('last');
    for (let i = 0; i < 10_000; i++) error = new Error('next', { cause: error });
    return error;
  },
  'error without constructor': () => Object.assign(new Error('x'), { constructor: null }),
};

export const thrownNames: readonly string[] = Object.keys(THROWN);

const ANSWERS: Readonly<Record<string, (value: unknown) => unknown>> = {
  circular,
  function: () => () => 1,
  symbol: () => Symbol('s'),
  'getter that throws': () => ({
    get a(): number {
      throw new Error('getter');
    },
  }),
  'toJSON that throws': () => ({
    toJSON() {
      throw new Error('toJSON');
    },
  }),
  'private fields': () =>
    new (class {
      #a = 1;
      get a() {
        return this.#a;
      }
    })(),
  proxy: () =>
    new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('trap');
        },
      },
    ),
  deep: () => nested(20_000),
  'thenable that rejects': () => ({
    then(_: unknown, reject: (reason: unknown) => void) {
      reject(new Error('thenable'));
    },
  }),
};

export const unansweredNames: readonly string[] = Object.keys(ANSWERS);

/** What a handler of `Ask` does. */
export function oddAnswer(how: string, value: unknown, context: MessageContext): unknown {
  if (how === 'echo') return value;
  if (how === 'huge') return 'x'.repeat(value as number);
  if (how === 'never') return new Promise(() => undefined);
  if (how === 'correlation') return later(() => MessageContext.current().correlationId);
  if (how === 'id') return context.messageId;
  if (how === 'stored') return seen.push(storage.getStore());
  if (how.startsWith('throws ')) throw THROWN[how.slice(7)]!();
  return ANSWERS[how]!(value);
}

const later = async <T>(read: () => T): Promise<T> => {
  await new Promise(resolve => setImmediate(resolve));
  return read();
};

/** A row of `Rows`. */
export function oddRows(how: string, i: number): unknown {
  if (how === 'stored') seen.push(storage.getStore());
  if (how === 'cannot be written' && i === 5) return () => 1;
  if (how === 'throws' && i === 5) throw new RangeError('row 5');
  return i;
}
