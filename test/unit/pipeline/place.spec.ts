import { at, Middleware, type CqrsMiddleware, type MessageContext, type Next, type Place } from '../../../lib/index.js';
import { declaresParameter } from '../../../lib/pipeline/declares-parameter.js';
import { PlacedReference, PLACES, type ReadyMiddleware } from '../../../lib/pipeline/middleware.js';
import { formAt, placed, placesOfClass, replacedByLeaving, runningAt, runsAt } from '../../../lib/pipeline/place.js';

class Sent {}

const asFunction = (middleware: ReadyMiddleware) => middleware as unknown as (...given: unknown[]) => unknown;

const pass = (message: object, next: Next) => next(message);

class Plain implements CqrsMiddleware {
  intercept(message: object, next: Next): Promise<unknown> {
    return next(message);
  }
}

@Middleware({ at: ['store'] })
class AtStore extends Plain {}
class AlsoAtStore extends AtStore {}
@Middleware({ at: ['send'] })
class AtSendAgain extends AtStore {}
@Middleware()
class Unplaced extends Plain {}

/** For a handler of this process, at sending, at storing. */
const runs = (middleware: ReadyMiddleware): boolean[] =>
  [undefined, 'send' as const, 'store' as const].map(place => runsAt(middleware, place));

describe('Where a middleware runs', () => {
  it('is where a message is handled or sent, unless it says otherwise', () => {
    expect(PLACES).toEqual(['handle', 'send', 'store']);
    expect(runs((message, next) => next(message))).toEqual([true, true, false]);
    expect(runs(new Plain())).toEqual([true, true, false]);
    expect(runs(new Unplaced())).toEqual([true, true, false]);
  });

  it.each<[Place[], boolean[]]>([
    [['handle'], [true, false, false]],
    [['send'], [true, true, false]],
    [['store'], [false, false, true]],
    [
      ['handle', 'store'],
      [true, false, true],
    ],
    [
      ['handle', 'send', 'store'],
      [true, true, true],
    ],
  ])('is %j', (places, expected) => {
    expect(runs(runningAt((message, next) => next(message), ...places))).toEqual(expected);
    expect(runs(placed(new Plain(), places))).toEqual(expected);
  });

  it('is where its class says, or the nearest base class that says something', () => {
    expect([AtStore, AlsoAtStore, AtSendAgain, Unplaced, Plain].map(placesOfClass)).toEqual([
      ['store'],
      ['store'],
      ['send'],
      undefined,
      undefined,
    ]);
    expect(runs(new AlsoAtStore())).toEqual([false, false, true]);
    expect(runs(new AtSendAgain())).toEqual([true, true, false]);
    expect(runs(runningAt(new AtStore(), 'send'))).toEqual([true, true, false]);
  });
});

describe('A middleware with places of its own', () => {
  it('is another one: the first runs where it did', () => {
    const first = new Plain();
    const second = placed(first, ['store']);
    expect(second).not.toBe(first);
    expect(runs(first)).toEqual([true, true, false]);
  });

  it('keeps the name of its function or class', () => {
    expect(asFunction(placed(pass, ['send'])).name).toBe('pass');
    expect(asFunction(placed(new Plain(), ['send'])).name).toBe('Plain');
  });

  it('takes the context if the first does, and calls it as it was', () => {
    const seen: unknown[][] = [];
    class Noting {
      readonly name = 'noting';
      intercept(message: object, next: Next, context: MessageContext) {
        seen.push([this.name, message, next, context]);
        return 'result';
      }
    }
    const noting: ReadyMiddleware = (message, next, context) => (seen.push([message, next, context]), 'other');
    const ofClass = asFunction(placed(new Noting(), ['send']));
    const ofFunction = asFunction(placed(noting, ['send']));
    expect([ofClass, ofFunction].map(run => declaresParameter(run, 3))).toEqual([true, true]);
    for (const run of [placed(pass, ['send']), placed(new Plain(), ['send'])])
      expect(declaresParameter(asFunction(run), 3)).toBe(false);
    const [message, next, context] = [new Sent(), async () => 'next', {}];
    expect(ofClass(message, next, context)).toBe('result');
    expect(ofFunction(message, next, context)).toBe('other');
    expect(seen).toEqual([
      ['noting', message, next, context],
      [message, next, context],
    ]);
  });

  it('passes on what the first returns, also where that takes no context', async () => {
    for (const first of [pass, new Plain()])
      expect(await asFunction(placed(first, ['send']))(new Sent(), async () => 'next')).toBe('next');
  });

  it('wraps the types that the first wraps', () => {
    const selective: CqrsMiddleware = { intercept: pass, wraps: type => type === Sent };
    const { wraps } = placed(selective, ['send']);
    expect([wraps!(Sent), wraps!(Plain)]).toEqual([true, false]);
    expect(placed(new Plain(), ['send']).wraps).toBeUndefined();
  });
});

describe('at()', () => {
  it('makes a reference to a middleware, of whatever kind', () => {
    for (const middleware of [pass, new Plain(), Plain]) {
      const reference = at(middleware as ReadyMiddleware, 'send', 'store') as unknown as PlacedReference;
      expect(reference).toBeInstanceOf(PlacedReference);
      expect([reference.reference, reference.at]).toEqual([middleware, ['send', 'store']]);
      expect(() => reference.intercept()).toThrow(new TypeError('It is resolved before it runs.'));
    }
  });

  it.each<[unknown[], string]>([
    [[], 'nothing'],
    [['sned'], 'sned'],
    [['handle', 'sned'], 'handle, sned'],
    [[undefined], 'undefined'],
    [['Handle', Symbol.iterator], 'Handle, Symbol(Symbol.iterator)'],
  ])('refuses the places %p', (places, told) => {
    expect(() => at(pass, ...(places as Place[]))).toThrow(
      `A middleware runs at 'handle', 'send' or 'store', not at ${told}. Where: at(pass). Name places, as in at(audit, 'send'). [CQRS_INVALID_MIDDLEWARE]`,
    );
    expect(() => at(Plain, ...(places as Place[]))).toThrow('Where: at(Plain).');
  });
});

it('What leaves runs that other middleware also where a list names places', async () => {
  const first = replacedByLeaving<ReadyMiddleware>(
    async () => 'first',
    async () => 'other',
  );
  const here = placed(first, ['handle', 'send']);
  const run = (place: Place | undefined) => asFunction(formAt(here, place))(new Sent(), async () => 'next');
  expect([await run(undefined), await run('send')]).toEqual(['first', 'other']);
});

it('What leaves runs another middleware only where it is said so', () => {
  const [first, other] = [new Plain(), new Plain()];
  expect(replacedByLeaving(first, other)).toBe(first);
  expect([formAt(first, undefined), formAt(first, 'send'), formAt(first, 'store'), formAt(other, 'send')]).toEqual([
    first,
    other,
    other,
    other,
  ]);
  expect(formAt(first, 'send')).toBe(other);
  expect(formAt(first, undefined)).toBe(first);
});
