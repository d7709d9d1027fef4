import * as fc from 'fast-check';
import { Command, Event, Query, RESULT_TYPE_SYMBOL, StreamQuery } from '../../../lib/index.js';
import { InvalidMessageException } from '../../../lib/index.js';
import { runInNewContext } from 'node:vm';
import {
  isClass,
  isRoot,
  lineage,
  messageName,
  nameOf,
  prototypeOf,
  typeOfPrototype,
} from '../../../lib/messages/inspect-message.js';
import {
  append,
  copyMetadata,
  hasForeign,
  metadataKey,
  readForeign,
  readOwn,
  write,
  writeForeign,
} from '../../../lib/messages/metadata.js';

class Created extends Event {
  constructor(readonly id: string) {
    super();
  }
}
class Renamed extends Created {}

describe('the bases of messages', () => {
  it('are legal to construct with an explicit result type', () => {
    expect(new Command<string>()).toBeInstanceOf(Command);
    expect(new Query<number>()).toBeInstanceOf(Query);
    expect(new StreamQuery<number>()).toBeInstanceOf(StreamQuery);
    expect(new Event()).toBeInstanceOf(Event);
  });

  it.each([new Command<string>(), new Query<number>(), new StreamQuery<number>(), new Event()])(
    'carry types alone: no fields of any kind',
    message => {
      expect(Reflect.ownKeys(message)).toEqual([]);
    },
  );

  it('leave no trace in JSON, copies and comparisons', () => {
    class Create extends Command<string> {
      constructor(readonly id: string) {
        super();
      }
    }
    const command = new Create('1');
    expect(JSON.stringify(command)).toBe('{"id":"1"}');
    expect({ ...command }).toEqual({ id: '1' });
    expect(RESULT_TYPE_SYMBOL in command).toBe(false);
  });
});

describe('prototypeOf', () => {
  it('gives what identifies the type of an instance', () => {
    expect(prototypeOf(new Created('1'))).toBe(Created.prototype);
    expect(typeOfPrototype(prototypeOf(new Renamed('1')))).toBe(Renamed);
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['undefined', undefined],
    ['a number', 42],
    ['a class', Created],
    ['an arrow function', () => undefined],
    ['an object without a prototype', Object.create(null)],
    ['an object whose prototype has no constructor', Object.create(Object.create(null))],
    ['an object whose prototype has a constructor that is none', Object.create({ constructor: 'Created' })],
  ])('refuses %s', (_, value) => {
    expect(() => prototypeOf(value, 'somewhere')).toThrow(InvalidMessageException);
  });

  it('refuses a list, for which it is no cause that it is a list', () => {
    const refusal = (value: unknown): InvalidMessageException => {
      try {
        prototypeOf(value, 'somewhere');
      } catch (error) {
        return error as InvalidMessageException;
      }
      throw new Error('It is accepted');
    };
    expect(refusal([])).toMatchObject({ where: 'somewhere', what: expect.stringContaining('Array') as string });
    expect('cause' in refusal([])).toBe(false);
    expect('cause' in refusal(Object.setPrototypeOf([], null))).toBe(false);
    expect('cause' in refusal(null)).toBe(false);
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(refusal(proxy).cause).toBeInstanceOf(TypeError);
    class Batch extends Array<number> {}
    expect(prototypeOf(new Batch())).toBe(Batch.prototype);
  });

  it('accepts whatever has a class, refuses lists and everything else', () => {
    fc.assert(
      fc.property(fc.anything(), value => {
        const isObject = typeof value === 'object' && value !== null && Object.getPrototypeOf(value) !== null;
        const isInstance = isObject && !Array.isArray(value);
        expect(isAccepted(value)).toBe(isInstance);
      }),
    );
  });
});

function isAccepted(value: unknown): boolean {
  try {
    return prototypeOf(value) === Object.getPrototypeOf(value);
  } catch (error) {
    if (error instanceof InvalidMessageException) return false;
    throw error;
  }
}

describe('names of messages', () => {
  it('are the names of their classes', () => {
    expect(messageName(new Renamed('1'))).toBe('Renamed');
    expect(nameOf(Created)).toBe('Created');
  });

  it('are safe for whatever has none', () => {
    const anonymous = (() => class {})();
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error('hands off');
        },
      },
    );
    expect(nameOf(anonymous)).toBe('(anonymous class)');
    expect(nameOf('text')).toBe('(anonymous class)');
    expect(messageName(Object.create(null))).toBe('(anonymous class)');
    expect(messageName(hostile)).toBe('(anonymous class)');
  });
});

describe('classes', () => {
  it('are functions with a prototype', () => {
    expect([Created, Object, function old() {}].map(isClass)).toEqual([true, true, true]);
    const primitive = Object.assign(() => undefined, { prototype: 'none' });
    const nothing = Object.assign(() => undefined, { prototype: null });
    expect([() => undefined, primitive, nothing, new Created('1'), undefined, 'Created'].map(isClass)).toEqual(
      Array(6).fill(false),
    );
  });

  it('of all objects are Object of any realm, and no other class of that name', () => {
    const ofThatName = (() => class Object {})();
    const bare = Object.assign(function Bare() {}, { prototype: Object.create(null) as object });
    expect([Object, runInNewContext('Object') as typeof Object].map(isRoot)).toEqual([true, true]);
    expect([ofThatName, bare, Event].map(type => isRoot(type))).toEqual([false, false, false]);
  });
});

describe('lineage', () => {
  it('is the class and what it extends, without Object', () => {
    expect(lineage(Renamed)).toEqual([Renamed, Created, Event]);
    expect(lineage(Event)).toEqual([Event]);
  });

  it('begins with the class itself, whatever its prototype says of its constructor', () => {
    function Old() {}
    Old.prototype = {};
    expect(lineage(Old)).toEqual([Old]);
    expect(lineage(() => undefined)).toHaveLength(1);
  });

  it('leaves Object out', () => {
    expect(lineage(Object)).toEqual([]);
  });
});

describe('metadata', () => {
  const KEY = metadataKey<readonly string[]>(Symbol('test'));

  it('belongs to exactly the class it was written on', () => {
    class Base {}
    class Sub extends Base {}
    write(KEY, ['base'], Base);
    expect(readOwn(KEY, Base)).toEqual(['base']);
    expect(readOwn(KEY, Sub)).toBeUndefined();
  });

  it('grows without changing a list that was read before', () => {
    class Target {}
    append(KEY, ['a'], Target);
    const before = readOwn(KEY, Target);
    append(KEY, ['b'], Target);
    expect(before).toEqual(['a']);
    expect(readOwn(KEY, Target)).toEqual(['a', 'b']);
  });

  it('of other libraries is found on what a class extends, and copied whole', () => {
    class Base {}
    class Sub extends Base {}
    class Other {}
    Reflect.defineMetadata('__foreign__', 1, Base);
    expect([hasForeign(['__foreign__'], Sub), hasForeign(['__other__'], Sub)]).toEqual([true, false]);
    expect(readForeign('__foreign__', Sub)).toBe(1);
    copyMetadata(Sub, Other);
    expect(readForeign('__foreign__', Other)).toBe(1);
    writeForeign('__foreign__', 2, Other, 'method');
    expect(Reflect.getMetadata('__foreign__', Other, 'method')).toBe(2);
  });
});
