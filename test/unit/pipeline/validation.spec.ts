import { type } from 'arktype';
import * as v from 'valibot';
import { z } from 'zod';
import {
  CommandBus,
  EventBus,
  MessageValidationException,
  Validate,
  validateMessage,
  type MessageValidator,
  type StandardSchema,
} from '../../../lib/index.js';

class Base {
  constructor(
    readonly name: unknown,
    readonly age: unknown,
    readonly tags?: unknown,
  ) {}
  greet(): string {
    return `hello ${String(this.name)}`;
  }
}

const schemas: [string, StandardSchema][] = [
  [
    'zod',
    z.object({
      name: z.string().trim().min(2),
      age: z.coerce.number().int().max(150),
      tags: z.array(z.object({ label: z.string() })).default([]),
    }),
  ],
  [
    'valibot',
    v.object({
      name: v.pipe(v.string(), v.trim(), v.minLength(2)),
      age: v.pipe(v.unknown(), v.transform(Number), v.integer(), v.maxValue(150)),
      tags: v.optional(v.array(v.object({ label: v.string() })), []),
    }),
  ],
  [
    'arktype',
    type({
      name: type('string.trim').to('string >= 2'),
      age: type('string.integer.parse').or('number.integer').to('number <= 150'),
      tags: type({ label: 'string' })
        .array()
        .default(() => []),
    }),
  ],
];

const failure = (promise: Promise<unknown>): Promise<MessageValidationException> =>
  promise.then(
    () => undefined as never,
    (error: unknown) => error as MessageValidationException,
  );

describe.each(schemas)('A schema of %s', (_vendor, schema) => {
  @Validate(schema)
  class Decorated extends Base {}
  class WithStatic extends Base {
    static readonly schema = schema;
  }

  it.each([
    ['@Validate', Decorated],
    ['static schema', WithStatic],
  ])('hands transformed values and defaults to the handler in an instance of the class (%s)', async (_how, Type) => {
    const bus = new CommandBus();
    let seen: Base | undefined;
    bus.register(Type, command => void (seen = command));
    const message = Object.freeze(new Type('  Ada ', '36'));
    await bus.dispatch(message, { fromOutside: true });
    expect(seen).toBeInstanceOf(Type);
    expect({ ...seen! }).toEqual({ name: 'Ada', age: 36, tags: [] });
    expect(seen!.greet()).toBe('hello Ada');
    expect(Object.isFrozen(seen)).toBe(true);
    expect(message.name).toBe('  Ada ');
  });

  it('tells every violation with its path, and the handler does not run', async () => {
    const bus = new CommandBus();
    let ran = false;
    bus.register(Decorated, () => void (ran = true));
    const error = await failure(bus.dispatch(new Decorated(' A ', 'old', [{ label: 1 }]), { fromOutside: true }));
    expect(error).toBeInstanceOf(MessageValidationException);
    expect(error).toMatchObject({ code: 'CQRS_VALIDATION', messageName: 'Decorated' });
    expect([...new Set(error.violations.map(({ path }) => path))].toSorted()).toEqual(['age', 'name', 'tags.0.label']);
    expect(error.violations.every(({ message }) => message.length > 0)).toBe(true);
    expect(ran).toBe(false);
  });

  it('concerns every dispatch, also one from inside', async () => {
    const bus = new CommandBus();
    bus.register(Decorated, ({ name }) => name);
    await expect(bus.execute(new Decorated('A', 'old'))).rejects.toMatchObject({ code: 'CQRS_VALIDATION' });
    expect(await bus.execute(new Decorated(' Ann ', '42'))).toBe('Ann');
  });
});

describe('Validation', () => {
  it('of events concerns each handler', async () => {
    @Validate(z.object({ name: z.string().min(2) }))
    class Happened {
      constructor(readonly name: string) {}
    }
    const bus = new EventBus();
    const seen: string[] = [];
    bus.register(Happened, ({ name }) => void seen.push(name));
    const outcome = await bus.publish(new Happened('x'), { fromOutside: true, onError: 'collect' });
    expect(outcome.failures).toEqual([expect.objectContaining({ error: expect.any(MessageValidationException) })]);
    await bus.publish(new Happened('xx'), { fromOutside: true });
    expect(seen).toEqual(['xx']);
  });

  it('goes by the schema of the nearest class', async () => {
    @Validate(z.object({ name: z.literal('base') }))
    class Parent {
      constructor(readonly name: string) {}
    }
    class Same extends Parent {}
    class Other extends Parent {
      static schema = z.object({ name: z.literal('other') });
    }
    await expect(validateMessage(new Same('other'))).rejects.toThrow(MessageValidationException);
    expect(await validateMessage(new Other('other'))).toEqual(new Other('other'));
  });

  it('returns the message itself where the schema changes no field', async () => {
    @Validate(z.object({ name: z.string() }))
    class Rename {
      constructor(readonly name: string) {}
    }
    const message = new Rename('a');
    expect(await validateMessage(message)).toBe(message);
  });

  it('waits for a schema that is asynchronous', async () => {
    @Validate(z.object({ name: z.string().refine(async name => name === 'free', 'taken') }))
    class Rename {
      constructor(readonly name: string) {}
    }
    expect(await validateMessage(new Rename('free'))).toEqual(new Rename('free'));
    expect((await failure(validateMessage(new Rename('x')))).violations).toEqual([{ path: 'name', message: 'taken' }]);
  });

  it('returns the message itself without a validator', async () => {
    const message = new Base('a', 1);
    expect(await validateMessage(message)).toBe(message);
  });

  it('asks further validators after the schema, each with what the one before returned', async () => {
    const asked: unknown[] = [];
    @Validate(z.object({ name: z.string().trim() }))
    class Rename {
      constructor(readonly name: string) {}
    }
    const longer: MessageValidator = {
      validates: () => true,
      validate: message => (asked.push({ ...message }), { value: { name: `${(message as Rename).name}!` } }),
    };
    const never: MessageValidator = {
      validates: () => false,
      validate: () => {
        throw new Error('asked');
      },
    };
    expect(await validateMessage(new Rename(' a '), [never, longer])).toStrictEqual(new Rename('a!'));
    expect(asked).toEqual([{ name: 'a' }]);
  });

  it('cannot be polluted by what a schema returns', async () => {
    const pollute = {
      '~standard': {
        version: 1,
        vendor: 'x',
        validate: () => ({ value: JSON.parse('{"__proto__":{"polluted":1}}') as object }),
      },
    } as const;
    @Validate(pollute)
    class Rename {}
    const valid = await validateMessage(new Rename());
    expect(valid).toBeInstanceOf(Rename);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('refuses a schema that makes no object, and a value that is not a schema', async () => {
    @Validate(z.unknown().transform(() => 5))
    class Number5 {}
    await expect(validateMessage(new Number5())).rejects.toMatchObject({ code: 'CQRS_INVALID_SCHEMA' });
    expect(() => Validate({} as never)).toThrow(expect.objectContaining({ code: 'CQRS_INVALID_SCHEMA' }));
    expect(() => Validate(null as never)).toThrow(expect.objectContaining({ code: 'CQRS_INVALID_SCHEMA' }));
  });

  it('lets what a schema throws reach the caller', async () => {
    class Broken {
      static schema = z.object({}).transform(() => {
        throw new RangeError('broken');
      });
    }
    await expect(validateMessage(new Broken())).rejects.toThrow(new RangeError('broken'));
  });
});
